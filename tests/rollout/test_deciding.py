"""The rules by which a stage ends, is held, or goes back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.rollout import Decision, Judged, Phase, Rollout, Word
from prodtui.rollout.deciding import EXTENSIONS, decide
from tests.rollout.rollouts import BAD, NODATA, NOW, OK, rollout, sample

END = NOW + 100.0
"""When the stage's time is over."""

replace = msgspec.structs.replace


def word(found: Rollout, now: float = END) -> Word:
    return decide(found, now).word


def test_a_stage_that_was_well_throughout_ends_when_its_time_is_over() -> None:
    well = rollout(*[OK] * 10)
    assert word(well, END - 0.1) is Word.WAIT
    assert word(well) is Word.PROMOTE


def test_one_bad_sample_is_no_reason_to_go_back_but_a_hard_one_is() -> None:
    assert word(rollout(OK, BAD), NOW + 20) is Word.WAIT
    hard = replace(rollout(OK), samples=(sample(1), sample(2, BAD, hard=True)))
    assert word(hard, NOW + 20) is Word.ROLLBACK


def test_two_bad_samples_in_a_row_go_back() -> None:
    assert word(rollout(OK, BAD, BAD), NOW + 30) is Word.ROLLBACK


def test_not_knowing_in_between_is_no_recovery() -> None:
    assert word(rollout(BAD, NODATA, BAD), NOW + 30) is Word.ROLLBACK
    assert word(rollout(BAD, OK, BAD), NOW + 30) is Word.WAIT


def test_three_bad_samples_in_a_stage_go_back() -> None:
    assert word(rollout(BAD, OK, BAD, OK, BAD), NOW + 50) is Word.ROLLBACK


def test_bad_samples_of_an_earlier_stage_do_not_count() -> None:
    earlier = rollout(BAD, OK, BAD, OK, stage=1, stage_began_at=NOW + 45)
    assert word(earlier, NOW + 50) is Word.WAIT


def test_four_samples_without_data_hold_it() -> None:
    assert word(rollout(OK, NODATA, NODATA, NODATA), NOW + 40) is Word.WAIT
    assert word(rollout(OK, NODATA, NODATA, NODATA, NODATA), NOW + 50) is Word.HOLD


def held(*judged: Judged, at: float = NOW + 50) -> Rollout:
    decision = Decision(word=Word.HOLD, reason="no data")
    return rollout(*judged, phase=Phase.HELD, held_at=at, decision=decision)


def test_a_hold_longer_than_the_stage_goes_back() -> None:
    assert word(held(OK, *[NODATA] * 14), NOW + 150) is Word.HOLD
    assert word(held(OK, *[NODATA] * 15), NOW + 150.1) is Word.ROLLBACK


def test_a_hold_says_how_long_a_person_has() -> None:
    decision = decide(held(*[NODATA] * 5), NOW + 90)
    assert decision.waits_for == (
        "3 OK samples in a row",
        "prodtui rollout resume REASON within 60 s, else it goes back",
    )


def test_a_hold_ends_by_itself_once_the_data_is_back() -> None:
    assert word(held(*[NODATA] * 5, OK, OK), NOW + 70) is Word.HOLD
    assert word(held(*[NODATA] * 5, OK, OK, OK), NOW + 80) is Word.WAIT


def test_a_hold_after_every_extension_is_ended_by_a_person_only() -> None:
    at = NOW + 400
    exhausted = replace(held(*[BAD, *[OK] * 39], at=at), extended=EXTENSIONS)
    assert word(exhausted, at + 10) is Word.HOLD
    assert decide(exhausted, at + 10).waits_for == ("prodtui rollout resume REASON within 90 s, else it goes back",)


def test_what_is_bad_goes_back_also_while_it_is_held_or_paused() -> None:
    for phase in (Phase.HELD, Phase.PAUSED):
        assert word(replace(rollout(OK, BAD, BAD), phase=phase, held_at=NOW), NOW + 30) is Word.ROLLBACK


def test_a_pause_ends_no_stage() -> None:
    assert word(rollout(*[OK] * 20, phase=Phase.PAUSED, held_at=NOW), NOW + 200) is Word.WAIT


def test_the_last_three_samples_must_be_ok() -> None:
    decision = decide(rollout(*[OK] * 8, NODATA, OK), END)
    assert decision.word is Word.EXTEND
    assert "2 more OK samples in a row" in decision.reason


def test_four_of_five_samples_must_be_ok() -> None:
    few = rollout(NODATA, NODATA, NODATA, *[OK] * 7)
    assert word(few) is Word.EXTEND
    assert "80% of the samples OK (7 of 10)" in decide(few, END).reason


def test_too_few_requests_extend_the_stage() -> None:
    few = replace(rollout(), samples=tuple(sample(number, requests=20.0) for number in range(1, 11)))
    assert "100 more requests on the canary (200 of 300)" in decide(few, END).reason
    more = replace(few, extended=1, samples=(*few.samples, *[sample(n, requests=20.0) for n in range(11, 16)]))
    assert word(more, NOW + 150) is Word.PROMOTE


def test_it_is_extended_three_times_and_then_held() -> None:
    few = replace(rollout(), samples=tuple(sample(number, requests=1.0) for number in range(1, 41)))
    for extended in range(EXTENSIONS):
        assert word(replace(few, extended=extended), NOW + 100 * (extended + 1)) is Word.EXTEND
        assert word(replace(few, extended=extended + 1), NOW + 100 * (extended + 1)) is Word.WAIT
    assert word(replace(few, extended=EXTENSIONS), NOW + 400) is Word.HOLD


def test_the_time_after_the_last_stage_needs_no_requests() -> None:
    watched = rollout(stage=1, phase=Phase.WATCHING)
    watched = replace(watched, samples=tuple(sample(n, stage=1, requests=None) for n in range(1, 11)))
    assert word(watched, END - 1) is Word.WAIT
    assert word(watched) is Word.PROMOTE


JUDGED = st.lists(st.sampled_from([OK, OK, OK, BAD, NODATA]), max_size=45)
PHASES = st.sampled_from([Phase.RUNNING, Phase.HELD, Phase.PAUSED, Phase.WATCHING])


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    judged = draw(JUDGED)
    phase = draw(PHASES)
    found = rollout(
        *judged,
        phase=phase,
        extended=draw(st.integers(0, EXTENSIONS)),
        held_at=NOW if phase in (Phase.HELD, Phase.PAUSED) else None,
    )
    requests = st.floats(0, 200) | st.none()
    told = tuple(
        replace(one, requests=draw(requests), hard=one.judged is BAD and draw(st.booleans())) for one in found.samples
    )
    return replace(found, samples=told)


NOWS = st.floats(0, 500).map(lambda seconds: NOW + seconds)


@given(rollouts(), NOWS)
def test_it_is_never_promoted_before_its_time_nor_without_three_ok_samples_at_the_end(
    found: Rollout, now: float
) -> None:
    if word(found, now) is Word.PROMOTE:
        assert now - found.stage_began_at >= 100
        assert [one.judged for one in found.samples[-3:]] == [OK, OK, OK]
        assert found.phase in (Phase.RUNNING, Phase.WATCHING)
        assert sum(one.judged is OK for one in found.samples) >= 0.8 * len(found.samples)
        if found.phase is Phase.RUNNING:
            assert round(sum(one.requests or 0 for one in found.samples)) >= 300


@given(rollouts(), NOWS, st.booleans())
def test_one_more_bad_sample_never_turns_a_decision_for_the_better(found: Rollout, now: float, hard: bool) -> None:
    worse = replace(found, samples=(*found.samples, sample(len(found.samples) + 1, BAD, hard=hard)))
    before, after = word(found, now), word(worse, now)
    assert after is not Word.PROMOTE
    if before is Word.ROLLBACK or hard:
        assert after is Word.ROLLBACK


@given(rollouts(), NOWS)
def test_one_more_sample_without_data_never_promotes_and_takes_no_rollback_back(found: Rollout, now: float) -> None:
    more = replace(found, samples=(*found.samples, sample(len(found.samples) + 1, NODATA)))
    assert word(more, now) is not Word.PROMOTE
    if word(found, now) is Word.ROLLBACK:
        assert word(more, now) is Word.ROLLBACK


@given(st.integers(0, 60), NOWS, PHASES)
def test_knowing_nothing_never_promotes(count: int, now: float, phase: Phase) -> None:
    found = rollout(*[NODATA] * count, phase=phase, held_at=NOW)
    assert word(found, now) is not Word.PROMOTE


@given(rollouts(), NOWS)
def test_the_same_rollout_at_the_same_time_is_decided_the_same(found: Rollout, now: float) -> None:
    assert decide(found, now) == decide(found, now)


@given(rollouts(), NOWS)
def test_whatever_waits_says_why(found: Rollout, now: float) -> None:
    decision = decide(found, now)
    assert decision.reason
    if decision.word is Word.HOLD and found.phase is Phase.HELD:
        assert decision.waits_for


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.WATCHING, Phase.HELD, Phase.PAUSED])
def test_two_bad_samples_go_back_whatever_the_phase(phase: Phase) -> None:
    assert word(rollout(BAD, BAD, phase=phase, held_at=NOW), NOW + 20) is Word.ROLLBACK
