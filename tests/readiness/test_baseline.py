"""Baselines: the median of the last accepted evaluations, and the reference that stops the creep."""

from __future__ import annotations

import math
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.model.assessment import State
from prodtui.model.evaluation import Evaluation
from prodtui.readiness.baseline import LAST, OLDEST_S, baselines
from prodtui.readiness.criteria import Baseline, Limits
from tests.journal.evaluations import AT, P99, accepted, judged, service

NOW = AT + 1_000.0
KEY = f"payments/{P99}"

finite = st.floats(-1e300, 1e300)
ages = st.floats(0.0, OLDEST_S)


def _measured(number: int, value: float | None, state: State = State.PASS, **fields: object) -> Evaluation:
    return accepted(number, services={"payments": service(checks={P99: judged(state, value)})}, **fields)


def _of(evaluations: list[Evaluation], now: float = NOW) -> Baseline | None:
    return baselines(evaluations, now).get(KEY)


@st.composite
def histories(draw: st.DrawFn) -> list[Evaluation]:
    made = draw(st.lists(st.tuples(finite, ages), min_size=1, max_size=9))
    return [_measured(number, value, at=NOW - age) for number, (value, age) in enumerate(made)]


def test_it_is_the_median_of_the_last_five() -> None:
    found = _of([_measured(number, value) for number, value in enumerate([900.0, 1.0, 5.0, 2.0, 4.0, 3.0])])
    assert found == Baseline(value=3.0, count=5)


def test_fewer_than_three_are_no_baseline_and_are_counted() -> None:
    assert _of([_measured(1, 0.1), _measured(2, 0.2)]) == Baseline(value=None, count=2)
    assert _of([]) is None


def test_what_was_not_known_does_not_count() -> None:
    unknown = [_measured(4, None), _measured(5, 9.0, State.UNKNOWN), _measured(6, 9.0, State.NOT_APPLICABLE)]
    hostile = [_measured(7, math.nan), _measured(8, math.inf), _measured(9, -math.inf)]
    known = [_measured(number, 0.2) for number in (1, 2, 3)]
    assert _of([*known, *unknown, *hostile]) == Baseline(value=0.2, count=3)


def test_a_value_that_was_only_shown_counts_so_that_a_first_baseline_can_come_about() -> None:
    assert _of([_measured(number, 12.0, State.INFO) for number in (1, 2, 3)]) == Baseline(value=12.0, count=3)


def test_another_services_numbers_do_not_count() -> None:
    others = [accepted(number, services={"ledger": service()}) for number in range(5)]
    assert _of(others) is None


@given(histories())
def test_the_median_lies_among_the_numbers_it_is_of(evaluations: list[Evaluation]) -> None:
    found = _of(evaluations)
    assert found is not None
    newest = sorted(evaluations, key=lambda e: (e.at, e.id))[-LAST:]
    values = [e.services["payments"].checks[P99].value or 0.0 for e in newest]
    assert found.count == len(values)
    if found.value is not None:
        assert min(values) <= found.value <= max(values)
        assert found.value == median(values)


@given(histories(), st.randoms())
def test_the_order_in_which_they_are_given_does_not_matter(evaluations: list[Evaluation], random: Random) -> None:
    alike = [replace(evaluation, at=NOW) for evaluation in evaluations]
    for given_ in (evaluations, alike):
        shuffled = list(given_)
        random.shuffle(shuffled)
        assert baselines(shuffled, NOW) == baselines(given_, NOW)


@given(histories(), finite, st.floats(1.0, 1e9))
def test_what_is_older_than_thirty_days_changes_nothing(
    evaluations: list[Evaluation], value: float, older_s: float
) -> None:
    old = _measured(99, value, at=NOW - OLDEST_S - older_s)
    assert baselines([*evaluations, old], NOW) == baselines(evaluations, NOW)


def test_a_pinned_reference_counts_whatever_its_age() -> None:
    pinned = _measured(0, 0.2, at=NOW - 300 * 86_400, pinned=True, max_drift=0.5)
    recent = [_measured(number, 0.3) for number in (1, 2, 3)]
    assert _of([pinned, *recent]) == Baseline(value=0.3, count=3, pinned=0.2, max_drift=0.5)
    assert _of([pinned]) == Baseline(value=None, count=0, pinned=0.2, max_drift=0.5)


@pytest.mark.parametrize("max_drift", [0.0, 0.25, 0.5])
def test_ten_percent_a_release_never_creep_past_the_pinned_reference(max_drift: float) -> None:
    limits = Limits.of("<= +10%", floor=0.001)
    first = 0.2
    kept = [_measured(number, first, pinned=number == 0, max_drift=max_drift) for number in range(3)]
    for number in range(3, 23):
        (edge,) = (bounds[0].value for bounds in limits.resolve(_of(kept)).passes.sets)
        # Each release takes all that it is given.
        kept.append(_measured(number, edge))
        assert limits.resolve(_of(kept[:-1])).judge(edge) is State.PASS
    slowest = max(e.services["payments"].checks[P99].value or 0.0 for e in kept)
    assert slowest <= first * (1 + max_drift) + limits.floor
    assert slowest >= first * (1 + max_drift) - 1e-9


def test_without_a_pinned_reference_they_do_creep() -> None:
    limits = Limits.of("<= +10%", floor=0.001)
    kept = [_measured(number, 0.2) for number in range(3)]
    for number in range(3, 23):
        kept.append(_measured(number, limits.resolve(_of(kept)).passes.edge or 0.0))
    assert (kept[-1].services["payments"].checks[P99].value or 0.0) > 0.2 * 1.5
