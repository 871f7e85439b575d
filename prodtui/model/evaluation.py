"""An evaluation: one decision of the gate as it is remembered, and the policy that it stood on."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from prodtui.model.assessment import State, Verdict
from prodtui.model.declared import Tier


class RuleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy asked of one check, so that a later, looser one can be told."""

    passes: tuple[tuple[str, ...], ...] = ()
    """Sets of criteria as they are written; empty where the check has none."""
    warns: tuple[tuple[str, ...], ...] | None = None
    blocking: bool = False
    weight: str = "1"
    on_unknown: str = "UNKNOWN"
    not_applicable: bool = False


class PolicySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it is remembered with an evaluation."""

    name: str
    path: str | None = None
    digest: str = ""
    """SHA-256 of the files; empty: the defaults."""
    checks: Mapping[str, RuleSummary] = {}
    """Every check that there was, custom ones included."""
    rules: Mapping[str, Mapping[str, RuleSummary]] = {}
    """What differed for some services, by their selector as text."""
    required: Mapping[str, tuple[str, ...]] = {}
    """Required pillars by tier."""
    minimum: Mapping[str, int] = {}
    """Instances wanted by tier."""
    numbers: Mapping[str, str] = {}
    """`fails_below`, `warns_below`, `coverage_from`, as fractions."""


class JudgedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check as it was judged."""

    state: State
    blocking: bool
    waived: bool = False
    value: float | None = None
    unit: str = ""
    points: float = 0.0
    of: float = 0.0
    reason: str = ""


class JudgedService(msgspec.Struct, frozen=True, kw_only=True):
    """One service as it was judged. Scores 0..100, floored to a tenth."""

    verdict: Verdict
    score: float
    score_max: float
    coverage: float
    tier: Tier | None = None
    """As declared."""
    versions: tuple[str, ...] = ()
    """What its instances ran."""
    checks: Mapping[str, JudgedCheck] = {}


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Who went past the gate, and why."""

    reason: str
    ticket: str


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of the gate. `accepted` ones are what later evaluations compare with."""

    id: str
    at: float
    environment: str
    verdict: Verdict
    decision: str
    """The verdict, or OVERRIDDEN."""
    exit_code: int
    score: float
    by: str
    """user@host, or what the pipeline calls itself."""
    asked: tuple[str, ...] = ()
    """The services that were asked for; empty: every one."""
    candidate: str | None = None
    override: Override | None = None
    policy: PolicySummary
    services: Mapping[str, JudgedService] = {}
    accepted_at: float | None = None
    accepted_by: str = ""
    pinned: bool = False
    """Whether it is the pinned reference of its environment."""
    max_drift: float = 0.25
    """How far relative limits may lie from the pinned reference, as a share of it."""
