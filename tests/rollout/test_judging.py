"""A sample: what the sources say of both groups, judged."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.records import Breaker, BreakerState
from prodtui.model.rollout import Compared, Judged, Phase, Plan, Rollout, Sample
from prodtui.model.rollout_progress import stage_of
from prodtui.readiness.criteria import Baseline
from prodtui.rollout.judging import sample
from prodtui.rollout.observed import Observed, Shown, observed
from tests.builders import CHECKOUT, ENVOY, NOW, PAYMENTS, PROMETHEUS, World, breaker, cluster
from tests.rollout.rollouts import BAD, NODATA, OK, compared, own, plan, rollout
from tests.rollout.rollouts import sample as earlier
from tests.rollout.worlds import groups, metrics, moment, registry, world

replace = msgspec.structs.replace


def judged(
    seen: World, of: Plan | None = None, found: Rollout | None = None, now: float = NOW, **baselines: float
) -> Sample:
    """The sample that a world makes."""
    found = found or rollout(plan=of or plan())
    known = {f"payments/performance.{name}": Baseline(value=value, count=5) for name, value in baselines.items()}
    return sample(found, observed(found.plan, stage_of(found), moment(seen, now), known))


def one(of: Sample, criterion: str) -> Compared:
    return next(each for each in of.compared if each.id == criterion)


def test_a_canary_that_does_as_stable_does_is_ok() -> None:
    found = judged(world())
    assert (found.judged, found.reason, found.hard) == (OK, "", False)
    assert (found.requests, found.bad_responses) == (100, 0)
    assert [each.id for each in found.compared] == ["error_ratio", "latency_p99", "latency_p95", "passing", "breaker"]


def test_a_slower_canary_is_bad_beside_stable_at_the_same_time() -> None:
    found = judged(world({"latency_p99": 0.090}))
    assert found.judged is BAD
    assert found.reason == "latency_p99 90 ms, wants <= stable +25 ms"
    assert one(found, "latency_p99").threshold == "<= stable +25 ms"


def test_both_slow_is_no_fault_of_the_canary() -> None:
    assert judged(world({"latency_p99": 0.9}, {"latency_p99": 0.8})).judged is OK
    assert judged(world({"latency_p99": 0.97}, {"latency_p99": 0.8})).reason.endswith("wants <= stable +20 %")


def test_of_two_who_count_the_worse_is_believed() -> None:
    crashed = {"proxied.requests": 10.0, "proxied.failed": 4.0}
    both = groups(plan(), label=("version", "2.0", "1.0"), cluster=("payments-canary", "payments"))
    found = judged(world(crashed), both)
    assert (found.judged, found.hard, found.bad_responses) == (BAD, True, 40)
    assert one(found, "error_ratio").canary == 0.4
    assert judged(world(crashed)).judged is OK
    assert judged(world({"failed": 4.0, "proxied.requests": 10.0, "proxied.failed": 0.0}), both).judged is BAD
    assert judged(world({"proxied.requests": "no series", "proxied.failed": "no series"}), both).judged is OK


def test_a_slow_request_of_few_may_be_chance() -> None:
    found = judged(world({"latency_p99": 0.9, "latency_p99.sure.4": 0.05}))
    assert (found.judged, one(found, "latency_p99").canary) == (OK, 0.9)
    assert judged(world({"latency_p99": 0.9, "latency_p99.sure.4": 0.09})).judged is BAD


def test_stable_goes_before_the_baseline_which_counts_without_it() -> None:
    assert judged(world({"latency_p99": 0.4}, {"latency_p99": 0.4}), latency_p99=0.04).judged is OK
    alone = judged(world({"latency_p99": 0.4}, {"latency_p99": "no series"}), latency_p99=0.04)
    assert (alone.judged, one(alone, "latency_p99").threshold) == (BAD, "<= baseline +25 ms")


def test_without_either_nothing_can_be_told_of_latency() -> None:
    found = judged(world({}, {"latency_p99": "no series"}))
    assert (found.judged, found.reason) == (
        NODATA,
        "latency_p99: nothing to compare with, neither stable nor a baseline",
    )


def test_what_stable_showed_earlier_in_the_rollout_is_a_baseline() -> None:
    before = [replace(earlier(n), compared=(compared("latency_p99", stable=0.04),)) for n in (1, 2, 3)]
    at_100 = replace(rollout(), samples=tuple(before), stage=1, stage_began_at=NOW + 40)
    found = judged(world({"latency_p99": 0.09}, {"latency_p99": "no series"}), found=at_100)
    assert (one(found, "latency_p99").baseline, found.judged) == (0.04, BAD)


def test_errors_beyond_the_limit_are_bad_and_far_beyond_it_hard() -> None:
    few = judged(world({"requests": 100.0, "failed": 0.4}))
    assert (few.judged, few.hard, few.bad_responses) == (OK, False, 4)
    more = judged(world({"requests": 500.0, "failed": 7.0}))
    assert (more.judged, more.hard) == (BAD, False)
    assert more.reason == "error_ratio 1.4 %, wants <= 1 %"
    hard = judged(world({"failed": 5.0}))
    assert (hard.judged, hard.hard, hard.reason) == (BAD, True, "error_ratio 50 %, wants <= 1.44 %")


def test_one_failure_of_few_requests_may_be_chance() -> None:
    found = judged(world({"requests": 3.0, "failed": 0.1}))
    assert one(found, "error_ratio").canary == pytest.approx(1 / 30)
    assert found.judged is OK


def test_a_failure_in_each_sample_is_no_chance_any_longer() -> None:
    before = tuple(earlier(number, requests=30.0, bad_responses=1.0) for number in range(1, 8))
    again = replace(rollout(), samples=before)
    found = judged(world({"requests": 3.0, "failed": 0.1}), found=again)
    assert (found.judged, found.hard) == (BAD, False)


def test_a_canary_without_requests_is_not_known() -> None:
    found = judged(world({"requests": 0.0, "latency_p99": "NaN", "latency_p95": "NaN"}))
    assert (found.judged, found.reason) == (NODATA, "error_ratio: no requests")


def test_no_label_that_tells_failures_is_not_known_and_no_zero() -> None:
    assert judged(world({"failed": "no series"})).judged is NODATA


def test_an_instance_of_the_canary_that_does_not_pass_is_bad() -> None:
    found = judged(world().tell("consul", *registry(False)))
    assert found.reason == "passing 0 %, wants >= 80 %"
    assert (one(found, "passing").canary, one(found, "passing").stable) == (0, 1)


def test_no_instance_of_the_canary_is_not_known() -> None:
    assert judged(world().tell("consul", *registry())).reason == "passing: none of its instances is registered"


def test_an_open_breaker_is_enough() -> None:
    found = judged(world(breaker={"state": BreakerState.OPEN}))
    assert (found.judged, found.hard, found.reason) == (BAD, True, "breaker 1 open, wants <= 0 open")
    assert judged(world(breaker={"state": BreakerState.HALF_OPEN})).judged is OK


def test_a_source_that_was_never_read_is_no_data_where_only_it_could_tell() -> None:
    told = [one for one in metrics() if not isinstance(one, Breaker)]
    never = World(PAYMENTS, CHECKOUT).tell("consul", *registry(True)).tell("prometheus", *told)
    found = judged(never)
    assert (found.judged, found.reason) == (NODATA, "breaker: envoy: never read")
    read = judged(never.tell("envoy", cluster()))
    assert (read.judged, "breaker" in {each.id for each in read.compared}) == (OK, False)


def test_a_proxy_s_word_on_who_passes_counts_only_while_it_is_read() -> None:
    of = groups(plan(), cluster=("payments-canary", "payments"))
    seen = World(PAYMENTS, CHECKOUT, sources=(PROMETHEUS, ENVOY)).tell("prometheus", *metrics())
    assert one(judged(seen, of), "passing").reason == "passing: envoy: never read"
    seen.tell("envoy", cluster("payments-canary", members=2, healthy=2), cluster("payments"))
    assert one(judged(seen, of), "passing").canary == 1.0
    assert one(judged(seen.fail("envoy"), of), "passing").reason == "passing: envoy: envoy refused"


def test_by_cluster_the_breaker_of_the_canary_s_cluster_counts() -> None:
    of = groups(plan(), cluster=("payments-canary", "payments"))
    ours = breaker("envoy", "payments-canary", BreakerState.OPEN)
    theirs = breaker("envoy", "payments", BreakerState.OPEN)
    assert judged(world().tell("envoy", cluster(), ours), of).hard
    assert not judged(world().tell("envoy", cluster(), theirs, breaker("envoy", "payments-canary")), of).hard
    assert judged(world(breaker={"state": BreakerState.OPEN}).tell("envoy", cluster()), of).hard


def test_a_lost_prometheus_is_not_known_and_never_ok() -> None:
    lost = world().fail("prometheus", at=NOW + 1, why="connection refused")
    found = judged(lost, now=NOW + 1)
    assert (found.judged, found.reason) == (NODATA, "error_ratio: prometheus: connection refused")


def test_a_value_that_grows_old_is_not_known() -> None:
    old = world().tell("prometheus", *metrics(at=NOW - 400))
    found = judged(old)
    assert found.judged is NODATA
    assert "old" in found.reason


def test_a_criterion_that_does_not_block_makes_no_sample_bad() -> None:
    of = plan(criteria=(*plan().criteria, own("queue", most=10.0, blocking=False)))
    found = judged(world({"queue": 40.0}), of)
    assert (found.judged, one(found, "queue").judged) == (OK, BAD)


def test_at_least_is_a_lower_limit_beside_stable_too() -> None:
    of = plan(criteria=(own("hits", least=0.5, over_stable=0.1),))
    assert judged(world({"hits": 0.85}, {"hits": 0.9}), of).judged is OK
    assert judged(world({"hits": 0.7}, {"hits": 0.9}), of).reason == "hits 0.7, wants >= stable -10 %"
    assert judged(world({"hits": 0.4}, {"hits": 0.4}), of).reason == "hits 0.4, wants >= 0.5"


def test_after_the_last_stage_the_burn_rate_and_the_breakers_count() -> None:
    watching = rollout(phase=Phase.WATCHING, stage=1)
    slow = Shown(values={"burn": 0.0, "latency_p99": 9.0, "breaker": 0.0})
    found = sample(watching, Observed(at=NOW, canary=slow, stable=Shown()))
    assert ([each.id for each in found.compared], found.judged) == (["burn", "breaker"], OK)
    burning = Shown(values={"burn": 1.0, "breaker": 0.0})
    found = sample(watching, Observed(at=NOW, canary=burning, stable=Shown()))
    assert (found.judged, found.hard) == (BAD, True)


def test_without_an_objective_errors_count_after_the_last_stage() -> None:
    found = judged(world(), found=rollout(phase=Phase.WATCHING, stage=1))
    assert [each.id for each in found.compared] == ["error_ratio", "breaker"]


VALUES = st.dictionaries(
    st.sampled_from(["error_ratio", "latency_p99", "latency_p95", "passing", "breaker"]), st.floats(0, 1)
)


@given(VALUES, VALUES, st.floats(0, 1000), st.floats(0, 1))
def test_a_sample_is_ok_only_where_every_blocking_criterion_is(
    canary: dict[str, float], stable: dict[str, float], requests: float, failing: float
) -> None:
    shown = Shown(requests=requests, failed=requests * failing, values=canary)
    found = sample(rollout(), Observed(at=NOW, canary=shown, stable=Shown(values=stable)))
    blocking = {each.judged for each in found.compared if each.blocking}
    assert (found.judged is OK) == (blocking == {Judged.OK})
    assert (found.judged is BAD) == (BAD in blocking)
    assert found.judged is OK or found.reason
    assert not found.hard or found.judged is BAD
