"""Whether a failure would be seen."""

from __future__ import annotations

from typing import Any

import pytest

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.model.records import Alert, AnyRecord
from tests.builders import NOW, PROMETHEUS, World, sli, target

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
