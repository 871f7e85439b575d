"""The grammar of thresholds, and limits beside a baseline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import State
from prodtui.readiness.criteria import Baseline, Bound, Criteria, Limits, bound, criteria

NUMBERS = st.floats(-1e6, 1e6)
OPS = st.sampled_from(["<", "<=", "=", ">=", ">"])
BOUNDS = st.one_of(
    st.builds(Bound, OPS, st.floats(0, 1e6)),
    st.builds(Bound, OPS, NUMBERS, st.sampled_from(["share", "amount"])),
)
CRITERIA = st.lists(st.lists(BOUNDS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(
    lambda sets: Criteria(tuple(sets))
)
BASELINES = st.builds(Baseline, value=st.one_of(st.none(), NUMBERS), pinned=st.one_of(st.none(), NUMBERS))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<600ms", Bound("<", 0.6)),
        (" >= 5 % ", Bound(">=", 0.05)),
        ("= 3", Bound("=", 3.0)),
        ("<2min", Bound("<", 120.0)),
        ("<=1MiB", Bound("<=", 1_048_576.0)),
        ("<=+10%", Bound("<=", 0.1, "share")),
        (">= -50%", Bound(">=", -0.5, "share")),
        ("<+20ms", Bound("<", 0.02, "amount")),
    ],
)
def test_criteria_are_read_with_their_units(written: str, expected: Bound) -> None:
    found = bound(written)
    assert (found.op, found.relative) == (expected.op, expected.relative)
    assert found.value == pytest.approx(expected.value)


@pytest.mark.parametrize("text", ["", "600", "< fast", "<<3", "< 3 parsecs", "=> 3", "< 1e3", "< nan", "<"])
def test_what_is_no_criterion_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="an operator"):
        bound(text)


@given(CRITERIA)
def test_criteria_survive_being_written(found: Criteria) -> None:
    again = criteria(found.written())
    for bounds, read in zip(found.sets, again.sets, strict=True):
        assert [(b.op, b.relative) for b in bounds] == [(b.op, b.relative) for b in read]
        assert [b.value for b in read] == pytest.approx([b.value for b in bounds])


@given(CRITERIA, BASELINES, st.floats(0, 1e3), NUMBERS)
def test_an_unresolved_criterion_is_never_met_by_chance(
    found: Criteria, baseline: Baseline, floor: float, measured: float
) -> None:
    resolved = found.resolve(baseline, floor)
    assert resolved.relative == (found.relative and baseline.value is None)
    without = Criteria(tuple(bounds for bounds in found.sets if not any(b.relative for b in bounds)))
    if baseline.value is None:
        assert (found.holds(measured) is True) == (without.holds(measured) is True)


@pytest.mark.parametrize(("base", "limit"), [(0.200, 0.220), (0.0, 0.010), (-0.200, -0.180), (0.050, 0.060)])
def test_a_floor_settles_a_base_of_nothing_and_a_negative_one(base: float, limit: float) -> None:
    found = bound("<= +10%").resolve(Baseline(value=base, count=5), 0.010)
    assert found.value == pytest.approx(limit)


def test_without_a_baseline_an_absolute_alternative_can_pass() -> None:
    limits = Limits(passes=criteria([["<= +10%"], ["< 100ms"]]), warns=criteria([["< 500ms"]]), floor=0.01)
    assert limits.judge(0.05) is State.PASS
    assert limits.judge(0.2) is State.UNKNOWN
    assert limits.judge(0.6) is State.FAIL


@given(st.floats(0.01, 10), st.floats(0, 1))
def test_releases_that_creep_stop_at_the_pinned_reference(pinned: float, max_drift: float) -> None:
    base = pinned
    for _ in range(40):
        limit = bound("<= +10%").resolve(Baseline(value=base, count=5, pinned=pinned, max_drift=max_drift), 0.0)
        base = limit.value
    assert base <= pinned * (1 + max_drift) * (1 + 1e-9)


@given(CRITERIA, NUMBERS, st.floats(0, 0.5))
def test_what_passes_with_a_margin_passes(found: Criteria, measured: float, margin: float) -> None:
    if not found.relative and found.tightened(margin).holds(measured):
        assert found.holds(measured)
