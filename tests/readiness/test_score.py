"""Points add up exactly, on screen too."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import State
from prodtui.readiness.score import Points, Weighed, WeighedPillar, score, shown

STATES = st.sampled_from(list(State))
WEIGHTS = st.fractions(min_value=0, max_value=50, max_denominator=12)
CHECKS = st.builds(Weighed, STATES, WEIGHTS, st.booleans())
PILLARS = st.lists(
    st.builds(WeighedPillar, WEIGHTS, st.booleans(), st.lists(CHECKS, max_size=9).map(tuple)), max_size=7
).map(tuple)


@given(PILLARS)
def test_what_is_shown_adds_up(pillars: tuple[WeighedPillar, ...]) -> None:
    found = score(pillars)
    for pillar, weighed in zip(found.pillars, pillars, strict=True):
        if not weighed.missing:
            assert sum((c.got for c in pillar.checks), Fraction(0)) == pillar.points.got
            assert sum((c.of for c in pillar.checks), Fraction(0)) == pillar.points.of
        for points in (pillar.points, *pillar.checks):
            assert (points.got * 10).denominator == (points.of * 10).denominator == 1
            assert 0 <= points.got <= points.of
    total = sum((pillar.points.got for pillar in found.pillars), Fraction(0))
    assert shown(total) == shown(found.score)
    assert total <= found.score
    if found.coverage:
        assert sum((pillar.points.of for pillar in found.pillars), Fraction(0)) == 100


@given(PILLARS)
def test_points_shown_are_the_exact_ones_to_a_tenth(pillars: tuple[WeighedPillar, ...]) -> None:
    found = score(pillars)
    total = sum(p.weight for p in pillars if p.missing or any(c.counts for c in p.checks))
    for pillar, weighed in zip(found.pillars, pillars, strict=True):
        weights = sum(c.weight for c in weighed.checks if c.counts)
        for points, check in zip(pillar.checks, weighed.checks, strict=True):
            if not check.counts or not total:
                assert points == Points(Fraction(0), Fraction(0))
                continue
            of = Fraction(100) * weighed.weight / total * check.weight / weights
            assert abs(points.got - of * check.share) < Fraction(2, 10)
            if check.state is State.PASS:
                assert points.got == points.of
            if check.share == 0:
                assert points.got == 0


@given(PILLARS)
def test_the_interval_spans_what_is_not_known(pillars: tuple[WeighedPillar, ...]) -> None:
    found = score(pillars)
    assert 0 <= found.score <= found.score_max <= 100
    assert 0 <= found.coverage <= 1
    assert found.score_max - found.score == 100 * (1 - found.coverage)


@given(PILLARS, st.fractions(min_value="1/9", max_value=9, max_denominator=9))
def test_scaling_all_weights_changes_nothing(pillars: tuple[WeighedPillar, ...], factor: Fraction) -> None:
    scaled = tuple(
        p._replace(weight=p.weight * factor, checks=tuple(c._replace(weight=c.weight * factor) for c in p.checks))
        for p in pillars
    )
    assert score(scaled) == score(pillars)


def test_a_pillar_of_whole_points_stays_whole() -> None:
    checks = tuple(Weighed(state, Fraction(1)) for state in (State.PASS, State.WARN, State.FAIL))
    found = score(tuple(WeighedPillar(Fraction(20), False, checks) for _ in range(5)))
    assert [p.points.of for p in found.pillars] == [20] * 5


def test_a_required_pillar_without_checks_is_unknown_with_its_weight() -> None:
    passing = (Weighed(State.PASS, Fraction(1)),)
    found = score((WeighedPillar(Fraction(20), True, passing), WeighedPillar(Fraction(20), True, ())))
    assert (found.score, found.score_max, found.coverage) == (Fraction(50), Fraction(100), Fraction(1, 2))


def test_a_pillar_without_checks_that_nobody_requires_is_absent() -> None:
    passing = (Weighed(State.PASS, Fraction(1)), Weighed(State.INFO, Fraction(9)))
    found = score((WeighedPillar(Fraction(20), False, passing), WeighedPillar(Fraction(80), False, ())))
    assert (found.score, found.coverage) == (Fraction(100), Fraction(1))


def test_nothing_scored_is_nothing_known() -> None:
    for pillars in ((), (WeighedPillar(Fraction(5), False, (Weighed(State.NOT_APPLICABLE, Fraction(1)),)),)):
        found = score(pillars)
        assert (found.score, found.score_max, found.coverage) == (Fraction(0), Fraction(100), Fraction(0))


@pytest.mark.parametrize(
    ("exact", "read"),
    [
        (Fraction(8996, 100), "89.9"),
        (Fraction(90), "90.0"),
        (Fraction(269, 3), "89.6"),
        (Fraction(0), "0.0"),
        (Fraction(99999, 1000), "99.9"),
    ],
)
def test_a_score_is_cut_never_rounded_up(exact: Fraction, read: str) -> None:
    assert shown(exact) == read


def test_a_waived_failure_gets_half() -> None:
    found = score((WeighedPillar(Fraction(1), False, (Weighed(State.FAIL, Fraction(1), waived=True),)),))
    assert found.score == 50
