"""The machine-readable incident, `prodtui.incident/1`: public interface, stable. Its JSON Schema is made from this.

Unknown numbers are null. Times are RFC 3339 UTC with milliseconds, durations seconds, ratios 0..1.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from prodtui.reports.document import BlindPart, ChainPart, ChangePart, CheckPart, EventPart, Part, VerdictName

INCIDENT_SCHEMA = "prodtui.incident/1"


class TurnPart(Part, frozen=True):
    """The environment's verdict from a time on."""

    at: str
    verdict: VerdictName
    score: float
    score_max: float


class FailedPart(Part, frozen=True):
    """A service that was not ready, with what it lost points by when it was at its worst."""

    service: str
    verdict: VerdictName
    score: float
    score_max: float
    at: str
    seen: str
    over: str | None
    why: str
    checks: tuple[CheckPart, ...]


class AcknowledgedPart(Part, frozen=True):
    at: str
    by: str
    about: str
    note: str


class LeftOutPart(Part, frozen=True):
    """How much is not told, as it would be too much."""

    events: int
    failed: int


class IncidentDocument(Part, frozen=True):
    """What `export --format json` prints."""

    schema: Literal["prodtui.incident/1"]
    environment: str
    began: str = msgspec.field(name="from")
    ended: str = msgspec.field(name="to")
    gap: str | None
    verdicts: tuple[TurnPart, ...]
    worst: TurnPart
    first: tuple[ChainPart, ...]
    failed: tuple[FailedPart, ...]
    events: tuple[EventPart, ...]
    changes: tuple[ChangePart, ...]
    blind: tuple[BlindPart, ...]
    acknowledged: tuple[AcknowledgedPart, ...]
    left_out: LeftOutPart


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the document."""
    (incident,), components = msgspec.json.schema_components((IncidentDocument,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": INCIDENT_SCHEMA,
        **incident,
        "$defs": components,
    }
