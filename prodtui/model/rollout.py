"""A staged rollout: its plan, what was seen in each stage, what was decided. Times are Unix seconds, ratios 0..1."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the traffic, for so long."""

    percent: float
    duration_s: float
    every_s: float
    """Time between two samples."""


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """How canary and stable are told apart: each pair is (canary, stable). At least one of them is given."""

    tag: tuple[str, str] | None = None
    """A tag of the registry's instances."""
    label: tuple[str, str, str] | None = None
    """(name, canary's value, stable's value) of a metrics label."""
    cluster: tuple[str, str] | None = None
    """The proxy's clusters."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A command with its arguments, never through a shell; `{percent} {stage} {service} {version}` are filled in."""

    command: tuple[str, ...]
    timeout_s: float = 60.0


class CriterionRule(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the canary is held to: against stable at the same time, and absolutely."""

    id: str
    """`error_ratio`, `latency_p99`, `latency_p95`, `passing`, `breaker`, or the id of one of the plan's own."""
    unit: str = ""
    query: str = ""
    """PromQL of one of the plan's own; `$group` stands for the group's selector."""
    most: float | None = None
    """Absolute limit."""
    least: float | None = None
    over_stable: float | None = None
    """Share by which the canary may exceed stable: 0.1 is ten percent."""
    floor: float = 0.0
    """What it may exceed stable by in any case, in the unit."""
    blocking: bool = True
    hard: float | None = None
    """Beyond this one sample is enough to roll back."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a rollout is to do, as its file says."""

    name: str
    path: str
    directory: str = ""
    """The file's, absolute: its hooks run there, wherever prodtui is started. Empty: as `path` has it."""
    digest: str
    """SHA-256 of the file."""
    environment: str = ""
    """Empty: the one that is asked for."""
    service: str
    candidate: str
    """The version that is rolled out."""
    rollback_to: str = ""
    """The version that it goes back to; empty: what stable runs."""
    stages: tuple[Stage, ...]
    groups: Groups
    criteria: tuple[CriterionRule, ...]
    hooks: Mapping[str, Hook] = {}
    """By name: advance, rollback, migrate. None: it only observes."""
    rate_per_s: float | None = None
    """Requests that the service is promised for its duration; None: what it has now."""
    migration: str = ""
    """The one that may be pending."""
    watched_after_s: float = 3_600.0
    """After the last stage its burn rate is watched for so long."""

    @property
    def observes(self) -> bool:
        """Whether it changes nothing and only decides."""
        return not self.hooks


class Judged(StrEnum):
    OK = "OK"
    BAD = "BAD"
    NODATA = "NODATA"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion at one sample: canary and stable side by side."""

    id: str
    unit: str
    canary: float | None
    stable: float | None
    baseline: float | None = None
    threshold: str
    """What decided, as a person reads it: `<= 1.2 % and <= stable +10 %`."""
    judged: Judged
    blocking: bool = True
    hard: bool = False
    """It is beyond what one sample needs to roll back."""
    reason: str = ""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at both groups said."""

    at: float
    stage: int
    """Its place in the plan, from 0."""
    judged: Judged
    hard: bool = False
    requests: float | None = None
    """On the canary since the sample before."""
    bad_responses: float | None = None
    """Of these, those that failed."""
    compared: tuple[Compared, ...] = ()
    reason: str = ""
    """Why it is not OK, one line."""
    gap: bool = False
    """Nobody looked: prodtui was not running, or late."""


class Word(StrEnum):
    """What a decision says."""

    WAIT = "WAIT"
    PROMOTE = "PROMOTE"
    """On to the next stage, or done after the last."""
    EXTEND = "EXTEND"
    HOLD = "HOLD"
    ROLLBACK = "ROLLBACK"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided now, and why; while it waits, what it waits for."""

    word: Word
    reason: str
    waits_for: tuple[str, ...] = ()
    """Besides time."""
    times: bool = False
    """It waits for its stage to have lasted long enough, too."""


class Phase(StrEnum):
    """Where a rollout is."""

    RUNNING = "running"
    PAUSED = "paused"
    """By a person."""
    HELD = "held"
    """By itself: it can't tell."""
    WATCHING = "watching"
    """All traffic is on the candidate; its burn rate is watched."""
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    ABORTED = "aborted"
    FAILED = "failed"
    """A hook failed, and so did the way back: somebody has to look."""

    @property
    def ended(self) -> bool:
        return self in (Phase.PROMOTED, Phase.ROLLED_BACK, Phase.ABORTED, Phase.FAILED)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened: a stage entered, a hook that ran, a decision, what a person did."""

    at: float
    what: str
    result: str
    by: str = ""


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout as it is kept: everything that is needed to go on after prodtui was killed."""

    id: str
    environment: str
    plan: Plan
    started_at: float
    by: str
    phase: Phase
    stage: int = 0
    stage_began_at: float
    extended: int = 0
    """How often the stage was extended."""
    held_at: float | None = None
    """Since when it is held or paused."""
    resumed: str = ""
    """The reason with which a person resumed a hold in this stage."""
    resumed_at: float | None = None
    """When that was: what was not known before holds nothing up any longer."""
    percent: float = 0.0
    """Share of the traffic that the last hook which succeeded put on the canary."""
    samples: tuple[Sample, ...] = ()
    """Of every stage, oldest first."""
    steps: tuple[Step, ...] = ()
    audited: int = 0
    """So many of them are in the audit trail, at least: whoever was killed may have written more."""
    decision: Decision
    ended_at: float | None = None

    @property
    def service(self) -> str:
        return self.plan.service


class Driver(NamedTuple):
    """Who drives an open rollout, or did last."""

    name: str
    drives: bool
    """It does now."""
