from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodtui.readiness.criteria import Baseline, Bound, Criteria
from prodtui.readiness.policy_file.regions import Allowed, everything, region, within

OPS = st.sampled_from(["<", "<=", "=", ">=", ">"])
NUMBERS = st.integers(0, 6).map(float)
ABSOLUTE = st.builds(Bound, OPS, NUMBERS)
RELATIVE = st.builds(
    Bound, st.sampled_from(["<", "<=", ">=", ">"]), st.sampled_from([-0.5, -0.1, 0.0, 0.1, 0.5]), st.just("share")
)
POINTS = [half / 2 for half in range(-2, 16)]


def sets(bounds: st.SearchStrategy[Bound]) -> st.SearchStrategy[Criteria]:
    return st.lists(st.lists(bounds, min_size=1, max_size=2).map(tuple), max_size=3).map(tuple).map(Criteria)


@given(sets(ABSOLUTE), sets(ABSOLUTE))
def test_absolute_criteria_allow_more_exactly_when_some_value_says_so(inner: Criteria, outer: Criteria) -> None:
    # Every bound lies on a whole number, so that whole and half numbers tell all regions apart.
    values_say = all(outer.holds(point) for point in POINTS if inner.holds(point))
    union = region(outer)
    assert all(any(one.low <= (p, 0) <= one.high for one in union) == outer.holds(p) for p in POINTS)
    assert within(Allowed(inner), Allowed(outer)) == values_say


@given(sets(st.one_of(ABSOLUTE, RELATIVE)), sets(st.one_of(ABSOLUTE, RELATIVE)), NUMBERS, NUMBERS, NUMBERS)
def test_what_is_said_to_be_within_is_so_beside_any_baseline(
    inner: Criteria, outer: Criteria, floor: float, other_floor: float, base: float
) -> None:
    if within(Allowed(inner, floor), Allowed(outer, other_floor)):
        baseline = Baseline(value=base, count=5)
        own, other = inner.resolve(baseline, floor), outer.resolve(baseline, other_floor)
        for point in [tenth / 10 for tenth in range(-60, 180)]:
            # At the very edge two equal limits differ only by their operator.
            if own.holds(point) and not other.holds(point):
                assert any(abs(bound.value - point) < 1e-9 for bounds in other.sets for bound in bounds)


@given(sets(st.one_of(ABSOLUTE, RELATIVE)), NUMBERS)
def test_criteria_lie_within_themselves(criteria: Criteria, floor: float) -> None:
    assert within(Allowed(criteria, floor), Allowed(criteria, floor))


def test_a_region_and_what_it_leaves_over_are_everything() -> None:
    low, high = Criteria(((Bound("<=", 3),),)), Criteria(((Bound(">", 3),),))
    assert everything(region(low, high))
    assert not everything(region(Criteria(((Bound("<", 3),),)), high))
    assert everything(region(Criteria(((Bound("<", float("inf")),),))))
