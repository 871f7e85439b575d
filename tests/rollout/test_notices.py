"""What whoever is on call hears of a rollout."""

from __future__ import annotations

from prodtui.model.notice import About, Severity
from prodtui.model.rollout import Decision, Phase, Rollout, Word
from prodtui.rollout.notices import notice
from prodtui.rollout.progress import ended, goes_on, held, paused, replace
from tests.rollout.rollouts import BAD, NOW, OK, rollout


def on_hold() -> Rollout:
    return held(replace(rollout(OK), decision=Decision(word=Word.HOLD, reason="no data")), NOW + 5)


def test_a_hold_is_told_once_and_its_end_is_its_recovery() -> None:
    began = notice(rollout(OK), on_hold(), NOW + 5)
    over = notice(on_hold(), goes_on(on_hold(), NOW + 60), NOW + 60)
    assert began is not None
    assert over is not None
    assert (began.severity, began.recovered, began.about) == (Severity.ERROR, False, About.ROLLOUT)
    assert began.title == "rollout of payments 2.0 held at 10 %: no data"
    assert (over.incident, over.recovered, over.began_at) == (began.incident, True, NOW + 5)
    assert over.id != began.id
    assert notice(on_hold(), on_hold(), NOW + 9) is None


def test_going_back_is_an_error_and_not_being_able_to_is_critical() -> None:
    back = notice(rollout(BAD), ended(rollout(BAD), Phase.ROLLED_BACK, NOW, "two bad samples"), NOW)
    failed = notice(rollout(BAD), ended(rollout(BAD), Phase.FAILED, NOW, "the hook failed"), NOW)
    assert back is not None
    assert failed is not None
    assert (back.severity, failed.severity) == (Severity.ERROR, Severity.CRITICAL)
    assert back.title == "rollout of payments 2.0 rolled back at 10 %: two bad samples"
    assert back.services == ("payments",)


def test_what_a_person_does_on_purpose_is_no_message_but_the_end_is() -> None:
    assert notice(rollout(OK), paused(rollout(OK), NOW, "ana", "lunch"), NOW) is None
    assert notice(on_hold(), paused(on_hold(), NOW, "ana", "lunch"), NOW) is None
    done = notice(rollout(OK), ended(rollout(OK), Phase.PROMOTED, NOW, "all is well"), NOW)
    assert done is not None
    assert done.recovered


def test_going_back_out_of_a_hold_is_no_recovery() -> None:
    back = notice(on_hold(), ended(on_hold(), Phase.ROLLED_BACK, NOW + 200, "held too long"), NOW + 200)
    assert back is not None
    assert not back.recovered
