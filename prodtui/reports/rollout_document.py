"""The machine-readable rollout, `prodtui.rollout-status/1`: public interface, stable. Its JSON Schema comes of it.

Unknown numbers are null. Times are RFC 3339 UTC with milliseconds, durations seconds, ratios 0..1. Stages are numbered
from 1.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from prodtui.reports.document import Part

ROLLOUT_SCHEMA = "prodtui.rollout-status/1"
PhaseName = Literal["RUNNING", "PAUSED", "HELD", "WATCHING", "PROMOTED", "ROLLED_BACK", "ABORTED", "FAILED"]
JudgedName = Literal["OK", "BAD", "NODATA"]


class PlanPart(Part, frozen=True):
    name: str
    path: str
    digest: str
    observes: bool
    """It has no hooks: it changes nothing and only decides."""


class DecisionPart(Part, frozen=True):
    word: Literal["WAIT", "PROMOTE", "EXTEND", "HOLD", "ROLLBACK"]
    reason: str
    waits_for: tuple[str, ...]


class StagePart(Part, frozen=True):
    percent: float
    lasts_s: float
    """With what it was extended by."""
    every_s: float
    state: Literal["over", "now", "ahead"]
    ok: int
    bad: int
    nodata: int


class CriterionPart(Part, frozen=True):
    id: str
    unit: str
    canary: float | None
    stable: float | None
    baseline: float | None
    threshold: str
    judged: JudgedName
    blocking: bool
    hard: bool
    reason: str | None


class SamplePart(Part, frozen=True):
    at: str
    stage: int
    judged: JudgedName
    hard: bool
    gap: bool
    """Nobody looked."""
    requests: float | None
    bad_responses: float | None
    reason: str | None


class StepPart(Part, frozen=True):
    at: str
    what: str
    result: str
    by: str | None


class RolloutDocument(Part, frozen=True):
    """What `rollout status --format json` prints."""

    schema: Literal["prodtui.rollout-status/1"]
    id: str
    environment: str
    at: str
    service: str
    candidate: str
    rollback_to: str | None
    plan: PlanPart
    by: str
    driver: str
    """Who drives it, or did last."""
    driven: bool
    """Somebody drives it now."""
    started_at: str
    ended_at: str | None
    phase: PhaseName
    decision: DecisionPart
    stage: int
    """Where it is; after the last one still that."""
    stage_began_at: str
    left_s: float | None
    """Until the stage, or the watching after the last, is over; null where no time runs."""
    extended: int
    traffic_percent: float
    """What the hooks put on the canary."""
    held_at: str | None
    """Since when it is held or paused."""
    silent_s: float | None
    """For how long no sample has come that was due; null while they come."""
    watched_after_s: float
    stages: tuple[StagePart, ...]
    criteria_at: str | None
    """The sample that the criteria are of."""
    criteria: tuple[CriterionPart, ...]
    """Worst first."""
    samples: tuple[SamplePart, ...]
    """Of every stage, oldest first."""
    steps: tuple[StepPart, ...]
    """Oldest first."""


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the document."""
    (rollout,), components = msgspec.json.schema_components((RolloutDocument,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": ROLLOUT_SCHEMA,
        **rollout,
        "$defs": components,
    }
