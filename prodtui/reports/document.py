"""The machine-readable status, `prodtui.status/1`: public interface, stable. Its JSON Schema is made from these types.

Unknown numbers are null. Times are RFC 3339 UTC with milliseconds, durations seconds, ratios 0..1.
"""

from __future__ import annotations

from typing import Literal

import msgspec

STATUS_SCHEMA = "prodtui.status/1"
VerdictName = Literal["READY", "WARN", "NOT_READY", "INCONCLUSIVE"]
CauseName = Literal[
    "refused", "timeout", "dns", "tls", "auth", "permission", "protocol", "overload", "not_found", "internal"
]
HealthName = Literal["passing", "warning", "critical", "unknown"]
BreakerName = Literal["closed", "open", "half_open", "forced_open", "disabled", "metrics_only", "unknown"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the document: every key is always there, no other key is."""


class CausePart(Part, frozen=True):
    cause_class: CauseName = msgspec.field(name="class")
    message: str


class SourcePart(Part, frozen=True):
    name: str
    plane: Literal["registry", "pools", "breakers", "metrics", "probes", "release"]
    kind: str
    state: Literal["live", "stale", "lost"]
    age_s: float | None
    latency_s: float | None
    cause: CausePart | None


class InstancePart(Part, frozen=True):
    id: str
    node: str
    zone: str | None
    version: str | None
    phase: Literal["starting", "serving", "draining", "maintenance"]
    status: HealthName


class InstancesPart(Part, frozen=True):
    total: int
    passing: int
    warning: int
    critical: int
    unknown: int
    list: tuple[InstancePart, ...]


class HealthPart(Part, frozen=True):
    id: str
    name: str
    instance: str
    status: HealthName
    output: str
    since: str | None


class LatencyPart(Part, frozen=True):
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    error_ratio: float | None
    rate_per_s: float | None


class NotePart(Part, frozen=True):
    kind: Literal["waiver", "policy", "candidate"]
    text: str
    service: str | None
    check: str | None


class WaiverPart(Part, frozen=True):
    id: str
    expires: str | None


class CheckPart(Part, frozen=True):
    id: str
    state: Literal["PASS", "WARN", "FAIL", "UNKNOWN", "N/A", "INFO"]
    blocking: bool
    waived: bool
    points: float
    of: float
    reason: str
    value: float | None
    unit: str
    threshold: str
    observed_at: str | None
    age_s: float | None
    evidence: dict[str, str]
    source: str | None
    limit: float | None
    baseline: float | None
    version: str | None
    held: Literal["PASS", "WARN", "FAIL", "UNKNOWN", "N/A", "INFO"] | None
    waiver: WaiverPart | None
    remedy: str


class ServicePart(Part, frozen=True):
    name: str
    tier: Literal["A", "B", "C"]
    verdict: VerdictName
    score: float
    score_max: float
    coverage: float
    instances: InstancesPart
    health: tuple[HealthPart, ...]
    latency: LatencyPart
    checks: tuple[CheckPart, ...]
    notes: tuple[NotePart, ...]


class PoolPart(Part, frozen=True):
    name: str
    source: str
    service: str | None
    size: int | None
    used: int | None
    idle: int | None
    waiting: int | None
    max_wait_s: float | None
    paused: bool
    status: str


class BreakerPart(Part, frozen=True):
    name: str
    source: str
    caller: str = msgspec.field(name="from")
    callee: str = msgspec.field(name="to")
    state: BreakerName
    since: str | None


class EntityPart(Part, frozen=True):
    kind: Literal[
        "service",
        "instance",
        "pool",
        "database",
        "proxy",
        "breaker",
        "sli",
        "session",
        "external",
        "group",
        "source",
    ]
    name: str
    what: str
    at: str | None


class FirstCausePart(EntityPart, frozen=True):
    not_after: str | None


class ChangePart(Part, frozen=True):
    at: str
    kind: Literal["deploy", "config", "scale", "flag", "silence", "drain", "freeze"]
    service: str
    before: str | None = msgspec.field(name="from")
    after: str | None = msgspec.field(name="to")


class ChainPart(Part, frozen=True):
    text: str
    cause: FirstCausePart
    chain: tuple[EntityPart, ...]
    confidence: Literal["clear", "unclear"]
    candidates: int
    suspects: tuple[ChangePart, ...]


class BlindPart(Part, frozen=True):
    source: str
    since: str | None
    hides: str


class EventPart(Part, frozen=True):
    at: str
    kind: str
    name: str
    before: str | None = msgspec.field(name="from")
    after: str | None = msgspec.field(name="to")
    text: str


class StatusDocument(Part, frozen=True):
    """What `status --format json` prints."""

    schema: Literal["prodtui.status/1"]
    environment: str
    at: str
    verdict: VerdictName
    score: float
    score_max: float
    coverage: float
    sources: tuple[SourcePart, ...]
    services: tuple[ServicePart, ...]
    pools: tuple[PoolPart, ...]
    breakers: tuple[BreakerPart, ...]
    first: tuple[ChainPart, ...]
    blind: tuple[BlindPart, ...]
    changes: tuple[ChangePart, ...]
    events: tuple[EventPart, ...]
    notes: tuple[NotePart, ...]


class PolicyPart(Part, frozen=True):
    name: str
    path: str | None
    digest: str | None


class OverridePart(Part, frozen=True):
    reason: str
    ticket: str
    allowed: bool


class AcceptedPart(Part, frozen=True):
    """The evaluation that the differences are told against."""

    id: str
    at: str
    version: str | None
    by: str


class CheckDocument(StatusDocument, frozen=True):
    """What `check --format json` prints: the status, and what was decided on it."""

    policy: PolicyPart
    candidate: str | None
    samples: int
    override: OverridePart | None
    remarks: tuple[str, ...]
    accepted: AcceptedPart | None
    differences: tuple[str, ...]
    decision: Literal["READY", "WARN", "NOT_READY", "INCONCLUSIVE", "OVERRIDDEN"]
    exit_code: int


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of both documents, `status` and `check`."""
    (status, check), components = msgspec.json.schema_components(
        (StatusDocument, CheckDocument), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": STATUS_SCHEMA,
        "anyOf": [status, check],
        "$defs": components,
    }
