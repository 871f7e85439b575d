"""An environment judged again, only where a reading touched it, is as if it were judged anew."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings

from prodtui.model.assessment import Assessment, State, Verdict
from prodtui.model.declared import Tier
from prodtui.model.reading import Answer, Reading
from prodtui.model.snapshot import empty, fold
from prodtui.readiness.assess import assess_snapshot
from prodtui.readiness.history import NOTHING, History
from prodtui.readiness.judgement import Judgement
from prodtui.readiness.policy import Policy
from prodtui.readiness.standard import PLAIN, Standard
from tests.builders import CRITICAL, NOW, registered, well
from tests.model.test_ties_kept import DECLARED, READINGS


def _told(assessment: Assessment) -> object:
    return (
        assessment.verdict,
        assessment.score,
        [(s.name, s.verdict, s.score, s.score_max, s.coverage, s.why) for s in assessment.services],
    )


@given(READINGS)
@settings(max_examples=60, deadline=None)
def test_judging_what_was_touched_is_as_good_as_judging_everything(readings: list[Reading]) -> None:
    snapshot = empty(DECLARED)
    kept = Judgement(snapshot, PLAIN)
    streaks = NOTHING.streaks
    for reading in readings:
        snapshot, changes = fold(snapshot, reading)
        kept.tell(snapshot, changes)
        judged = kept.assessment(snapshot, NOW, sweep=0)
        anew = assess_snapshot(snapshot, Policy(), History(streaks=streaks), NOW)
        assert _told(judged) == _told(anew)
        streaks = judged.streaks


def test_what_nothing_touches_has_its_turn() -> None:
    world = well()
    kept = Judgement(world.snapshot, PLAIN)
    kept.assessment(world.snapshot, NOW)
    first = {s.name: s.checks[0].age_s for s in kept.assessment(world.snapshot, NOW + 1, sweep=1).services}
    second = {s.name: s.checks[0].age_s for s in kept.assessment(world.snapshot, NOW + 1, sweep=1).services}
    assert sorted(age for age in first.values() if age is not None) == [0.0, 1.0]
    assert list(second.values()) == [1.0, 1.0]


def test_a_recovery_takes_two_observations_and_survives_a_restart() -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), keyframe=False)
    kept = Judgement(world.snapshot, PLAIN)
    ill = kept.assessment(world.snapshot, NOW)
    assert ill.verdict is Verdict.NOT_READY
    mended = Reading(
        source="consul",
        at=NOW + 2,
        latency_s=0.1,
        answer=Answer(records=registered("payments", 2), keyframe=False),
    )
    snapshot, _ = fold(world.snapshot, mended)
    again = Judgement(snapshot, Standard(history=History(streaks=ill.streaks)))
    once = again.assessment(snapshot, NOW + 2)
    assert once.verdict is Verdict.NOT_READY
    held = next(c for s in once.services for c in s.checks if c.id == "availability.passing" and c.held)
    assert held.reason.startswith("recovering")
    snapshot, changes = fold(snapshot, msgspec.structs.replace(mended, at=NOW + 4))
    again.tell(snapshot, changes)
    assert again.assessment(snapshot, NOW + 4).verdict is Verdict.READY


def test_a_service_that_was_accepted_and_is_gone_is_unknown_until_it_is_declared_retired() -> None:
    world = well()
    history = History(accepted={"payments": Tier.B, "ledger": Tier.A})
    judged = Judgement(world.snapshot, Standard(history=history)).assessment(world.snapshot, NOW)
    ledger = judged.service("ledger")
    assert ledger is not None
    assert ledger.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_READY)
    assert {c.id: c.state for c in ledger.checks}["availability.present"] is State.UNKNOWN
    retired = Standard(history=history, policy=Policy(retired=frozenset({"ledger"})))
    assert Judgement(world.snapshot, retired).assessment(world.snapshot, NOW).verdict is Verdict.READY
