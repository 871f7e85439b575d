"""The JSON Schema of `readiness.toml`, for editors that check and complete while one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodtui.readiness.check import Check
from prodtui.readiness.policy import PILLAR_WEIGHTS
from prodtui.readiness.policy_file.tables import Root

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(checks: Mapping[str, Check]) -> dict[str, Any]:
    """The schema with every built-in check by name; under a pillar a policy's own checks may stand too."""
    root = Root.model_json_schema(mode="validation", by_alias=True)
    by_pillar: dict[str, dict[str, Any]] = {pillar: {} for pillar in PILLAR_WEIGHTS}
    for check in checks.values():
        named = by_pillar.setdefault(check.pillar, {})
        named[check.id.partition(".")[2]] = {
            "$ref": "#/$defs/CheckTable",
            "description": f"{check.title}: {check.rule}",
        }
    tables = {
        "type": "object",
        "properties": {
            pillar: {
                "type": "object",
                "properties": named,
                "additionalProperties": {"$ref": "#/$defs/CheckTable"},
            }
            for pillar, named in by_pillar.items()
        },
        "additionalProperties": False,
    }
    root["$defs"]["Checks"] = tables
    for holder in (root, root["$defs"]["RuleTable"]):
        holder["properties"]["checks"] = {
            "$ref": "#/$defs/Checks",
            "description": holder["properties"]["checks"]["description"],
        }
    root["properties"]["pillars"]["propertyNames"] = {"enum": list(PILLAR_WEIGHTS)}
    return {"$schema": DIALECT, **without_nulls(root), "title": "prodtui readiness policy"}


def without_nulls(node: Any) -> Any:  # noqa: ANN401 — any part of a schema
    """The schema as TOML can meet it: it has no null, and no title that only repeats a key."""
    if isinstance(node, list):
        return [without_nulls(each) for each in node]
    if not isinstance(node, dict):
        return node
    options = node.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        left = [each for each in options if each != {"type": "null"}]
        node = {key: value for key, value in node.items() if key != "anyOf"}
        node = {**left[0], **node} if len(left) == 1 else {"anyOf": left, **node}
    return {
        key: without_nulls(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
