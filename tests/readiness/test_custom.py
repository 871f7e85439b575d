"""Checks of the policy's own, and those that an installed package brings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prodtui.model.asks import Language
from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.model.errors import ConfigurationError
from prodtui.readiness.assess import Asking
from prodtui.readiness.criteria import Baseline, Limits
from prodtui.readiness.history import History
from prodtui.readiness.pillars import CHECKS, checks
from prodtui.readiness.policy import Custom, Policy, Selector
from tests.builders import NOW, POSTGRES, PROMETHEUS, World, measurement

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN
ID = "performance.queue_depth"


def policy(limits: Limits, **fields: Any) -> Policy:
    custom = {"title": "The queue is short", "language": Language.PROMQL, "query": "queue", "limits": limits, **fields}
    return Policy(customs=(Custom(id=ID, **custom),))


SHORT = policy(Limits.of("< 100", "< 500"), unit="jobs", blocking=True)


def measured(value: float | None, **fields: Any) -> World:
    world = World(DeclaredService(name="payments"), sources=(PROMETHEUS, POSTGRES))
    return world.tell("prometheus", measurement(ID, value, **fields)).tell("postgres")


def found(world: World, under: Policy = SHORT, **options: Any) -> CheckResult:
    result = world.result("payments", ID, under, **options)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("value", "trouble", "state", "reason"),
    [
        (99.0, "", P, "99 jobs, passes < 100 jobs"),
        (100.0, "", W, "100 jobs, passes < 100 jobs"),
        (500.0, "", F, "500 jobs, passes < 100 jobs"),
        (None, "", U, "The queue is short: no value"),
        (float("nan"), "", U, "nan jobs, passes < 100 jobs"),
        (None, "3 series where one was asked for", U, "The queue is short: 3 series where one was asked for"),
        (1.0, "the query timed out", U, "The queue is short: the query timed out"),
    ],
)
def test_a_measurement_is_judged_as_the_policy_says(
    value: float | None, trouble: str, state: State, reason: str
) -> None:
    judged = found(measured(value, trouble=trouble))
    assert (judged.state, judged.reason, judged.blocking) == (state, reason, True)
    assert judged.threshold == "PASS < 100 jobs, WARN < 500 jobs, else FAIL"


def test_a_measurement_has_the_age_of_its_sample() -> None:
    assert found(measured(1.0, observed_at=NOW - 9)).age_s == 9


def test_a_measurement_that_nobody_made_is_unknown() -> None:
    world = measured(1.0).tell("prometheus")
    assert found(world).reason == "The queue is short: not reported by prometheus"
    nowhere = World(DeclaredService(name="payments"), sources=(POSTGRES,))
    assert found(nowhere).reason == "The queue is short: nothing here reads it"
    sql = policy(Limits.of("< 100"), language=Language.SQL, source="postgres")
    assert found(world, sql).reason == "The queue is short: not reported by postgres"
    assert found(measured(1.0), now=NOW + 60).state is U


def test_a_check_of_some_services_is_absent_elsewhere() -> None:
    elsewhere = policy(Limits.of("< 100"), selector=Selector(services=("catalog",)))
    assert measured(1.0).result("payments", ID, elsewhere) is None


def test_relative_criteria_of_the_policys_own_wait_for_a_baseline() -> None:
    relative = policy(Limits.of("<= +10%", floor=1.0))
    waiting = found(measured(105.0), relative)
    assert (waiting.state, waiting.reason) == (U, "105; no baseline yet: 0 of 3 accepted evaluations")
    asking = Asking(history=History(baselines={f"payments/{ID}": Baseline(value=100.0, count=3)}))
    assert found(measured(105.0), relative, asking=asking).state is P
    assert found(measured(111.0), relative, asking=asking).state is F


THEIRS = """
from prodtui.readiness.check import Checks
from prodtui.readiness.finding import Finding
from prodtui.model.assessment import State
from prodtui.model.records import Plane

CHECKS = Checks(Plane.METRICS)

@CHECKS.check("{id}", "Cheap enough", rule="costs PASS", remedy="Spend less.")
def cheap(view, ask):
    return Finding(state=State.PASS, reason=f"{{view.name}} is cheap")
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Installs a package of this name and source, whose entry point names `CHECKS`."""

    def installed(name: str, source: str) -> None:
        (tmp_path / f"{name}.py").write_text(source)
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[prodtui.checks]\n{name} = {name}:CHECKS\n")

    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    checks.cache_clear()
    yield installed
    checks.cache_clear()
    for name in set(sys.modules) - before:
        if (tmp_path / f"{name}.py").exists():
            del sys.modules[name]


def test_an_installed_package_brings_its_checks(install: Callable[[str, str], None]) -> None:
    install("costs", THEIRS.format(id="cost.cheap"))
    assert set(checks()) == {*CHECKS, "cost.cheap"}
    judged = measured(1.0).result("payments", "cost.cheap")
    assert judged is not None
    assert (judged.state, judged.reason) == (P, "payments is cheap")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import nothing_of_that_name", "nothing_of_that_name"),
        ("CHECKS = ]", "SyntaxError"),
        ("OTHER = 1", "CHECKS"),
        ("CHECKS = 1 / 0", "ZeroDivisionError"),
        ("CHECKS = undefined", "undefined"),
        ("CHECKS = [1]", "is list, expected prodtui.readiness.check.Checks"),
        (THEIRS.format(id="data.blocked"), "check data.blocked (costs:CHECKS) has the id of one of prodtui's"),
    ],
)
def test_a_broken_package_is_named(install: Callable[[str, str], None], source: str, says: str) -> None:
    install("costs", source)
    with pytest.raises(ConfigurationError, match=r"^costs: ") as caught:
        checks()
    assert says in str(caught.value)


def test_two_packages_can_not_share_an_id(install: Callable[[str, str], None]) -> None:
    install("costs", THEIRS.format(id="cost.cheap"))
    install("prices", THEIRS.format(id="cost.cheap"))
    with pytest.raises(ConfigurationError, match=r"^prices: its check cost\.cheap .* of costs's"):
        checks()
