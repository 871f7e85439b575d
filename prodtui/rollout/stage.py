"""Where a rollout is: its stage, or the time after the last one, and what was seen in it."""

from __future__ import annotations

from typing import Final

from prodtui.model.rollout import Phase, Rollout, Sample, Stage

WATCHED: Final = "watching"
"""The step by which the time after the last stage begins."""


def stage_of(rollout: Rollout) -> Stage:
    """The stage that it is in; after the last one still that."""
    return rollout.plan.stages[rollout.stage]


def is_last(rollout: Rollout) -> bool:
    """Whether no stage follows."""
    return rollout.stage == len(rollout.plan.stages) - 1


def watches(rollout: Rollout) -> bool:
    """Whether all stages are over and the burn rate is watched, also while that is held or paused."""
    return rollout.phase is Phase.WATCHING or any(step.what == WATCHED for step in rollout.steps)


def lasts_s(rollout: Rollout) -> float:
    """How long the stage lasts at least; after the last one, how long is watched."""
    return rollout.plan.watched_after_s if watches(rollout) else stage_of(rollout).duration_s


def samples_of_stage(rollout: Rollout) -> tuple[Sample, ...]:
    """Those since the stage began, oldest first."""
    return tuple(one for one in rollout.samples if one.stage == rollout.stage and one.at >= rollout.stage_began_at)
