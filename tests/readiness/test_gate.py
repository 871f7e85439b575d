"""From a verdict to a decision, and from samples to one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.assessment import Assessment, State, Verdict
from prodtui.model.evaluation import Override
from prodtui.model.records import HealthStatus
from prodtui.readiness.gate import ExitCodes, FailOn, decide, exit_code, worst_of
from prodtui.readiness.policy import Policy
from tests.builders import NOW, pool, registered, sli, well

POLICY = Policy()
BROKEN = Override(reason="the registry is being moved", ticket="OPS-1")
_BADNESS = {State.PASS: 0, State.WARN: 1, State.UNKNOWN: 2, State.FAIL: 3}


class Seen(NamedTuple):
    """What one sample sees."""

    payments: HealthStatus
    checkout_registered: bool
    waiting: int
    max_wait_s: float
    p99_s: float | None
    error_ratio: float
    envoy_lost: bool


def judged(seen: Seen) -> Assessment:
    """Payments and checkout, more or less well, as the rules judge them."""
    world = well()
    world.tell("consul", *registered("payments", 2, seen.payments))
    if seen.checkout_registered:
        world.tell("consul", *registered("checkout", 2), keyframe=False)
    world.tell("pgbouncer", pool(waiting=seen.waiting, max_wait_s=seen.max_wait_s))
    world.tell("prometheus", sli("payments", p99_s=seen.p99_s, error_ratio=seen.error_ratio))
    if seen.envoy_lost:
        world.fail("envoy", at=NOW + 50)
    return world.assess(now=NOW + 50 if seen.envoy_lost else NOW)


def folded(samples: Sequence[Assessment]) -> Assessment:
    return reduce(lambda earlier, later: worst_of(earlier, later, POLICY), samples)


one = st.builds(
    Seen,
    payments=st.sampled_from(HealthStatus),
    checkout_registered=st.booleans(),
    waiting=st.integers(0, 1),
    max_wait_s=st.sampled_from((0.0, 2.0, 9.0)),
    p99_s=st.sampled_from((0.04, 0.3, 0.9, None)),
    error_ratio=st.sampled_from((0.0, 0.015, 0.5)),
    envoy_lost=st.booleans(),
)
samples = st.lists(one, min_size=1, max_size=4)


@settings(max_examples=60)
@given(samples)
def test_more_samples_never_improve_a_verdict(seen: list[Seen]) -> None:
    found = list(map(judged, seen))
    steps = [folded(found[:count]) for count in range(1, len(found) + 1)]
    for fewer, more in pairwise(steps):
        assert more.verdict.badness >= fewer.verdict.badness
        for service in fewer.services:
            again = more.service(service.name)
            assert again is not None
            assert again.verdict.badness >= service.verdict.badness
    assert steps[-1].verdict.badness >= max(sample.verdict.badness for sample in found)


@settings(max_examples=60)
@given(samples)
def test_the_worst_of_all_samples_decides_a_blocking_check_and_the_last_one_any_other(seen: list[Seen]) -> None:
    found = list(map(judged, seen))
    for service in folded(found).services:
        for check in service.checks:
            states = [state for a in found if (state := _state(a, service.name, check.id)) is not None]
            if check.blocking:
                assert _BADNESS.get(check.state, -1) == max(_BADNESS.get(state, -1) for state in states)
            else:
                assert check.state is states[-1]


def _state(assessment: Assessment, service: str, check: str) -> State | None:
    judged = assessment.service(service)
    return next((c.state for c in judged.checks if c.id == check), None) if judged else None


@settings(max_examples=60)
@given(samples)
def test_what_is_shown_of_several_samples_adds_up(seen: list[Seen]) -> None:
    found = list(map(judged, seen))
    for service in folded(found).services:
        assert sum(pillar.of for pillar in service.pillars) == 100
        assert sum(pillar.points for pillar in service.pillars) <= service.score <= service.score_max


@settings(max_examples=20)
@given(one)
def test_one_sample_twice_is_that_sample(seen: Seen) -> None:
    found = judged(seen)
    assert worst_of(found, found, POLICY) == found


def test_a_service_that_vanishes_between_samples_stays() -> None:
    there = well().assess()
    gone = msgspec.structs.replace(there, services=())
    assert {service.name for service in worst_of(there, gone, POLICY).services} == {"payments", "checkout"}


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("codes", ExitCodes)
def test_an_override_the_policy_does_not_allow_changes_no_exit_code(verdict: Verdict, codes: ExitCodes) -> None:
    refused = decide(verdict, codes=codes, override=BROKEN, allowed=False)
    assert (refused.word, refused.verdict) == ("OVERRIDDEN", verdict)
    assert refused.exit_code == exit_code(verdict, codes=codes)
    assert refused.refused


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("fail_on", FailOn)
def test_an_override_that_is_allowed_exits_0_and_keeps_the_verdict(verdict: Verdict, fail_on: FailOn) -> None:
    decided = decide(verdict, fail_on=fail_on, override=BROKEN, allowed=True)
    assert (decided.exit_code, decided.verdict, decided.word) == (0, verdict, "OVERRIDDEN")
    assert decide(verdict, fail_on=fail_on, allowed=True).exit_code == exit_code(verdict, fail_on)


def test_only_ready_and_warn_ever_exit_0_without_an_override() -> None:
    passing = {v for v in Verdict for f in FailOn for c in ExitCodes if decide(v, fail_on=f, codes=c).exit_code == 0}
    assert passing == {Verdict.READY, Verdict.WARN}
