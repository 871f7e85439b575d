"""A policy that asks less than the last accepted one is told by sentences; one that asks more is not."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.asks import Language
from prodtui.model.assessment import State
from prodtui.model.declared import Tier
from prodtui.model.evaluation import PolicySummary
from prodtui.readiness.criteria import Bound, Criteria, Limits
from prodtui.readiness.load_rule import thresholds
from prodtui.readiness.pillars import checks
from prodtui.readiness.policy import CheckRule, Custom, Policy, Rule, Selector
from prodtui.readiness.slo import Slo
from prodtui.readiness.summary import summarised
from prodtui.readiness.weakening import weakened
from tests.load.loads import rule

P99, P95, ERRORS = "performance.latency_p99", "performance.latency_p95", "performance.error_ratio"
PAYMENTS = Selector(services=("payments",))
OPS = st.sampled_from(["<", "<=", ">=", ">"])
AMOUNTS = st.integers(1, 500).map(lambda thousandths: thousandths / 1000)
ABSOLUTE = st.builds(Bound, OPS, AMOUNTS)
RELATIVE = st.builds(Bound, OPS, st.sampled_from([-0.5, -0.1, 0.1, 0.25, 0.5]), st.sampled_from(["share", "amount"]))
BOUNDS = st.one_of(ABSOLUTE, RELATIVE)
LIMITS = st.builds(Limits, passes=BOUNDS.map(lambda bound: Criteria(((bound,),))), floor=AMOUNTS)
RULES = st.builds(
    CheckRule,
    weight=st.none() | st.fractions(0, 5, max_denominator=4),
    blocking=st.none() | st.booleans(),
    limits=LIMITS,
    on_unknown=st.sampled_from([State.UNKNOWN, State.FAIL]),
    not_applicable=st.sampled_from(["", "because"]),
)
POLICIES = st.builds(
    Policy,
    checks=st.dictionaries(st.sampled_from([P99, P95, ERRORS]), RULES),
    rules=st.lists(
        st.builds(
            Rule,
            selector=st.just(PAYMENTS) | st.just(Selector(tiers=(Tier.A,))),
            checks=st.dictionaries(st.sampled_from([P99, ERRORS]), RULES),
            slo=st.none() | st.builds(Slo, objective=st.sampled_from([0.9, 0.99])),
        ),
        max_size=2,
    ).map(tuple),
)


def summary(policy: Policy) -> PolicySummary:
    return summarised(policy, checks())


def said(then: Policy, now: Policy) -> tuple[str, ...]:
    return weakened(summary(then), summary(now))


def with_limits(limits: Limits) -> Policy:
    return Policy(checks={P99: CheckRule(limits=limits)})


@given(POLICIES)
def test_a_policy_is_never_weaker_than_itself(policy: Policy) -> None:
    assert said(policy, policy) == ()


@given(POLICIES)
def test_a_summary_that_was_kept_says_the_same(policy: Policy) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(summary(policy)), type=PolicySummary)
    assert weakened(kept, summary(policy)) == ()


@given(BOUNDS, st.integers(1, 300))
def test_loosening_any_one_bound_is_found_and_tightening_is_not(bound: Bound, by: int) -> None:
    outwards = by / 1000 if bound.op in ("<", "<=") else -by / 1000
    other = msgspec.structs.replace(bound, value=round(bound.value + outwards, 6))
    if other.value <= 0 < bound.value or other.value >= 0 > bound.value:
        other = msgspec.structs.replace(bound, value=bound.value * (2 if outwards * bound.value > 0 else 0.5))
    tight, loose = (with_limits(Limits(passes=Criteria(((each,),)), floor=0.001)) for each in (bound, other))
    (sentence,) = said(tight, loose)
    assert sentence.startswith(f"{P99} passes more: ")
    assert said(loose, tight) == ()


def test_a_wider_warn_is_found_even_where_pass_is_the_same() -> None:
    then, now = with_limits(Limits.of("< 250ms", "< 500ms")), with_limits(Limits.of("< 250ms", "< 1s"))
    assert said(then, now) == (f"{P99} warns where it failed: < 1, was < 0.5",)
    assert said(now, then) == ()
    assert said(with_limits(Limits.of("< 250ms")), then) == (f"{P99} warns where it failed: < 0.5, there was no WARN",)


def test_a_stricter_pass_within_the_same_warn_is_no_weakening() -> None:
    then, now = with_limits(Limits.of("< 250ms", "< 500ms")), with_limits(Limits.of("< 100ms", "< 500ms"))
    assert said(then, now) == ()


def test_a_larger_floor_is_looser() -> None:
    then, now = (with_limits(Limits.of("<= +10%", floor=floor)) for floor in (0.01, 0.05))
    (sentence,) = said(then, now)
    assert sentence == f"{P99} passes more: <= baseline +10 % (at least 0.05), was <= baseline +10 % (at least 0.01)"
    assert said(now, then) == ()


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (Policy(checks={P99: CheckRule(blocking=False)}), f"{P99} does not block any more"),
        (Policy(checks={P99: CheckRule(not_applicable="why")}), f"{P99} counts as not applicable"),
        (Policy(checks={P99: CheckRule(weight=Fraction(1))}), f"{P99} weighs less beside the others of performance"),
        (Policy(checks={P99: CheckRule(weight=Fraction(0))}), f"{P99} weighs less beside the others of performance"),
        (Policy(fails_below=Fraction(70)), "the score below which a service is NOT_READY is lower: 70, was 75"),
        (Policy(warns_below=Fraction(80)), "the score below which a service is WARN is lower: 80, was 90"),
        (Policy(coverage_from=Fraction(1, 2)), "the share of checks that must be known is lower: 0.5, was 0.9"),
        (Policy(tier_minimum={Tier.A: 2, Tier.B: 2, Tier.C: 1}), "tier A wants fewer instances: 2, was 3"),
        (
            Policy(required={**Policy().required, Tier.A: ("availability", "performance")}),
            "observability is not required of tier A any more",
        ),
        (
            Policy(pillar_weights={**Policy().pillar_weights, "data": Fraction(1)}),
            "pillar data weighs less beside the others: 1, was 20",
        ),
    ],
)
def test_what_is_asked_less_is_said(now: Policy, sentence: str) -> None:
    assert any(each.startswith(sentence) for each in said(Policy(), now))


@pytest.mark.parametrize(
    "now",
    [
        Policy(checks={P95: CheckRule(blocking=True, weight=Fraction(1))}),
        Policy(checks={P95: CheckRule(weight=Fraction(9))}),
        Policy(checks={P99: CheckRule(on_unknown=State.FAIL)}),
        Policy(fails_below=Fraction(80), warns_below=Fraction(95), coverage_from=Fraction(1)),
        Policy(tier_minimum={Tier.A: 5, Tier.B: 5, Tier.C: 5}),
        Policy(blocking_weight=Fraction(4), other_weight=Fraction(2)),
        Policy(pillar_weights={name: 3 * weight for name, weight in Policy().pillar_weights.items()}),
        Policy(rules=(Rule(selector=PAYMENTS, slo=Slo(objective=0.99)),)),
    ],
)
def test_asking_more_or_the_same_on_another_scale_is_not_said(now: Policy) -> None:
    assert said(Policy(), now) == ()


def test_not_knowing_that_failed_and_does_no_more_is_said() -> None:
    then = Policy(checks={P99: CheckRule(on_unknown=State.FAIL)})
    assert said(then, Policy()) == (f"{P99} may be unknown without failing",)


def test_a_rule_that_loosens_for_some_services_is_said() -> None:
    loose = Policy(rules=(Rule(selector=PAYMENTS, checks={ERRORS: CheckRule(limits=Limits.of("< 5%", "< 9%"))}),))
    assert [each.partition(":")[0] for each in said(Policy(), loose)] == [
        f"{ERRORS} for services payments passes more",
        f"{ERRORS} for services payments warns where it failed",
    ]


def test_a_rule_that_was_stricter_for_some_services_and_is_gone_is_said() -> None:
    strict = Policy(rules=(Rule(selector=PAYMENTS, checks={ERRORS: CheckRule(limits=Limits.of("< 0.1%", "< 2%"))}),))
    (sentence,) = said(strict, Policy())
    assert sentence.startswith(f"{ERRORS} for services payments passes more: < 0.01, was < 0.001")
    assert said(Policy(), strict) == ()


def test_a_lower_objective_is_said() -> None:
    then, now = (Policy(rules=(Rule(selector=PAYMENTS, slo=Slo(objective=share)),)) for share in (0.999, 0.99))
    assert said(then, now) == ("the objective for services payments is lower: 0.99, was 0.999",)
    assert said(then, Policy()) == ("there is no objective for services payments any more, was 0.999",)


def custom(*services: str) -> Policy:
    one = Custom(
        id="data.jobs",
        title="t",
        language=Language.SQL,
        query="SELECT 1",
        limits=Limits.of("< 3"),
        selector=Selector(services=services),
    )
    return Policy(customs=(one,))


def test_a_check_of_the_policys_own_that_is_gone_or_for_fewer_services_is_said() -> None:
    assert said(custom(), Policy()) == ("data.jobs is not checked any more",)
    assert said(custom("a", "b"), custom("a")) == ("data.jobs for services a, b is not checked any more",)
    assert said(custom(), custom("a")) == ("data.jobs is not checked any more",)
    assert said(custom("a"), custom("a", "b")) == ()
    assert said(custom("a"), custom()) == ()


@pytest.mark.parametrize(
    ("looser", "said"),
    [
        (Policy(override=True), "breaking the glass may exit 0"),
        (Policy(starting_s=3600.0), "an instance may start for 60 min without counting, was 60 s"),
        (Policy(page_severities=("page",)), "alerts of severity critical do not page any more"),
    ],
)
def test_what_is_looser_besides_the_checks_is_told(looser: Policy, said: str) -> None:
    assert weakened(summarised(Policy(), checks()), summarised(looser, checks())) == (said,)
    assert weakened(summarised(looser, checks()), summarised(Policy(), checks())) == ()


def test_a_load_that_asks_less_is_told() -> None:
    def asked(*texts: str) -> PolicySummary:
        return summarised(Policy(loads={"shop": rule(thresholds=thresholds(texts))}), checks())

    then = asked("p99 < 1s", "errors < 1%")
    assert weakened(then, asked("p99 < 500ms", "errors < 1%", "rate >= 9/s")) == ()
    assert weakened(then, asked("p99 < 30s")) == (
        "performance.load_p99 under shop passes more: < 30, was < 1",
        "performance.load_error_ratio under shop is not checked any more",
    )
    assert "performance.load_p99 under shop is not checked any more" in weakened(then, summarised(Policy(), checks()))
