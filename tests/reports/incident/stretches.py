"""Stretches to tell an incident of: one of the shop judged for real, and ones in which every text is hostile."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from prodtui.model.assessment import Verdict
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
from prodtui.model.moment import Event, Moment
from prodtui.model.records import AnyRecord, Sli
from tests.reports.reports import name, of, services, text
from tests.ui import moments

LOCK = Failing(
    kind=EntityKind.SESSION,
    name="pid 4121",
    what="holds a lock",
    onset=Onset(at=moments.START + 590, not_after=moments.START + 590.5),
    service="payments",
)
POOL = Failing(
    kind=EntityKind.POOL,
    name="payments-db",
    what="34 waiting",
    onset=Onset(at=moments.START + 640, not_after=moments.START + 650),
    service="payments",
)
SLOW = Failing(
    kind=EntityKind.SLI,
    name="checkout",
    what="p99 2.4 s",
    onset=Onset(at=None, not_after=moments.START + 655),
    service="checkout",
)
DEPLOY = ChangeSeen(at=moments.START + 500, kind="deploy", service="payments", before="1.4.1", after="1.4.2")
SEEN = Acknowledgement(at=moments.START + 660, by="ana", about="payments", note="killing the session")
CHAIN = FirstCause(
    cause=LOCK, chain=(Consequence(POOL, LOCK.key), Consequence(SLOW, POOL.key)), suspects=(DEPLOY,)
)  # fmt: skip


def stretch() -> list[Moment]:
    """The shop well, then ill with a first cause named, then well again."""
    shop = moments.ill_shop()
    ill = msgspec.structs.replace(
        shop.moment(), first=(CHAIN,), changes=(DEPLOY,), acknowledged=(SEEN,),
        blind=(BlindSpot(source="envoy", since=moments.START + 620, hides="circuit breakers"),),
    )  # fmt: skip
    found = [moments.well(), ill]
    for _ in range(3):
        shop.now += 10
        shop.well(without=("prometheus",))
        # Only what was measured anew counts as an observation on the way back.
        shop.tell("prometheus", *(_measured(record, shop.now) for record in moments.metrics()))
        found.append(shop.moment())
    return found


def _measured(record: AnyRecord, at: float) -> AnyRecord:
    return (
        msgspec.structs.replace(record, observed_at=moments.START + 20_000 + at) if isinstance(record, Sli) else record
    )


times = st.floats(moments.START - 3_600, moments.START + 3_600)
failing = st.builds(
    Failing,
    kind=st.sampled_from(EntityKind),
    name=text,
    what=text,
    onset=st.builds(Onset, at=st.none() | times, not_after=times),
    service=text,
)
changes = st.builds(
    ChangeSeen,
    at=times,
    kind=st.sampled_from(("deploy", "config", "scale", "flag", "silence", "drain", "freeze")),
    service=text,
    before=st.none() | text,
    after=st.none() | text,
)
events = st.builds(
    Event,
    at=times,
    kind=st.sampled_from(("health", "pool", "source")),
    name=text,
    before=st.none() | text,
    after=st.none() | text,
    text=text,
    bad=st.none() | st.booleans(),
)
acknowledgements = st.builds(Acknowledgement, at=times, by=text, about=text, note=text)
blind = st.builds(BlindSpot, source=text, since=st.none() | times, hides=text)


@st.composite
def chains(draw: st.DrawFn) -> FirstCause:
    cause = draw(failing)
    chain: list[Consequence] = []
    for each in draw(st.lists(failing, max_size=4)):
        of_whom = draw(st.sampled_from([cause.key, *(known.failing.key for known in chain), "nobody", each.key]))
        chain.append(Consequence(each, of_whom))
    return FirstCause(
        cause=cause,
        chain=tuple(chain),
        confidence=draw(st.sampled_from(Confidence)),
        candidates=tuple(draw(st.lists(failing, max_size=2))),
        suspects=tuple(draw(st.lists(changes, max_size=2))),
        already_broken=draw(st.booleans()),
    )


@st.composite
def hostile_stretches(draw: st.DrawFn) -> list[Moment]:
    called = draw(st.lists(name, max_size=3, unique=True))
    environment = draw(name)
    found = []
    for number in range(draw(st.integers(1, 3))):
        judged = tuple(draw(services(one)) for one in called)
        moment = of(judged, draw(st.sampled_from(Verdict)), environment)
        found.append(
            msgspec.structs.replace(
                moment,
                now=moment.now + number,
                first=tuple(draw(st.lists(chains(), max_size=2))),
                events=tuple(draw(st.lists(events, max_size=4))),
                changes=tuple(draw(st.lists(changes, max_size=2))),
                acknowledged=tuple(draw(st.lists(acknowledgements, max_size=2))),
                blind=tuple(draw(st.lists(blind, max_size=2))),
            )
        )
    return found
