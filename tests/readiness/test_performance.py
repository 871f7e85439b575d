"""Latency and errors: a number counts only where it can be trusted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService, DeclaredSource, Tier
from prodtui.model.records import Plane
from prodtui.readiness.assess import Asking
from prodtui.readiness.check import Question
from prodtui.readiness.criteria import Baseline, Limits
from prodtui.readiness.finding import Finding
from prodtui.readiness.history import History
from prodtui.readiness.pillars import CHECKS
from prodtui.readiness.policy import CheckRule, Policy
from tests.builders import CONSUL, NOW, PROMETHEUS, World, registered, sli, well

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN
NAMED = DeclaredService(name="payments", metrics_label="payments-api")


def measured(**fields: Any) -> World:
    return World(NAMED, sources=(PROMETHEUS,)).tell("prometheus", sli("payments-api", **fields))


def found(world: World, check: str, **options: Any) -> CheckResult:
    result = world.result("payments", f"performance.{check}", **options)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("fields", "check", "state"),
    [
        ({"p99_s": 0.2499}, "latency_p99", P),
        ({"p99_s": 0.25}, "latency_p99", W),
        ({"p99_s": 0.5}, "latency_p99", F),
        ({"p99_s": None}, "latency_p99", U),
        ({"p99_s": float("nan")}, "latency_p99", U),
        ({"p99_s": float("inf"), "beyond_s": None}, "latency_p99", U),
        ({"requests": 100.0}, "latency_p99", P),
        ({"requests": 99.9}, "latency_p99", U),
        ({"requests": None}, "latency_p99", P),
        ({"requests": None, "rate_per_s": None}, "latency_p99", U),
        ({"p95_s": 0.15}, "latency_p95", W),
        ({"p95_s": 0.3}, "latency_p95", F),
        ({"requests": 20.0}, "latency_p95", P),
        ({"requests": 19.0}, "latency_p95", U),
        ({"error_ratio": 0.0}, "error_ratio", P),
        ({"error_ratio": 0.01}, "error_ratio", W),
        ({"error_ratio": 0.02}, "error_ratio", F),
        ({"error_ratio": None}, "error_ratio", U),
        ({"error_ratio": float("nan")}, "error_ratio", U),
        ({"requests": 99.0}, "error_ratio", U),
        ({"requests": 0.0}, "error_ratio", U),
        ({"trouble": "history of 9 s is shorter than the window"}, "error_ratio", U),
        ({"observed_at": None}, "latency_p99", U),
    ],
)
def test_slis(fields: dict[str, Any], check: str, state: State) -> None:
    assert found(measured(**fields), check).state is state


@pytest.mark.parametrize(
    ("p99", "beyond", "state"),
    [
        (1.0, 1.0, F),  # at least 1 s, and the thresholds lie below
        (0.5, 0.5, U),  # at least 500 ms: the threshold is not below where the buckets end
        (0.3, 0.3, U),
        (0.24, 0.3, P),
        (0.4, 1.0, W),
    ],
)
def test_a_quantile_in_the_infinite_bucket_only_says_at_least(p99: float, beyond: float, state: State) -> None:
    judged = found(measured(p99_s=p99, beyond_s=beyond), "latency_p99")
    assert judged.state is state
    assert ("at least" in judged.reason) is (p99 >= beyond)


def test_the_reason_has_the_number_and_the_limit() -> None:
    slow = found(measured(p99_s=2.3), "latency_p99")
    assert slow.reason == "2.3 s, passes < 250 ms"
    assert slow.threshold == "PASS < 250 ms, WARN < 500 ms, else FAIL"
    assert (slow.value, slow.unit, slow.source) == (2.3, "s", "prometheus")
    assert slow.subjects == ("sli:prometheus:payments-api",)
    assert "p99 9× limit" in measured(p99_s=2.3).judged("payments").why


def test_too_few_requests_are_said() -> None:
    assert found(measured(requests=37.0), "error_ratio").reason == (
        "errors of payments-api: 37 requests in 20 s, too few to show 1 %"
    )


def test_the_age_is_the_samples() -> None:
    world = measured(observed_at=NOW - 9)
    assert found(world, "latency_p99").age_s == 9


def test_a_sample_past_its_freshness_is_unknown() -> None:
    assert found(measured(observed_at=NOW - 15), "latency_p99").state is P
    assert found(measured(observed_at=NOW - 15.1), "latency_p99").state is U
    slow = {"scrape_interval_s": 30.0, "observed_at": NOW - 80}
    assert found(measured(**slow), "latency_p99").state is P


def test_no_series_is_unknown() -> None:
    world = World(NAMED, sources=(PROMETHEUS,)).tell("prometheus", sli("other"))
    assert found(world, "latency_p99").reason == "requests of payments-api: not reported by prometheus"


def test_a_lost_source_is_unknown_whatever_it_said() -> None:
    world = measured(p99_s=9.0).fail("prometheus", at=NOW + 16)
    assert found(world, "latency_p99", now=NOW + 16).state is U


def test_of_two_metrics_systems_the_worse_word_counts() -> None:
    second = DeclaredSource(name="second", kind="prometheus", plane=Plane.METRICS)
    world = World(NAMED, sources=(PROMETHEUS, second)).tell("prometheus", sli("payments-api"))
    world.tell("second", sli("payments-api", p99_s=9.0))
    assert found(world, "latency_p99").state is F
    assert found(world, "latency_p99").source == "second"


def test_without_a_metrics_source_the_required_pillars_are_unknown() -> None:
    world = World(NAMED, sources=(CONSUL,)).tell("consul", *registered("payments", 2))
    judged = world.judged("payments")
    pillars = {pillar.name: pillar for pillar in judged.pillars}
    assert pillars["performance"].checks == ()
    assert pillars["performance"].required
    assert pillars["performance"].points == 0 < pillars["performance"].of
    assert judged.score_max == 100


def beside(value: float | None, *, count: int = 3, check: str = "throughput", **fields: Any) -> Asking:
    """An assessment that remembers a baseline."""
    baseline = Baseline(value=value, count=count, **fields)
    return Asking(history=History(baselines={f"payments/performance.{check}": baseline}))


@pytest.mark.parametrize(
    ("rate", "base", "state"),
    [
        (15.0, 15.0, P),
        (7.5, 15.0, P),
        (7.4, 15.0, W),
        (30.0, 15.0, P),
        (31.0, 15.0, W),
        (3.0, 15.0, W),
        (2.9, 15.0, F),
        (0.0, 0.9, P),  # a change below one request a second is none
        (float("nan"), 15.0, U),
        (None, 15.0, U),
    ],
)
def test_traffic_is_held_against_the_baseline(rate: float | None, base: float, state: State) -> None:
    assert found(measured(rate_per_s=rate), "throughput", asking=beside(base)).state is state


@pytest.mark.parametrize(
    ("tier", "rate", "blocks"), [(Tier.A, 2.9, True), (Tier.A, 3.0, False), (Tier.B, 2.9, False), (None, 2.9, False)]
)
def test_traffic_that_is_cut_off_blocks_in_tier_a(tier: Tier | None, rate: float, blocks: bool) -> None:
    service = msgspec.structs.replace(NAMED, tier=tier)
    view = World(service, sources=(PROMETHEUS,)).tell("prometheus", sli("payments-api", rate_per_s=rate)).views()
    judged = judge("throughput", view["payments"], baseline=Baseline(value=15.0, count=3))
    assert judged.blocks is blocks


def judge(check: str, view: Any, *, baseline: Baseline | None = None) -> Finding:
    declared = CHECKS[f"performance.{check}"]
    limits = declared.limits.resolve(baseline) if declared.limits else None
    judged = declared.judge(view, Question(Policy(), NOW, limits=limits, baseline=baseline))
    assert judged is not None
    return judged


@pytest.mark.parametrize(
    ("p99", "base", "state"),
    [(0.110, 0.100, P), (0.111, 0.100, W), (0.125, 0.100, W), (0.126, 0.100, F), (0.019, 0.010, P), (0.021, 0.010, F)],
)
def test_latency_is_held_against_the_baseline(p99: float, base: float, state: State) -> None:
    asking = beside(base, check="latency_regression")
    assert found(measured(p99_s=p99), "latency_regression", asking=asking).state is state


def test_a_slower_release_says_what_it_was() -> None:
    slower = found(measured(p99_s=0.2), "latency_regression", asking=beside(0.1, check="latency_regression"))
    assert slower.reason == "200 ms, passes <= 110 ms"
    assert (slower.baseline, slower.evidence["baseline"]) == (0.1, "0.1")


@pytest.mark.parametrize("check", ["throughput", "latency_regression"])
def test_without_a_baseline_the_value_is_shown_and_remembered(check: str) -> None:
    for asking, count in ((None, 0), (beside(None, count=2, check=check), 2)):
        judged = found(measured(), check, asking=asking)
        assert judged.state is State.INFO
        assert judged.reason.endswith(f"no baseline yet: {count} of 3 accepted evaluations")
        assert judged.value is not None
    assert found(measured(p99_s=float("nan"), rate_per_s=float("nan")), check).state is U


def test_criteria_of_the_policys_own_are_unknown_without_a_baseline() -> None:
    own = {"performance.throughput": CheckRule(limits=Limits.of(">= -10%", floor=1.0))}
    assert found(measured(), "throughput", policy=Policy(checks=own)).state is U
    absolute = {"performance.throughput": CheckRule(limits=Limits.of(">= 10"))}
    assert found(measured(), "throughput", policy=Policy(checks=absolute)).state is P


@pytest.mark.parametrize(
    ("requests", "ratio", "state"),
    [
        (81.0, 0.286, State.FAIL),
        (10.0, 0.6, State.FAIL),
        (10.0, 0.1, State.UNKNOWN),
        (1.0, 1.0, State.UNKNOWN),
        (3.0, 1.0, State.FAIL),
        (10.0, 0.0, State.UNKNOWN),
    ],
)
def test_too_few_requests_can_fail_a_service_but_never_pass_it(requests: float, ratio: float, state: State) -> None:
    world = well().tell("prometheus", sli("payments", requests=requests, error_ratio=ratio), keyframe=False)
    found = world.result("payments", "performance.error_ratio")
    assert found is not None
    assert found.state is state


@pytest.mark.parametrize(
    ("requests", "p95_s", "p50_s", "state"),
    [(81.0, 9.1, 0.1, State.FAIL), (10.0, 9.1, 0.1, State.UNKNOWN), (10.0, 9.1, 2.0, State.FAIL)],
)
def test_a_lower_quantile_that_fails_fails_the_higher_one(
    requests: float, p95_s: float, p50_s: float, state: State
) -> None:
    told = sli("payments", requests=requests, p50_s=p50_s, p95_s=p95_s, p99_s=9.8)
    found = well().tell("prometheus", told, keyframe=False).result("payments", "performance.latency_p99")
    assert found is not None
    assert found.state is state
