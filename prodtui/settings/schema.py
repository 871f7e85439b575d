"""The configuration's JSON Schema, for editors that check and complete while one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from prodtui.settings.field_variables import KINDS_WITH_VARIABLES
from prodtui.settings.kinds import kinds, settings_class
from prodtui.settings.models import Root
from prodtui.settings.notify import KINDS as NOTIFY
from prodtui.settings.shape import secrets

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(of_kinds: Sequence[str] | None = None) -> dict[str, Any]:
    """JSON Schema of the TOML file. A source's keys depend on its `kind`: all installed ones unless `of_kinds` says."""
    root = Root.model_json_schema(mode="validation")
    definitions: dict[str, Any] = root.setdefault("$defs", {})
    chosen = []
    for kind in kinds() if of_kinds is None else of_kinds:
        if (settings := settings_class(kind)) is not None:
            definitions[f"source.{kind}"] = _table(kind, settings, f"source.{kind}", definitions)
            chosen.append(kind)
    definitions.pop("SourceSettings", None)
    sources = definitions["EnvironmentSettings"]["properties"]["sources"]
    sources["patternProperties"] = dict.fromkeys(sources["patternProperties"], _by_kind("source", chosen))
    channels = {
        f"notify.{kind}": _table(kind, settings, f"notify.{kind}", definitions) for kind, settings in NOTIFY.items()
    }
    definitions.update(channels)
    definitions.pop("NotifySettings", None)
    notify = root["properties"]["notify"]
    notify["patternProperties"] = dict.fromkeys(notify["patternProperties"], _by_kind("notify", tuple(NOTIFY)))
    for named in (sources, notify, root["properties"]["environments"], root["properties"]["services"]):
        named["additionalProperties"] = False
    return {"$schema": DIALECT, **root, "title": "prodtui configuration"}


def _by_kind(what: str, kinds: Sequence[str]) -> dict[str, Any]:
    """By the kind given, so that an editor complains about the one meant and not about all of them."""
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds)}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{what}.{kind}"}}
            for kind in kinds
        ],
    }


def _table(kind: str, settings: type[BaseModel], called: str, definitions: dict[str, Any]) -> dict[str, Any]:
    # Two kinds may each have a table of the same name.
    table = settings.model_json_schema(mode="validation", ref_template=f"#/$defs/{called}.{{model}}")
    for name, below in table.pop("$defs", {}).items():
        definitions[f"{called}.{name}"] = below
    table["title"] = kind
    table["properties"]["kind"] = {"const": kind, "description": table["properties"]["kind"].get("description", "")}
    required = {*table.get("required", ()), "kind"}
    if kind in KINDS_WITH_VARIABLES:
        required.discard("url")
    for name in secrets(settings.model_fields):
        table["properties"][f"{name}_file"] = {"type": "string", "description": f"File that holds the {name}."}
        required.discard(name)
    table["required"] = sorted(required)
    return table
