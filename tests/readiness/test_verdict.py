"""The verdict's rules, in their order and for any policy."""

from __future__ import annotations

import random
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import CheckResult, ServiceAssessment, State, Verdict
from prodtui.model.declared import DeclaredService, Tier
from prodtui.model.service_view import ServiceView
from prodtui.readiness.assess import Assessor
from prodtui.readiness.check import Check
from prodtui.readiness.finding import Finding
from prodtui.readiness.policy import CheckRule, Policy
from prodtui.readiness.ranking import environment
from prodtui.readiness.rules import Rules
from prodtui.readiness.waiver import Waiver

REFUSED = (Verdict.NOT_READY, Verdict.INCONCLUSIVE)
PILLARS = ("availability", "data", "performance", "security")
WEIGHTS = st.fractions(min_value=0, max_value=20, max_denominator=6)
PERCENT = st.fractions(min_value=0, max_value=100, max_denominator=3)

POLICIES = st.builds(
    Policy,
    pillar_weights=st.fixed_dictionaries(dict.fromkeys(PILLARS, WEIGHTS)),
    required=st.fixed_dictionaries(dict.fromkeys(Tier, st.lists(st.sampled_from(PILLARS), unique=True).map(tuple))),
    fails_below=PERCENT,
    warns_below=PERCENT,
    coverage_from=st.fractions(min_value=0, max_value=1, max_denominator=10),
    tier_weights=st.fixed_dictionaries(dict.fromkeys(Tier, WEIGHTS)),
)


def check(
    name: str, state: State, *, blocking: bool = False, weight: int | Fraction = 1, waived: bool = False
) -> CheckResult:
    return CheckResult(
        id=name,
        pillar=name.partition(".")[0],
        title=name,
        state=state,
        blocking=blocking,
        weight=Fraction(weight),
        waived=waived,
    )


@st.composite
def results(draw: st.DrawFn, *, at_least: int = 0) -> list[CheckResult]:
    found = draw(
        st.lists(
            st.tuples(st.sampled_from(PILLARS), st.sampled_from(list(State)), st.booleans(), WEIGHTS, st.booleans()),
            min_size=at_least,
            max_size=10,
        )
    )
    return [
        check(f"{pillar}.c{i}", state, blocking=blocking, weight=weight, waived=waived)
        for i, (pillar, state, blocking, weight, waived) in enumerate(found)
    ]


def service(found: list[CheckResult], policy: Policy, tier: Tier = Tier.B, name: str = "s") -> ServiceAssessment:
    """A service for which checks find exactly this, judged by the policy with these weights and waivers."""
    own = msgspec.structs.replace(
        policy,
        checks={c.id: CheckRule(weight=c.weight) for c in found},
        waivers=tuple(waiver(c.id, name) for c in found if c.waived),
    )
    view = ServiceView(name=name, declared=DeclaredService(name=name, tier=tier), is_declared=True)
    return Assessor(Rules(own, {c.id: finding(c) for c in found}), 0.0).service(view)


def finding(result: CheckResult) -> Check:
    return Check(
        id=result.id,
        title=result.title,
        reads=(),
        rule="",
        remedy="",
        blocking=result.blocking,
        limits=None,
        unit="",
        judge=lambda _view, _ask: Finding(state=result.state, reason="found so"),
    )


def waiver(check_id: str, name: str, expires: float = 1.0) -> Waiver:
    return Waiver(
        id=f"W-{check_id}",
        check=check_id,
        service=name,
        environment="",
        reason="known",
        ticket="OPS-1",
        owner="ana",
        approved_by="ben",
        created=-1.0,
        expires=expires,
    )


def verdict(found: list[CheckResult], policy: Policy | None = None) -> Verdict:
    return service(found, policy or Policy(required={})).verdict


P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([check("data.a", P)], Verdict.READY),
        ([check("data.a", P, weight=99), check("data.b", F, blocking=True)], Verdict.NOT_READY),
        ([check("data.a", P, weight=99), check("data.b", F, blocking=True, waived=True)], Verdict.WARN),
        ([check("data.a", P, weight=74), check("data.b", F, weight=26)], Verdict.NOT_READY),
        ([check("data.a", P, weight=75), check("data.b", F, weight=25)], Verdict.WARN),
        ([check("data.a", P, weight=90), check("data.b", F, weight=10)], Verdict.READY),
        ([check("data.a", P, weight=8996), check("data.b", F, weight=1004)], Verdict.WARN),
        ([check("data.a", P, weight=99), check("data.b", U, blocking=True)], Verdict.INCONCLUSIVE),
        ([check("data.a", P, weight=90), check("data.b", U, weight=10)], Verdict.WARN),
        ([check("data.a", P, weight=89), check("data.b", U, weight=11)], Verdict.INCONCLUSIVE),
        (
            [check("data.a", P, weight=70), check("data.b", U, weight=8), check("data.c", F, weight=22)],
            Verdict.INCONCLUSIVE,
        ),
        ([check("data.a", P, weight=99), check("data.b", W, blocking=True)], Verdict.WARN),
        ([check("data.a", P, weight=99), check("data.b", W)], Verdict.READY),
        ([check("data.a", P, weight=99), check("data.b", F, blocking=True, weight=0)], Verdict.NOT_READY),
        ([check("data.a", P), check("data.b", P, waived=True)], Verdict.WARN),
        ([check("data.a", P), check("data.b", U, blocking=True, waived=True)], Verdict.INCONCLUSIVE),
        ([check("data.a", State.INFO), check("data.b", State.NOT_APPLICABLE)], Verdict.INCONCLUSIVE),
        ([], Verdict.INCONCLUSIVE),
    ],
)
def test_the_first_rule_that_matches_decides(found: list[CheckResult], expected: Verdict) -> None:
    assert verdict(found) is expected


def test_a_required_pillar_that_nothing_measures_leaves_the_verdict_open() -> None:
    found = [check("availability.a", P), check("performance.a", P)]
    judged = service(found, Policy())
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert judged.coverage == Fraction(3, 4)
    assert judged.why == "observability not measured"


@given(results(at_least=1), POLICIES, st.data())
def test_one_check_worse_never_makes_a_refused_service_accepted(
    found: list[CheckResult], policy: Policy, data: st.DataObject
) -> None:
    before = service(found, policy).verdict
    index = data.draw(st.integers(0, len(found) - 1))
    state = found[index].state
    worse = {P: (W, F, U), W: (F, U), F: (U,)}.get(state, ())
    for new in worse:
        changed = [*found]
        changed[index] = msgspec.structs.replace(found[index], state=new)
        after = service(changed, policy).verdict
        if before in REFUSED:
            assert after in REFUSED
        if not found[index].waived or new is not F:
            assert service(changed, policy).score <= service(found, policy).score


@given(results(at_least=1), POLICIES, st.data())
def test_a_waiver_never_yields_ready(found: list[CheckResult], policy: Policy, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(found) - 1))
    found[index] = msgspec.structs.replace(found[index], waived=True)
    assert verdict(found, policy) is not Verdict.READY


@given(results(), POLICIES, st.integers())
def test_the_order_of_checks_does_not_matter(found: list[CheckResult], policy: Policy, seed: int) -> None:
    mixed = [*found]
    random.Random(seed).shuffle(mixed)  # noqa: S311
    one, other = service(found, policy), service(mixed, policy)
    assert (one.verdict, one.score, one.score_max, one.coverage) == (
        other.verdict,
        other.score,
        other.score_max,
        other.coverage,
    )


@given(results(), POLICIES, st.fractions(min_value="1/7", max_value=7, max_denominator=7))
def test_scaling_all_weights_changes_nothing(found: list[CheckResult], policy: Policy, factor: Fraction) -> None:
    scaled_policy = msgspec.structs.replace(
        policy, pillar_weights={name: weight * factor for name, weight in policy.pillar_weights.items()}
    )
    scaled = [msgspec.structs.replace(c, weight=c.weight * factor) for c in found]
    one, other = service(found, policy), service(scaled, scaled_policy)
    assert (one.verdict, one.score, one.coverage) == (other.verdict, other.score, other.coverage)


@given(results(), POLICIES)
def test_nothing_unknown_is_ever_ready(found: list[CheckResult], policy: Policy) -> None:
    if any(c.state is U for c in found) or not any(c.state.scored for c in found):
        assert verdict(found, policy) is not Verdict.READY


@given(POLICIES)
def test_an_empty_environment_is_never_ready(policy: Policy) -> None:
    assert environment((), policy, 0.0).verdict is Verdict.INCONCLUSIVE


def test_an_empty_policy_is_never_ready() -> None:
    nothing = Policy(pillar_weights={}, required={}, fails_below=Fraction(0), warns_below=Fraction(0))
    assert verdict([check("data.a", P)], nothing) is Verdict.INCONCLUSIVE


SERVICES = st.lists(st.tuples(results(), st.sampled_from(Tier)), min_size=1, max_size=5)


@given(SERVICES, POLICIES, st.integers())
def test_the_environment_is_as_its_worst_service_in_any_order(
    found: list[tuple[list[CheckResult], Tier]], policy: Policy, seed: int
) -> None:
    services = [service(checks, policy, tier, f"s{i}") for i, (checks, tier) in enumerate(found)]
    mixed = [*services]
    random.Random(seed).shuffle(mixed)  # noqa: S311
    judged = environment(services, policy, 0.0)
    assert judged == environment(mixed, policy, 0.0)
    important = [s.verdict.badness for s in services if s.tier is not Tier.C]
    assert judged.verdict.badness >= max(important, default=0)
    if any(s.verdict is not Verdict.READY for s in services):
        assert judged.verdict is not Verdict.READY
    if important and max(important) <= Verdict.WARN.badness and any(s.coverage for s in services):
        assert judged.verdict.badness <= Verdict.WARN.badness


def test_a_service_of_tier_c_alone_is_a_warning() -> None:
    policy = Policy(required={})
    good = service([check("data.a", P)], policy, Tier.B, "good")
    bad = service([check("data.a", F, blocking=True)], policy, Tier.C, "bad")
    assert bad.verdict is Verdict.NOT_READY
    assert environment((good, bad), policy, 0.0).verdict is Verdict.WARN
    assert environment((good, bad), policy, 0.0, asked=["bad"]).verdict is Verdict.NOT_READY


def test_a_lost_source_keeps_the_environment_from_ready() -> None:
    policy = Policy(required={})
    good = service([check("data.a", P)], policy)
    assert environment((good,), policy, 0.0).verdict is Verdict.READY
    assert environment((good,), policy, 0.0, blind=True).verdict is Verdict.WARN


def test_the_environments_score_is_weighed_by_tier() -> None:
    policy = Policy(required={}, fails_below=Fraction(0))
    found = [
        service([check("data.a", P)], policy, Tier.A, "a"),
        service([check("data.a", F)], policy, Tier.B, "b"),
        service([check("data.a", W)], policy, Tier.C, "c"),
    ]
    judged = environment(found, policy, 0.0)
    assert judged.score == Fraction(4 * 100 + 2 * 0 + 1 * 50, 7)
    assert [s.name for s in judged.services] == ["b", "c", "a"]


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="pillar data"):
        Policy(pillar_weights={"data": Fraction(-1)})
