"""How often the sources are read while a rollout is driven: as its samples need it, and no more often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec

from prodtui.model.rollout import Plan
from prodtui.settings.loaded import INTERVALS_UNTIL_LOST, Environment, with_interval
from prodtui.settings.source import SourceSettings

READS_A_SAMPLE: Final = 2
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 10.0
"""Whatever the samples: a hold ends soon after the data is back."""


def interval_s(plan: Plan) -> float:
    """The time between two reads of a source."""
    every_s = min(stage.every_s for stage in plan.stages)
    return min(max(every_s / READS_A_SAMPLE, SHORTEST_S), LONGEST_S)


def paced(environment: Environment, plan: Plan) -> Environment:
    """The environment with its sources read at the plan's pace, and none of them lost between two reads."""
    every_s = interval_s(plan)

    def at_pace(settings: SourceSettings) -> SourceSettings:
        settings = with_interval(settings.model_copy(update={"interval": every_s}), every_s)
        lost_s = max(settings.stale_after, INTERVALS_UNTIL_LOST * every_s)
        return settings.model_copy(
            update={"stale_after": lost_s, "timeout": max(settings.timeout, every_s / READS_A_SAMPLE)}
        )

    return _with_settings(environment, at_pace)


def patient(environment: Environment, timeout_s: float) -> Environment:
    """The environment with sources that may take so long: one look has much to ask, and is not made again soon."""
    return _with_settings(
        environment, lambda settings: settings.model_copy(update={"timeout": max(settings.timeout, timeout_s)})
    )


def _with_settings(environment: Environment, changed: Callable[[SourceSettings], SourceSettings]) -> Environment:
    sources = [source._replace(settings=changed(source.settings)) for source in environment.sources]
    bare = replace(environment, sources=(), declared=msgspec.structs.replace(environment.declared, sources=()))
    return bare.with_sources(sources)
