"""Services kept in order are those ordered anew."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import ServiceAssessment, Verdict
from prodtui.model.declared import Tier
from prodtui.readiness.policy import Policy
from prodtui.readiness.ranking import Ranking, environment

PERCENT = st.fractions(min_value=0, max_value=100, max_denominator=3)
SERVICES = st.builds(
    ServiceAssessment,
    name=st.sampled_from("abcdef"),
    tier=st.sampled_from(Tier),
    verdict=st.sampled_from(Verdict),
    score=PERCENT,
    score_max=st.just(Fraction(100)),
    coverage=st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1)]),
)


@given(st.lists(st.one_of(SERVICES, st.sampled_from("abcdef")), max_size=20), st.lists(st.sampled_from("abc")))
def test_putting_and_dropping_is_as_good_as_ranking_anew(
    steps: list[ServiceAssessment | str], asked: list[str]
) -> None:
    kept, known = Ranking(Policy(), asked), dict[str, ServiceAssessment]()
    for step in steps:
        if isinstance(step, str):
            kept.drop(step)
            known.pop(step, None)
        else:
            kept.put(step)
            known[step.name] = step
    assert kept.assessment(1.0) == environment(known.values(), Policy(), 1.0, asked=asked)
    assert set(kept) == set(known)
