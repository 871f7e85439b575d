"""What ships is production code."""

from __future__ import annotations

from typing import Any

import pytest

from prodtui.model.asks import CodeAsk, ServiceAsks
from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.readiness.assess import Asking
from prodtui.readiness.policy import Policy, ServicePart
from tests.builders import NOW, RELEASE, World, scan

P, F, U = State.PASS, State.FAIL, State.UNKNOWN
POLICY = Policy(services={"payments": ServicePart(asks=ServiceAsks(code=CodeAsk(paths=("/srv/payments",))))})


def scanned(**fields: Any) -> World:
    return World(DeclaredService(name="payments"), sources=(RELEASE,)).tell("release", scan(**fields))


def found(world: World, **options: Any) -> CheckResult:
    result = world.result("payments", "code.production_only", POLICY, **options)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({}, P, "nothing found in 12 files"),
        (
            {"findings": 2, "first": ("pay.py:7 double: MockGateway", "pay.py:9 stub: charge")},
            F,
            "2 findings in 12 files: pay.py:7 double: MockGateway",
        ),
        ({"findings": 1}, F, "1 finding in 12 files"),
        ({"files": 0}, U, "code: nothing was scanned"),
        ({"files": None}, U, "code: nothing was scanned"),
        ({"findings": None}, U, "code: findings not reported"),
        ({"findings": 0, "trouble": "the scan is under way"}, U, "code: the scan is under way"),
    ],
)
def test_scans(fields: dict[str, Any], state: State, reason: str) -> None:
    judged = found(scanned(**fields))
    assert (judged.state, judged.reason, judged.blocking) == (state, reason, True)


def test_a_tree_that_nobody_scanned_is_unknown_and_an_undeclared_one_absent() -> None:
    world = World(DeclaredService(name="payments"), sources=(RELEASE,)).tell("release")
    assert found(world).reason == "code of payments: not reported by release"
    assert scanned().result("payments", "code.production_only") is None
    assert found(scanned(), now=NOW + 60).state is U


@pytest.mark.parametrize(("version", "state"), [("1.4.2", P), ("1.4.1", U), (None, U)])
def test_a_scan_of_another_release_says_nothing_of_the_candidate(version: str | None, state: State) -> None:
    asking = Asking(candidates={"payments": "1.4.2"})
    assert found(scanned(version=version), asking=asking).state is state
