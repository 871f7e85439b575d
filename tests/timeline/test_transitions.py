"""What counts as an event, and since when things are as they are."""

from __future__ import annotations

import pytest

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.declared import DeclaredSource
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Event
from prodtui.model.records import (
    Alert,
    AnyRecord,
    Breaker,
    BreakerState,
    HealthCheck,
    HealthStatus,
    Instance,
    Plane,
    Pool,
    Session,
)
from prodtui.model.snapshot import Change
from prodtui.timeline.transitions import record_events, since_after, sources_after


def _check(status: HealthStatus, output: str = "") -> HealthCheck:
    return HealthCheck(
        id="ready", name="/ready", node="n", service="payments", instance="payments-2", status=status, output=output
    )


def _told(before: AnyRecord | None, after: AnyRecord | None) -> list[Event]:
    return record_events([Change("consul", before, after)], 10.0, first=False)


def test_a_check_that_fails_is_told_with_its_output() -> None:
    (event,) = _told(_check(HealthStatus.PASSING), _check(HealthStatus.CRITICAL, "connection refused\nmore"))
    assert (event.kind, event.name, event.service) == ("health", "payments-2 /ready", "payments")
    assert (event.before, event.after, event.text, event.bad) == ("passing", "critical", "connection refused", True)


def test_a_check_whose_output_alone_changes_is_no_event() -> None:
    assert _told(_check(HealthStatus.PASSING, "1 ms"), _check(HealthStatus.PASSING, "2 ms")) == []


def test_recovery_is_told_as_good() -> None:
    (event,) = _told(_check(HealthStatus.CRITICAL), _check(HealthStatus.PASSING))
    assert event.bad is False


def test_what_a_source_says_first_is_how_things_stand_and_no_event() -> None:
    changes = [Change("consul", None, _check(HealthStatus.CRITICAL))]
    assert record_events(changes, 10.0, first=True) == []
    since = since_after({}, changes, 10.0, first=True)
    assert since is not None
    assert since["health:consul:n/ready"].censored


def test_since_starts_anew_with_the_status_and_not_with_the_output() -> None:
    before = since_after({}, [Change("consul", None, _check(HealthStatus.PASSING))], 1.0, first=True)
    assert before is not None
    output = Change("consul", _check(HealthStatus.PASSING), _check(HealthStatus.PASSING, "2 ms"))
    assert since_after(before, [output], 2.0, first=False) is None
    after = since_after(
        before, [Change("consul", _check(HealthStatus.PASSING), _check(HealthStatus.CRITICAL))], 3.0, first=False
    )
    assert after is not None
    assert (after["health:consul:n/ready"].at, after["health:consul:n/ready"].censored) == (3.0, False)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            Pool(name="db", used=1, size=2, waiting=0),
            Pool(name="db", used=2, size=2, waiting=3),
            ("serving", "waiting"),
        ),
        (Pool(name="db", used=1, waiting=0), Pool(name="db", used=0, idle=0, waiting=3), ("serving", "no server")),
        (Pool(name="db", used=1, waiting=0), Pool(name="db", paused=True), ("serving", "paused")),
        (
            Breaker(name="p", caller="c", callee="p", state=BreakerState.CLOSED),
            Breaker(name="p", caller="c", callee="p", state=BreakerState.OPEN),
            ("closed", "open"),
        ),
    ],
)
def test_pools_and_breakers_turn(before: AnyRecord, after: AnyRecord, words: tuple[str, str]) -> None:
    (event,) = _told(before, after)
    assert (event.before, event.after) == words
    assert event.bad is True


def test_a_blocked_session_names_who_blocks_it() -> None:
    session = Session(
        server="pg", pid=4130, database="payments", blocked_by=(4121,), blocked_s=2.0, query="UPDATE ledger\nSET x"
    )
    (event,) = _told(None, session)
    assert event.text == "pid 4130 waits for pid 4121: UPDATE ledger"


def test_a_lock_held_for_a_moment_is_no_event() -> None:
    assert _told(None, Session(server="pg", pid=1, database="d", blocked_by=(2,), blocked_s=0.2)) == []


def test_a_watchdog_that_fires_is_not_bad() -> None:
    (event,) = _told(None, Alert(name="Watchdog", firing=True, severity="none"))
    assert event.bad is None
    (event,) = _told(None, Alert(name="InstanceDown", firing=True, severity="page"))
    assert event.bad is True


def test_a_deploy_is_told_as_a_change() -> None:
    old = Instance(service="payments", id="payments-1", node="n", version="2.14.0")
    new = Instance(service="payments", id="payments-1", node="n", version="2.14.1")
    (event,) = _told(old, new)
    assert (event.kind, event.before, event.after, event.service) == ("change", "2.14.0", "2.14.1", "payments")


def test_a_source_that_is_lost_is_told_with_its_cause() -> None:
    declared = DeclaredSource(name="consul", kind="consul", plane=Plane.REGISTRY)
    well = SourceState(declared=declared, read_at=100.0, tried_at=100.0)
    _, known = sources_after({"consul": well}, {}, 100.0)
    ill = SourceState(
        declared=declared, read_at=100.0, tried_at=102.0, cause=Cause(CauseClass.REFUSED, "nobody listens")
    )
    events, known = sources_after({"consul": ill}, known, 102.0)
    assert [(e.before, e.after, e.text) for e in events] == [("live", "stale", "nobody listens")]
    events, _ = sources_after({"consul": ill}, known, 120.0)
    assert [(e.before, e.after) for e in events] == [("stale", "lost")]
    assert known["consul"] is Freshness.STALE


def test_a_source_that_answers_first_is_no_event_and_one_that_never_did_is() -> None:
    declared = DeclaredSource(name="consul", kind="consul", plane=Plane.REGISTRY)
    never = SourceState(declared=declared)
    events, known = sources_after({"consul": never}, {}, 100.0)
    assert (events, known) == ([], {})
    assert sources_after({"consul": SourceState(declared=declared, read_at=100.0, tried_at=100.0)}, {}, 100.0)[0] == []
    refused = SourceState(declared=declared, tried_at=100.0, cause=Cause(CauseClass.REFUSED, "nobody listens"))
    (event,) = sources_after({"consul": refused}, {}, 100.0)[0]
    assert (event.before, event.after, event.bad) == (None, "lost", True)
