"""What the last whole run of a declared load says of its service."""

from __future__ import annotations

from typing import Any

import pytest

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.model.load import LoadRun, LoadVerdict
from prodtui.readiness.assess import Asking
from prodtui.readiness.criteria import Limits
from prodtui.readiness.history import History
from prodtui.readiness.load_rule import thresholds
from prodtui.readiness.policy import CheckRule, Policy
from tests.builders import CONSUL, DAY, NOW, World, instance
from tests.load.loads import rule, run

P, F, U = State.PASS, State.FAIL, State.UNKNOWN
P99, ERRORS, RATE = (f"performance.load_{name}" for name in ("p99", "error_ratio", "throughput"))
POLICY = Policy(loads={"shop": rule()})


def found(
    check: str, *runs: LoadRun, policy: Policy = POLICY, now: float = NOW, candidate: str = "", version: str = "1.4.2"
) -> CheckResult | None:
    world = World(DeclaredService(name="payments"), sources=(CONSUL,))
    world.tell("consul", instance("payments", version=version))
    asking = Asking(
        history=History(loads={each.name: each for each in runs}),
        candidates={"payments": candidate} if candidate else {},
    )
    return world.result("payments", check, policy, now, asking=asking)


def state(check: str, *runs: LoadRun, **options: Any) -> State | None:
    result = found(check, *runs, **options)
    return result.state if result else None


def test_without_a_load_for_the_service_there_is_no_check() -> None:
    assert found(P99, run(), policy=Policy()) is None
    assert found(P99, run(), policy=Policy(loads={"shop": rule(service="ledger")})) is None
    assert found(RATE, run()) is None


def test_a_load_that_never_ran_is_unknown() -> None:
    result = found(P99)
    assert result is not None
    assert (result.state, result.reason, result.blocking) == (U, "load shop: no whole run is kept", False)


@pytest.mark.parametrize(
    ("check", "measured", "expected"),
    [(P99, {"p99_s": 0.1}, P), (P99, {"p99_s": 1.0}, F), (P99, {"p99_s": None}, U), (ERRORS, {"error_ratio": 0.0}, P),
     (ERRORS, {"error_ratio": 0.01}, F), (RATE, {"rate_per_s": 100.0}, P), (RATE, {"rate_per_s": 99.0}, F)],
)  # fmt: skip
def test_the_run_is_judged_by_the_loads_own_thresholds(check: str, measured: dict[str, Any], expected: State) -> None:
    given = Policy(loads={"shop": rule(thresholds=thresholds(["p99 < 1s", "errors < 1%", "rate >= 100/s"]))})
    assert state(check, run(**measured), policy=given) is expected


def test_a_policy_may_judge_by_limits_of_its_own_and_block() -> None:
    own = CheckRule(limits=Limits.of("< 50ms"), blocking=True)
    result = found(P99, run(), policy=Policy(loads={"shop": rule()}, checks={P99: own}))
    assert result is not None
    assert (result.state, result.blocking, result.threshold) == (F, True, "PASS < 50 ms, else FAIL")


def test_the_reason_says_which_load_and_how_long_ago() -> None:
    result = found(P99, run(p99_s=1.2), now=NOW + 3 * 3_600)
    assert result is not None
    assert result.reason == "p99 1.2 s under shop (3 h ago), passes < 1 s"
    assert result.evidence["run"] == "r1"


def test_an_old_run_says_nothing_any_more() -> None:
    assert state(P99, run(), now=NOW + 7 * DAY) is P
    result = found(P99, run(), now=NOW + 7 * DAY + 1)
    assert result is not None
    assert result.state is U
    assert result.reason.startswith("its last run is older than 7 d: p99 100 ms")


def test_a_run_of_another_version_says_nothing_of_the_one_that_is_asked_about() -> None:
    assert state(P99, run(), candidate="1.4.2") is P
    assert state(P99, run(), candidate="1.5.0") is U
    assert state(P99, run(version=""), candidate="1.5.0") is U
    assert state(P99, run(), version="1.5.0") is U
    assert state(P99, run(version=""), version="1.5.0") is P


def test_of_several_loads_the_worst_speaks() -> None:
    given = Policy(loads={"shop": rule(), "sale": rule(name="sale")})
    assert state(P99, run(), run(name="sale", p99_s=4.0), policy=given) is F
    assert state(P99, run(), policy=given) is U


def test_only_a_whole_run_counts() -> None:
    assert [each for each in LoadVerdict if each.whole] == [LoadVerdict.MET, LoadVerdict.NOT_MET]
