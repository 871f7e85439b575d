"""A load's result as the document `prodtui.load/1`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from prodtui.model.load import LoadRun
from prodtui.readiness.load_rule import LoadRule
from prodtui.reports.document import Part
from prodtui.reports.fields import rfc3339, rounded

SCHEMA: Literal["prodtui.load/1"] = "prodtui.load/1"


class ThresholdPart(Part, frozen=True):
    expr: str
    ok: bool | None
    """None: nothing was measured for it."""


class LoadDocument(Part, frozen=True):
    """What `load NAME --format json` prints."""

    schema: Literal["prodtui.load/1"]
    name: str
    engine: str
    requests: int
    duration_s: float
    avg_s: float | None
    p95_s: float | None
    p99_s: float | None
    error_ratio: float | None
    rate_per_s: float | None
    thresholds: tuple[ThresholdPart, ...]
    verdict: Literal["MET", "NOT_MET", "STOPPED", "NOT_MEASURED"]


def load_document(run: LoadRun) -> LoadDocument:
    """The result of one run."""
    return LoadDocument(
        schema=SCHEMA,
        name=run.name,
        engine=run.engine,
        requests=run.requests,
        duration_s=rounded(run.duration_s) or 0.0,
        avg_s=rounded(run.avg_s),
        p95_s=rounded(run.p95_s),
        p99_s=rounded(run.p99_s),
        error_ratio=rounded(run.error_ratio),
        rate_per_s=rounded(run.rate_per_s),
        thresholds=tuple(ThresholdPart(expr=each.expr, ok=each.ok) for each in run.thresholds),
        verdict=run.verdict.value,
    )


def load_json(run: LoadRun) -> str:
    """Indented JSON; the keys in the documented order."""
    return msgspec.json.format(msgspec.json.encode(load_document(run)), indent=2).decode() + "\n"


def declared_json(loads: Mapping[str, LoadRule], plans: Mapping[str, str], last: Mapping[str, LoadRun]) -> str:
    """Every declared load, how much it sends (`plans`), and what came of its last run; `prodtui.loads/1`."""
    document = {
        "schema": "prodtui.loads/1",
        "loads": [
            {
                "name": name,
                "target": rule.target or None,
                "script": rule.script or None,
                "hosts": rule.hosts,
                "sends": plans[name],
                "thresholds": [threshold.expr for threshold in rule.thresholds],
                "service": rule.service or None,
                "last": None
                if (run := last.get(name)) is None
                else {"id": run.id, "at": rfc3339(run.at), "by": run.by, "verdict": run.verdict, "reason": run.reason},
            }
            for name, rule in loads.items()
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def json_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the document."""
    (root,), components = msgspec.json.schema_components((LoadDocument,), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **root,
        "$defs": components,
    }
