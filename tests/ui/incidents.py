"""What broke first in the shop, as somebody who saw it all would tell it: values for the screens."""

from __future__ import annotations

from msgspec.structs import replace

from prodtui.model.incident import (
    Acknowledgement,
    BlindSpot,
    ChangeSeen,
    Confidence,
    Consequence,
    EntityKind,
    Failing,
    FirstCause,
    Onset,
)
from prodtui.model.moment import Moment
from tests.ui.moments import START, Shop, ill, registry

BROKE = START + 640.0
SESSION = Failing(
    kind=EntityKind.SESSION,
    name="pid 4121 payments",
    what="holds a lock",
    onset=Onset(BROKE - 14.0, BROKE - 13.0),
    service="payments",
    subject="session:postgres:postgres/4121",
)
POOL = Failing(
    kind=EntityKind.POOL,
    name="payments-db",
    what="34 waiting",
    onset=Onset(BROKE - 2.0, BROKE),
    service="payments",
    subject="pool:pgbouncer:payments-db/payments",
)
SLOW = Failing(
    kind=EntityKind.SLI,
    name="payments",
    what="p99 2.4 s",
    onset=Onset(BROKE - 4.0, BROKE + 6.0),
    service="payments",
    subject="check:payments:performance.latency_p99",
)
BREAKER = Failing(
    kind=EntityKind.BREAKER,
    name="checkout→payments",
    what="open",
    onset=Onset(BROKE + 6.0, BROKE + 8.0),
    service="checkout",
    subject="breaker:prometheus:checkout/payments/",
)
CALLER = Failing(
    kind=EntityKind.SERVICE,
    name="checkout",
    what="fails 4.1 %",
    onset=Onset(BROKE + 6.0, BROKE + 10.0),
    service="checkout",
)
DEPLOY = ChangeSeen(at=BROKE - 740.0, kind="deploy", service="payments", before="2.14.0", after="2.14.1")
CONFIG = ChangeSeen(at=BROKE - 300.0, kind="config", service="checkout", before="8df14388", after="b1c2a07e")
CLEAR = FirstCause(
    cause=SESSION,
    chain=(
        Consequence(POOL, SESSION.key),
        Consequence(SLOW, POOL.key),
        Consequence(BREAKER, SLOW.key),
        Consequence(CALLER, BREAKER.key),
    ),
    suspects=(DEPLOY,),
)
UNCLEAR = FirstCause(
    cause=POOL,
    chain=(Consequence(BREAKER, SLOW.key),),
    confidence=Confidence.UNCLEAR,
    candidates=(POOL, SLOW),
)
OLD = FirstCause(
    cause=Failing(
        kind=EntityKind.INSTANCE,
        name="inventory-1",
        what="critical",
        onset=Onset(None, BROKE - 9_000.0),
        service="inventory",
        subject="instance:consul:lab/inventory-1",
    ),
    already_broken=True,
)
OTHER = FirstCause(
    cause=Failing(
        kind=EntityKind.GROUP,
        name="node lab-3",
        what="2 of 2 members fail",
        onset=Onset(None, BROKE - 60.0),
    ),
)
BLIND = BlindSpot(source="envoy", since=BROKE - 20.0, hides="ejections and overflow of its clusters")
SEEN = Acknowledgement(at=BROKE + 20.0, by="ana", about="payments", note="rolling back to 2.14.0")


def told(*first: FirstCause, blind: bool = False, seen: bool = False) -> Moment:
    """The ill shop, with what broke first."""
    return replace(
        ill(),
        first=first,
        blind=(BLIND,) if blind else (),
        acknowledged=(SEEN,) if seen else (),
        changes=(CONFIG, DEPLOY),
    )


def clear() -> Moment:
    return told(CLEAR)


def whole() -> Moment:
    """Everything that the lines can hold."""
    return told(replace(CLEAR, suspects=(CONFIG, DEPLOY)), OTHER, OLD, blind=True, seen=True)


def unclear() -> Moment:
    return told(UNCLEAR)


def flapping() -> Moment:
    """An instance whose health check flaps and reports its components."""
    shop = Shop()
    shop.well()
    for critical in ((), ("payments-2",), (), ("payments-2",), (), ("payments-2",)):
        shop.now += 20
        shop.tell("consul", *registry(critical, output=HEALTH_JSON if critical else None))
    return shop.moment(1.0)


HEALTH_JSON = (
    'HTTP GET http://127.0.0.1:18447/ready: 503 Service Unavailable Output: {"status": "fail", "serviceId": '
    '"payments-2", "releaseId": "2.14.1", "checks": {"payments-db:connectivity": [{"componentId": "payments-db", '
    '"componentType": "datastore", "status": "fail", "output": "no answer within 400 ms"}], "cpu:utilization": '
    '[{"componentId": "cpu", "observedValue": 41, "observedUnit": "percent", "status": "pass"}]}}'
)
