"""When samples are due: at every interval since the stage began, and what of that nobody looked at."""

from __future__ import annotations

from typing import Final, NamedTuple

from prodtui.model.rollout import Rollout
from prodtui.model.rollout_progress import stage_of, stage_samples

LATE: Final = 0.5
"""Of the interval: a sample that is later than this is none."""
MOST_MISSED: Final = 240
"""Samples that one gap is told by; a longer one holds the rollout all the same."""


class Due(NamedTuple):
    """What is due by now."""

    missed: tuple[float, ...]
    """Times at which nobody looked, oldest first."""
    now: bool
    """Whether a sample is to be taken now."""


def next_due(rollout: Rollout) -> float:
    """When the next sample is due. Unix seconds."""
    return rollout.stage_began_at + (_last(rollout) + 1) * stage_of(rollout).every_s


def ahead_s(rollout: Rollout, now: float) -> float:
    """How far the stage's newest time is ahead of the clock, which was set back then; 0 where it is not."""
    newest = max([rollout.stage_began_at, *(one.at for one in stage_samples(rollout)[-1:])])
    return max(0.0, newest - now)


def due(rollout: Rollout, now: float) -> Due:
    """What has become due since the last sample."""
    began, every_s = rollout.stage_began_at, stage_of(rollout).every_s
    first, newest = _last(rollout) + 1, int((now - began) // every_s)
    times = [began + number * every_s for number in range(max(first, newest - MOST_MISSED), newest + 1)]
    if times and now - times[-1] <= LATE * every_s:
        return Due(tuple(times[:-1]), now=True)
    return Due(tuple(times), now=False)


def _last(rollout: Rollout) -> int:
    """The number of the last sample of the stage, from 1; 0: none was taken."""
    samples = stage_samples(rollout)
    return round((samples[-1].at - rollout.stage_began_at) / stage_of(rollout).every_s) if samples else 0
