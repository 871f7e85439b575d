"""What each thing that happens makes of a rollout: values in, values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from prodtui.model.rollout import Decision, Judged, Phase, Plan, Rollout, Sample, Step, Word
from prodtui.model.rollout_progress import WATCHED, stage_of, stage_samples, watches
from prodtui.readiness import words

COMPARED_KEPT = 30
"""Samples of a stage whose comparisons are kept; of those that are not OK, all: what is saved must stay small."""
FIRST_BAD = "first bad sample"
"""The step that says when it was seen that one must go back: until the rollback hook runs, time is counted from it."""
HOOK, MIGRATE = "hook", "migrate"
"""The steps of a hook begin so; the one that runs once."""
DONE = "exit 0"
"""How the result of a hook begins that did what it was asked to."""

replace = msgspec.structs.replace


def begun(plan: Plan, *, id: str, environment: str, by: str, at: float) -> Rollout:  # noqa: A002 — the field's name
    """A rollout of which nothing has happened yet."""
    return Rollout(
        id=id,
        environment=environment,
        plan=plan,
        started_at=at,
        by=by,
        phase=Phase.RUNNING,
        stage_began_at=at,
        steps=(Step(at=at, what="start", result=f"{plan.service} {plan.candidate}", by=by),),
        decision=Decision(word=Word.WAIT, reason="it begins"),
    )


def noted(rollout: Rollout, at: float, what: str, result: str, by: str = "") -> Rollout:
    """One more step."""
    return replace(rollout, steps=(*rollout.steps, Step(at=at, what=what, result=result, by=by)))


def sampled(rollout: Rollout, found: Sequence[Sample]) -> Rollout:
    """With these samples, in the order of time."""
    newer: Counter[int] = Counter()
    samples = []
    for one in reversed((*rollout.samples, *found)):
        drops = newer[one.stage] >= COMPARED_KEPT and one.judged is Judged.OK and one.compared
        samples.append(replace(one, compared=()) if drops else one)
        newer[one.stage] += 1
    return replace(rollout, samples=tuple(reversed(samples)))


def set_back(rollout: Rollout, ahead_s: float, at: float) -> Rollout:
    """The clock was set back: what time is counted from goes back along with it. Steps stay as they were told."""

    def back(time: float | None) -> float | None:
        return None if time is None else time - ahead_s

    rollout = replace(
        rollout,
        stage_began_at=rollout.stage_began_at - ahead_s,
        held_at=back(rollout.held_at),
        resumed_at=back(rollout.resumed_at),
        samples=tuple(replace(one, at=one.at - ahead_s) for one in rollout.samples),
    )
    return noted(rollout, at, "clock", f"was set back, by {words.seconds(ahead_s)} at least")


def decided(rollout: Rollout, decision: Decision, at: float) -> Rollout:
    """With what is decided now; a step where that is another word than before, and no mere waiting."""
    if decision.word not in (Word.WAIT, rollout.decision.word):
        rollout = noted(rollout, at, "decision", f"{decision.word}: {decision.reason}")
    return replace(rollout, decision=decision)


def entered(rollout: Rollout, stage: int, at: float) -> Rollout:
    """In a stage, whose traffic is there now."""
    percent = rollout.plan.stages[stage].percent
    rollout = replace(rollout, phase=Phase.RUNNING, stage=stage, percent=percent)
    return noted(_anew(rollout, at, f"{percent:g} % of the traffic"), at, "stage", f"{percent:g} %")


def looks_again(rollout: Rollout, silent_s: float, at: float) -> Rollout:
    """Not promoted, though that was decided: what it was decided by is long ago. Its traffic is its stage's again."""
    reason = f"nobody looked for {words.seconds(silent_s)} since it was to be promoted: it is looked at again first"
    rollout = noted(rollout, at, "looks again", reason)
    return replace(
        rollout, percent=stage_of(rollout).percent, decision=Decision(word=Word.WAIT, reason=reason, times=True)
    )


def watching(rollout: Rollout, at: float) -> Rollout:
    """Past the last stage: from now on the burn rate is watched."""
    rollout = _anew(replace(rollout, phase=Phase.WATCHING), at, "all stages are over; the burn rate is watched")
    return noted(rollout, at, WATCHED, f"for {rollout.plan.watched_after_s:g} s")


def _anew(rollout: Rollout, at: float, reason: str) -> Rollout:
    decision = Decision(word=Word.WAIT, reason=reason)
    return replace(rollout, stage_began_at=at, extended=0, held_at=None, resumed="", resumed_at=None, decision=decision)


def extended(rollout: Rollout) -> Rollout:
    """The stage lasts once more as long."""
    return replace(rollout, extended=rollout.extended + 1)


def held(rollout: Rollout, at: float) -> Rollout:
    """It stays where it is, since it can't tell."""
    return replace(rollout, phase=Phase.HELD, held_at=at)


def goes_on(rollout: Rollout, at: float) -> Rollout:
    """After a hold by itself, where it was."""
    return noted(_on_its_way(rollout), at, "goes on", rollout.decision.reason)


def _on_its_way(rollout: Rollout) -> Rollout:
    return replace(rollout, phase=Phase.WATCHING if watches(rollout) else Phase.RUNNING, held_at=None)


def paused(rollout: Rollout, at: float, by: str, reason: str) -> Rollout:
    """By a person: samples are taken and what is bad goes back, but no stage ends."""
    rollout = replace(rollout, phase=Phase.PAUSED, held_at=at)
    return replace(
        noted(rollout, at, "pause", reason, by),
        decision=Decision(word=Word.WAIT, reason=f"paused by {by}: {reason}", waits_for=("prodtui rollout resume",)),
    )


def resumed(rollout: Rollout, at: float, by: str, reason: str) -> Rollout:
    """By a person. A stage that was held begins anew: what made it hold counts no longer, nor what was good before."""
    if rollout.phase is Phase.HELD:
        rollout = replace(rollout, stage_began_at=at, extended=0, resumed=reason, resumed_at=at)
    decision = Decision(word=Word.WAIT, reason=f"resumed by {by}")
    return replace(noted(_on_its_way(rollout), at, "resume", reason, by), decision=decision)


def ended(rollout: Rollout, phase: Phase, at: float, result: str, by: str = "") -> Rollout:
    """For good. Gone back, none of the traffic is on the canary."""
    percent = 0.0 if phase in (Phase.ROLLED_BACK, Phase.ABORTED) else rollout.percent
    rollout = noted(rollout, at, "end", f"{phase}: {result}", by)
    return replace(rollout, phase=phase, percent=percent, ended_at=at)


def goes_back(rollout: Rollout, reason: str, at: float) -> Rollout:
    """Decided to go back, and before that when it was seen first."""
    bad = [one for one in stage_samples(rollout) if one.judged is Judged.BAD]
    if bad and rollout.decision.word is not Word.ROLLBACK:
        rollout = noted(rollout, bad[0].at, FIRST_BAD, bad[0].reason)
    return decided(rollout, Decision(word=Word.ROLLBACK, reason=reason), at)


def is_migrated(rollout: Rollout) -> bool:
    """Whether the migration is known to have ended well."""
    return any(step.what == f"{HOOK} {MIGRATE}" and step.result.startswith(DONE) for step in rollout.steps)


def is_shifted(rollout: Rollout) -> bool:
    """Whether the traffic is where the stage wants it, as far as the hooks know."""
    return rollout.percent == stage_of(rollout).percent
