"""A state turns bad at once and good after two good observations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.assessment import State, Streak
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding
from prodtui.readiness.hysteresis import held

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN
BADNESS = {P: 0, W: 1, F: 2}
LIMITS = Limits.of("< 250ms", "< 500ms")


def shown(*observed: tuple[State, float], values: tuple[float, ...] = ()) -> list[State]:
    """What is shown after each observation, made at its time."""
    streak: Streak | None = None
    states = []
    for index, (state, at) in enumerate(observed):
        value = values[index] if values else None
        finding = Finding(state=state, reason="", observed_at=at, value=value, unit="s")
        state, streak = held(finding, streak, LIMITS, 0.05)
        states.append(state)
    return states


def test_bad_at_once_and_good_after_two() -> None:
    assert shown((P, 1), (F, 2), (P, 3), (P, 4), (P, 5)) == [P, F, F, P, P]


def test_the_first_observation_sets_it() -> None:
    assert shown((P, 1)) == [P]
    assert shown((F, 1)) == [F]


def test_two_reads_of_one_sample_are_one_observation() -> None:
    assert shown((F, 1), (P, 2), (P, 2), (P, 2), (P, 3)) == [F, F, F, F, P]


def test_a_relapse_begins_anew() -> None:
    assert shown((F, 1), (P, 2), (W, 3), (P, 4), (P, 5)) == [F, F, W, W, P]


def test_what_is_not_known_changes_no_streak() -> None:
    assert shown((F, 1), (P, 2), (U, 3), (P, 4)) == [F, F, U, P]


def test_a_value_at_its_limit_is_no_recovery() -> None:
    observed = ((F, 1.0), (P, 2.0), (P, 3.0), (P, 4.0), (P, 5.0))
    assert shown(*observed, values=(0.9, 0.249, 0.248, 0.1, 0.1)) == [F, F, F, F, P]


@given(st.lists(st.sampled_from([P, W, F, U]), max_size=12))
def test_it_only_ever_delays_an_improvement(observed: list[State]) -> None:
    found = shown(*((state, float(at)) for at, state in enumerate(observed)))
    for raw, state in zip(observed, found, strict=True):
        assert state is U if raw is U else BADNESS[state] >= BADNESS[raw]
    known = [state for state in observed if state is not U]
    if len(known) > 1 and known[-2] is P and known[-1] is P and observed[-1] is P:
        assert found[-1] is P
