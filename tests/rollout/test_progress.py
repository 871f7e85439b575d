"""What each thing that happens makes of a rollout."""

from __future__ import annotations

from prodtui.model.rollout import Decision, Phase, Word
from prodtui.model.rollout_progress import planned_s, stage_samples, watches
from prodtui.rollout.progress import (
    COMPARED_KEPT,
    FIRST_BAD,
    begun,
    decided,
    ended,
    entered,
    goes_back,
    held,
    paused,
    replace,
    resumed,
    sampled,
    watching,
)
from tests.rollout.rollouts import BAD, NODATA, NOW, OK, compared, plan, rollout, sample


def test_what_is_saved_does_not_grow_with_every_sample_but_keeps_what_was_not_ok() -> None:
    found = rollout()
    for number in range(1, 101):
        judged = BAD if number == 5 else OK
        found = sampled(found, [sample(number, judged, compared=(compared(),))])
    kept = [one.at for one in found.samples if one.compared]
    assert len(found.samples) == 100
    assert kept == [NOW + 50, *(NOW + 10 * number for number in range(101 - COMPARED_KEPT, 101))]


def test_what_stable_showed_in_an_earlier_stage_is_kept_for_the_last_one() -> None:
    found = sampled(rollout(), [sample(number, compared=(compared(),)) for number in range(1, 6)])
    found = entered(found, 1, NOW + 60)
    found = sampled(found, [sample(number, stage=1, compared=(compared(),)) for number in range(6, 100)])
    assert all(one.compared for one in found.samples[:5])


def test_a_stage_begins_with_nothing_of_the_one_before() -> None:
    extended = replace(rollout(OK, NODATA), extended=2, held_at=NOW, resumed="because")
    found = entered(extended, 1, NOW + 30)
    assert (found.stage, found.percent, found.extended, found.held_at, found.resumed) == (1, 100, 0, None, "")
    assert stage_samples(found) == ()
    assert found.decision.word is Word.WAIT


def test_the_time_after_the_last_stage_is_known_also_while_it_is_held() -> None:
    found = held(watching(rollout(stage=1), NOW + 50), NOW + 60)
    assert watches(found)
    assert planned_s(found) == found.plan.watched_after_s
    assert resumed(found, NOW + 70, "ana", "looked").phase is Phase.WATCHING


def test_a_hold_that_a_person_resumes_begins_the_stage_anew_and_a_pause_does_not() -> None:
    anew = resumed(held(rollout(OK, *[NODATA] * 4), NOW + 50), NOW + 80, "ana", "the node is back")
    assert (anew.stage_began_at, anew.resumed, anew.resumed_at, anew.phase) == (
        NOW + 80,
        "the node is back",
        NOW + 80,
        Phase.RUNNING,
    )
    on = resumed(paused(rollout(OK), NOW + 15, "ana", "lunch"), NOW + 40, "ana", "")
    assert (on.stage_began_at, on.phase, on.steps[-1].by) == (NOW, Phase.RUNNING, "ana")


def test_a_decision_is_a_step_where_it_is_another_one() -> None:
    waits, hold = Decision(word=Word.WAIT, reason="3 samples"), Decision(word=Word.HOLD, reason="no data")
    assert decided(rollout(), waits, NOW).steps == ()
    once = decided(rollout(), hold, NOW)
    assert [step.result for step in decided(once, hold, NOW + 1).steps] == ["HOLD: no data"]


def test_going_back_says_when_the_first_bad_sample_was_seen() -> None:
    found = goes_back(rollout(OK, BAD, BAD), "2 bad samples in a row", NOW + 31)
    assert [(step.at, step.what) for step in found.steps] == [(NOW + 20, FIRST_BAD), (NOW + 31, "decision")]
    assert goes_back(found, "2 bad samples in a row", NOW + 40).steps == found.steps, "it was going back already"


def test_gone_back_or_aborted_nothing_is_on_the_canary_and_failed_it_may_be() -> None:
    at_10 = replace(rollout(BAD), percent=10.0)
    for phase, percent in ((Phase.ROLLED_BACK, 0), (Phase.ABORTED, 0), (Phase.FAILED, 10), (Phase.PROMOTED, 10)):
        assert ended(at_10, phase, NOW, "why").percent == percent


def test_a_new_rollout_says_who_began_it() -> None:
    found = begun(plan(), id="r1", environment="prod", by="ana@host", at=NOW)
    assert (found.steps[0].what, found.steps[0].by, found.percent) == ("start", "ana@host", 0)
