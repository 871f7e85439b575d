"""Builders: what the sources say of a service whose canary runs beside stable."""

from __future__ import annotations

from typing import Any

import msgspec

from prodtui.model.histogram import Histogram
from prodtui.model.moment import Moment
from prodtui.model.records import AnyRecord
from prodtui.model.rollout import Groups, Plan
from prodtui.rollout.groups import Side
from prodtui.rollout.questions import FAILED, REQUESTS, SERIES, called, sure
from tests.builders import (
    CRITICAL,
    NOW,
    PASSING,
    World,
    alert_rule,
    breaker,
    health,
    instance,
    measurement,
    sli,
    target,
    well,
)

HISTOGRAM = Histogram(
    metric="http_request_duration_seconds",
    counter="http_request_duration_seconds_count",
    services=(("service", 'service!=""'),),
    status_labels=("code",),
    failed="5..",
)
WELL = {REQUESTS: 10.0, FAILED: 0.0, SERIES: 2.0, "latency_p99": 0.040, "latency_p95": 0.020}
"""What a group shows that is well: ten requests a second, none of which fails."""


def told(side: Side, at: float = NOW, **differs: float | str | None) -> tuple[AnyRecord, ...]:
    """The answers about one group: as WELL but for what differs; text is why there is none, None: not asked."""
    answers: dict[str, float | str | None] = {**WELL, **differs}
    for latency in ("latency_p99", "latency_p95") if side is Side.CANARY else ():
        answers.setdefault(sure(latency, 4), answers[latency])
    return tuple(
        measurement(
            called(side, what),
            None if isinstance(value, str) else value,
            trouble=value if isinstance(value, str) else "",
            observed_at=at - 1,
        )
        for what, value in answers.items()
        if value is not None
    )


def metrics(
    canary: dict[str, Any] | None = None, stable: dict[str, Any] | None = None, *, at: float = NOW, **more: Any
) -> tuple[AnyRecord, ...]:
    """All that Prometheus says."""
    return (
        HISTOGRAM,
        alert_rule(),
        sli("payments", **more.get("sli", {})),
        sli("checkout"),
        *(target("payments", number) for number in (1, 2)),
        breaker("checkout", "payments", **more.get("breaker", {})),
        *told(Side.CANARY, at, **(canary or {})),
        *told(Side.STABLE, at, **(stable or {})),
    )


def registry(*canary: bool, stable: int = 2) -> tuple[AnyRecord, ...]:
    """Instances of stable that pass, and of the canary that pass or do not; each with its address and tag."""
    found: list[AnyRecord] = []
    for number, passes in enumerate([True] * stable + list(canary), 1):
        new = number > stable
        found += [
            instance(
                "payments",
                number,
                version="2.0" if new else "1.0",
                tags=("canary",) if new else ("stable",),
                address="10.0.0.1",
                port=8000 + number,
            ),
            health("payments", number, PASSING if passes else CRITICAL),
        ]
    return tuple(found)


def world(canary: dict[str, Any] | None = None, stable: dict[str, Any] | None = None, **more: Any) -> World:
    """Payments 1.0 with two instances and one of 2.0, as the registry and Prometheus tell."""
    return well().tell("consul", *registry(True)).tell("prometheus", *metrics(canary, stable, **more))


def moment(seen: World, now: float = NOW) -> Moment:
    return Moment(now=now, snapshot=seen.snapshot, views=seen.views(), assessment=seen.assess(now=now))


def groups(plan: Plan, **fields: Any) -> Plan:
    """The plan with its groups told apart in another way."""
    return msgspec.structs.replace(plan, groups=Groups(**fields))
