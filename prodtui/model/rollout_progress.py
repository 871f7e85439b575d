"""How far a rollout is: what its stage has seen, how long it has left, how its groups compare. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from prodtui.model.rollout import Compared, Judged, Phase, Rollout, Sample, Stage

WATCHED = "watching"
"""The step by which the time after the last stage begins."""
LATE = 3
"""Without a sample for so many times the stage's interval nobody looks any more."""


class Tally(NamedTuple):
    """How samples were judged."""

    ok: int = 0
    bad: int = 0
    nodata: int = 0

    @property
    def total(self) -> int:
        return self.ok + self.bad + self.nodata


def tally(samples: Iterable[Sample]) -> Tally:
    judged = [sample.judged for sample in samples]
    return Tally(judged.count(Judged.OK), judged.count(Judged.BAD), judged.count(Judged.NODATA))


def stage_of(rollout: Rollout) -> Stage:
    """The stage that it is in; after the last one still that."""
    return rollout.plan.stages[rollout.stage]


def is_last(rollout: Rollout) -> bool:
    """Whether no stage follows."""
    return rollout.stage == len(rollout.plan.stages) - 1


def watches(rollout: Rollout) -> bool:
    """Whether all stages are over and the burn rate is watched, also while that is held or paused."""
    return rollout.phase is Phase.WATCHING or any(step.what == WATCHED for step in rollout.steps)


def place(rollout: Rollout) -> int:
    """The stage that it is in; one behind the last while its burn rate is watched."""
    return len(rollout.plan.stages) if watches(rollout) else rollout.stage


def stage_samples(rollout: Rollout, at: int | None = None) -> tuple[Sample, ...]:
    """The samples of a place, oldest first; of the one that it is in, since that began, where none is named."""
    last, began = len(rollout.plan.stages) - 1, rollout.stage_began_at
    if at is None or at == place(rollout):
        return tuple(one for one in rollout.samples if one.stage == rollout.stage and one.at >= began)
    before = began if at == last else None
    return tuple(one for one in rollout.samples if one.stage == at and (before is None or one.at < before))


def planned_s(rollout: Rollout) -> float:
    """How long the place that it is in takes at least, by its plan."""
    return rollout.plan.watched_after_s if watches(rollout) else stage_of(rollout).duration_s


def lasts_s(rollout: Rollout) -> float:
    """How long it takes with what it was extended by."""
    return planned_s(rollout) * (1 + rollout.extended)


def left_s(rollout: Rollout, now: float) -> float | None:
    """How long the stage has left; None where no time runs: it is held, paused, or has ended."""
    if rollout.phase not in (Phase.RUNNING, Phase.WATCHING):
        return None
    return max(0.0, rollout.stage_began_at + lasts_s(rollout) - now)


def waits(rollout: Rollout, now: float, said: Callable[[float], str]) -> tuple[str, ...]:
    """What it waits for now. `said` tells a number of seconds."""
    made, left = rollout.decision, left_s(rollout, now)
    return (f"{said(left)} more", *made.waits_for) if made.times and left is not None else made.waits_for


def share(rollout: Rollout, now: float) -> float:
    """How much of its stage is over, 0..1; of a held, paused or ended one how much was."""
    until = next((at for at in (rollout.ended_at, rollout.held_at) if at is not None), now)
    lasts = lasts_s(rollout)
    return min(1.0, max(0.0, (until - rollout.stage_began_at) / lasts)) if lasts > 0 else 1.0


def samples_due(rollout: Rollout) -> int:
    """How many samples its stage takes."""
    every_s = stage_of(rollout).every_s
    return max(1, round(lasts_s(rollout) / every_s)) if every_s > 0 else 1


def compared(rollout: Rollout) -> tuple[Sample | None, tuple[Compared, ...]]:
    """The newest sample that compared anything, and its criteria, worst first."""
    newest = next((sample for sample in reversed(rollout.samples) if sample.compared), None)
    return newest, tuple(sorted(newest.compared, key=_rank)) if newest else ()


def _rank(one: Compared) -> tuple[int, bool, bool]:
    """Beyond what one sample needs first, then what blocks; the plan's order within."""
    return (Judged.BAD, Judged.NODATA, Judged.OK).index(one.judged), not one.hard, not one.blocking


def canary_values(rollout: Rollout, criterion: str) -> tuple[float | None, ...]:
    """What the canary had at each sample of the stage, oldest first."""
    return tuple(
        next((one.canary for one in sample.compared if one.id == criterion), None) for sample in stage_samples(rollout)
    )


def silent_s(rollout: Rollout, now: float) -> float | None:
    """For how long nobody has looked at an open rollout; None while samples come in time."""
    if rollout.phase.ended:
        return None
    last = max([rollout.stage_began_at, *(step.at for step in rollout.steps[-1:]), *_newest(rollout.samples)])
    every_s = stage_of(rollout).every_s
    return now - last if now - last > LATE * max(1.0, every_s) else None


def _newest(samples: tuple[Sample, ...]) -> tuple[float, ...]:
    return tuple(sample.at for sample in samples[-1:])
