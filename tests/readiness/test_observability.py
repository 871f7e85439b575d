"""Whether a failure would be seen."""

from __future__ import annotations

from typing import Any

import pytest

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService, DeclaredSource
from prodtui.model.reading import About, Answer, Reading
from prodtui.model.records import Alert, AnyRecord, Plane
from prodtui.model.snapshot import fold
from prodtui.readiness.policy import CheckRule, Policy
from tests.builders import NOW, PROMETHEUS, World, alert_rule, silence, sli, target, well

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN


def told(*records: AnyRecord) -> World:
    return World(DeclaredService(name="payments"), sources=(PROMETHEUS,)).tell("prometheus", *records)


def found(world: World, check: str, **options: Any) -> CheckResult:
    result = world.result("payments", f"observability.{check}", **options)
    assert result is not None
    return result


def alert(**fields: Any) -> Alert:
    return Alert(**{"name": "InstanceDown", "label": "payments", "severity": "page", "firing": True, **fields})


@pytest.mark.parametrize(
    ("up", "down", "unsure", "state"),
    [(2, 0, 0, P), (1, 1, 0, F), (4, 1, 0, W), (1, 0, 1, U), (0, 3, 1, F), (0, 0, 0, U), (4, 0, 1, U), (3, 1, 1, U)],
)
def test_targets_not_known_decide_only_where_they_could_change_the_state(
    up: int, down: int, unsure: int, state: State
) -> None:
    ups: list[bool | None] = [True] * up + [False] * down + [None] * unsure
    world = told(*(target("payments", number, up=value) for number, value in enumerate(ups)))
    assert found(world, "targets_up").state is state


def test_a_target_that_is_down_is_named_with_its_error() -> None:
    world = told(target("payments", 1), target("payments", 2, up=False, error="connection refused"))
    targets = found(world, "targets_up")
    assert targets.reason == "1 of 2 targets up"
    assert targets.subjects[0] == "target:prometheus:services/payments-2"
    assert targets.evidence == {"payments-2": "connection refused"}


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"observed_at": NOW - 2.9}, P),
        ({"observed_at": NOW - 3.0}, F),
        ({"observed_at": NOW - 40, "scrape_interval_s": 15.0}, P),
        ({"observed_at": NOW - 45, "scrape_interval_s": 15.0}, F),
        ({"observed_at": NOW - 12, "scrape_interval_s": None, "window_s": 20.0}, P),
        ({"observed_at": None}, U),
        ({"observed_at": NOW + 1}, P),
    ],
)
def test_samples_are_fresh_when_they_were_read(fields: dict[str, Any], state: State) -> None:
    world = told(sli("payments", **fields))
    assert found(world, "fresh").state is state
    # Our own reading growing old is the source's freshness, not the sample's.
    assert found(world, "fresh", now=NOW + 10).state is state


def test_metrics_present() -> None:
    assert found(told(sli("payments")), "metrics_present").state is P
    absent = found(told(sli("other")), "metrics_present")
    assert (absent.state, absent.reason) == (F, "no request metrics under payments in prometheus")
    assert found(told(sli("payments")), "metrics_present", now=NOW + 60).state is U


@pytest.mark.parametrize(
    ("beside", "state"),
    [
        ((target("payments", 1, up=None), target("payments", 2, up=None)), U),
        ((target("payments", 1, up=None), target("payments", 2)), F),
        ((target("payments", 1, up=False),), F),
        ((alert_rule(health="unknown"),), U),
        ((alert_rule(health="unknown"), alert_rule("Other")), F),
        ((alert_rule(health="unknown"), target("payments")), F),
        ((), F),
    ],
)
def test_samples_from_before_the_metrics_system_began_are_no_failure(
    beside: tuple[AnyRecord, ...], state: State
) -> None:
    """A Prometheus that was restarted answers with what it wrote down before, until it scrapes again."""
    assert found(told(sli("payments", observed_at=NOW - 14), *beside), "fresh").state is state


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, F),
        ({"severity": "critical"}, F),
        ({"severity": "warning"}, P),
        ({"severity": "none", "name": "Watchdog"}, P),
        ({"firing": False}, P),
        ({"silenced": True}, W),
        ({"silenced": False}, F),
        ({"label": "other"}, P),
    ],
)
def test_alerts_that_page(fields: dict[str, Any], state: State) -> None:
    assert found(told(alert(**fields)), "no_page_firing").state is state


def test_a_firing_page_says_what_it_is_about() -> None:
    firing = found(told(alert(summary="payments-2 is down")), "no_page_firing")
    assert firing.reason == "InstanceDown fires: payments-2 is down"


def test_a_lost_metrics_system_cannot_say_that_nothing_fires() -> None:
    assert found(told(), "no_page_firing").state is P
    assert found(told(), "no_page_firing", now=NOW + 60).state is U


@pytest.mark.parametrize(
    ("rules", "state", "reason"),
    [
        ((alert_rule(),), P, "ErrorsHigh pages"),
        ((alert_rule(services=("payments", "catalog")),), P, "ErrorsHigh pages"),
        ((alert_rule(severity="critical"),), P, "ErrorsHigh pages"),
        ((alert_rule(), alert_rule("Slow", health="err", error="parse error")), P, "ErrorsHigh pages"),
        ((alert_rule(services=("catalog",)),), F, "no alerting rule of severity page or critical selects payments in "),
        ((alert_rule(severity="warning"),), F, "no alerting rule of severity page or critical selects payments in "),
        ((), F, "no alerting rule of severity page or critical selects payments in prometheus"),
        ((alert_rule(health="err", error="bad regexp"),), F, "ErrorsHigh would page, but: bad regexp"),
        ((alert_rule(health="unknown"),), U, "ErrorsHigh would page, but: it was not evaluated yet"),
    ],
)
def test_some_rule_must_page(rules: tuple[AnyRecord, ...], state: State, reason: str) -> None:
    judged = found(told(sli("payments"), *rules), "alert_rules")
    assert (judged.state, judged.blocking) == (state, True)
    assert judged.reason.startswith(reason)


def test_which_severities_page_is_the_policys_say() -> None:
    world = told(alert_rule(severity="sev1"))
    assert found(world, "alert_rules").state is F
    assert found(world, "alert_rules", policy=Policy(page_severities=("sev1",))).state is P


def test_rules_are_judged_where_somebody_reports_them() -> None:
    other = DeclaredSource(name="statsd", kind="statsd", plane=Plane.METRICS)
    world = World(DeclaredService(name="payments"), sources=(other,)).tell("statsd", sli("payments"))
    assert world.result("payments", "observability.alert_rules") is None
    assert found(world.tell("statsd", alert_rule(severity="info")), "alert_rules").state is F
    assert found(told(alert_rule()), "alert_rules", now=NOW + 60).state is U


def noting(world: World, note: str) -> World:
    """The world after a read that could not see everything."""
    about = About(notes=(note,))
    reading = Reading(source="prometheus", at=NOW, latency_s=0.01, answer=Answer(keyframe=False, about=about))
    world.snapshot, _ = fold(world.snapshot, reading)
    return world


def test_rules_that_could_not_be_read_are_unknown() -> None:
    unread = found(noting(told(), "rules unknown: timeout"), "alert_rules")
    assert (unread.state, unread.reason) == (U, "prometheus: rules unknown: timeout")


WATCHDOG = alert_rule("Watchdog", severity="none")


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ((WATCHDOG, alert(name="Watchdog", label="", severity="none")), P),
        ((WATCHDOG,), F),
        ((WATCHDOG, alert(name="Watchdog", label="", firing=False)), F),
        ((WATCHDOG, alert(name="Watchdog", label="", silenced=True)), W),
        ((alert(name="Watchdog", label=""),), P),
    ],
)
def test_the_watchdog_must_fire(records: tuple[AnyRecord, ...], state: State) -> None:
    assert found(told(*records), "deadman").state is state


def test_a_watchdog_is_judged_where_there_is_one_or_the_policy_names_one() -> None:
    assert told(alert_rule()).result("payments", "observability.deadman") is None
    silent = found(told(), "deadman", policy=Policy(watchdog="DeadMansSwitch"))
    assert (silent.state, silent.reason) == (F, "DeadMansSwitch does not fire in prometheus: alerting may be dead")
    declared = Policy(checks={"observability.deadman": CheckRule(blocking=True)})
    assert found(told(), "deadman", policy=declared).state is F
    assert found(told(WATCHDOG), "deadman", now=NOW + 60).state is U


ALERTING = DeclaredSource(
    name="prometheus", kind="prometheus", plane=Plane.METRICS, settings=(("alertmanager", "http://127.0.0.1:9093"),)
)


def silenced(*records: AnyRecord) -> World:
    return World(DeclaredService(name="payments"), sources=(ALERTING,)).tell("prometheus", *records)


def test_a_silence_is_shown_with_who_until_when_and_why() -> None:
    judged = found(silenced(silence()), "silences")
    assert (judged.state, judged.reason) == (W, "silenced by ana until 1970-01-12 13:46Z: moving racks")
    assert found(silenced(silence("catalog")), "silences").state is P
    assert found(silenced(silence("")), "silences").state is P
    assert found(silenced(), "silences", now=NOW + 60).state is U


def test_silences_that_could_not_be_read_are_unknown_and_without_alertmanager_absent() -> None:
    assert told().result("payments", "observability.silences") is None
    assert found(noting(silenced(), "silences unknown: refused"), "silences").state is U


def test_when_every_source_is_lost_nothing_is_known() -> None:
    checks = well().judged("payments", now=NOW + 60).checks
    assert {check.state for check in checks if check.state.scored} == {U}
