"""How often the sources are read while a rollout is driven: as its samples need it, and no more often."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from prodtui.model.rollout import Plan
from prodtui.settings.loaded import INTERVALS_UNTIL_LOST, ConfiguredSource, Environment, with_interval

READS_A_SAMPLE: Final = 3
SHORTEST_S: Final = 0.5
LONGEST_S: Final = 10.0
"""Whatever the samples: a hold ends soon after the data is back."""


def interval_s(plan: Plan) -> float:
    """The time between two reads of a source."""
    every_s = min(stage.every_s for stage in plan.stages)
    return min(max(every_s / READS_A_SAMPLE, SHORTEST_S), LONGEST_S)


def paced(environment: Environment, plan: Plan) -> Environment:
    """The environment with its sources read at the plan's pace, and none of them lost between two reads."""
    asked_s = interval_s(plan)
    sources = tuple(_paced(source, asked_s) for source in environment.sources)
    bare = replace(environment, sources=(), declared=msgspec.structs.replace(environment.declared, sources=()))
    return bare.with_sources(sources)


def _paced(source: ConfiguredSource, asked_s: float) -> ConfiguredSource:
    settings = with_interval(source.settings.model_copy(update={"interval": asked_s}), asked_s)
    stale_after = max(settings.stale_after, INTERVALS_UNTIL_LOST * asked_s)
    return source._replace(settings=settings.model_copy(update={"stale_after": stale_after}))
