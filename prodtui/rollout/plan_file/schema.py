"""The JSON Schema of `rollout.toml`, for editors that check and complete while one types."""

from __future__ import annotations

from typing import Any

from prodtui.readiness.policy_file.schema import DIALECT, without_nulls
from prodtui.rollout.criteria import KNOWN
from prodtui.rollout.plan_file.consistency import HOOKS
from prodtui.rollout.plan_file.tables import Root


def schema() -> dict[str, Any]:
    """The schema with every hook and every criterion by name; criteria of the plan's own may stand beside them."""
    root = Root.model_json_schema(mode="validation", by_alias=True)
    hook, criterion = {"$ref": "#/$defs/HookTable"}, {"$ref": "#/$defs/CriterionTable"}
    root["properties"]["hooks"] |= {"properties": dict.fromkeys(HOOKS, hook), "additionalProperties": False}
    root["properties"]["criteria"] |= {
        "properties": dict.fromkeys(KNOWN, criterion),
        "additionalProperties": criterion,
    }
    return {"$schema": DIALECT, **without_nulls(root), "title": "prodtui rollout plan"}
