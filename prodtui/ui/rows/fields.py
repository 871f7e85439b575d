"""A record's fields by their names, as they were read; what is not known reads `?`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from prodtui.model.evidence import AlertRule
from prodtui.model.records import AnyRecord
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run

LABEL = 13
RELATIVE_S = 100.0
"""Nearer times are told by the clock alone: an age in seconds would be drawn again each second."""
_TIMES = ("since", "not_before", "not_after")
_LISTED = ("first", "expected")
"""Lists that are told line by line beside the fields."""
_WRONG = {
    "superuser": True, "trusted": False, "name_matches": False, "paused": True, "disabled": True, "exhausted": True,
    "up": False, "health": "err",
}  # fmt: skip
"""Values that are wrong by themselves, whatever a policy says."""


def fields(record: AnyRecord, now: float) -> list[Line]:
    """A line for each field; those that hold records of their own, or a list to be read line by line, are left out."""
    told: list[tuple[str, Run]] = []
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        if field.name in _LISTED or (isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct)):
            continue
        if isinstance(record, AlertRule) and field.name == "services" and value is None:
            value = "every service"
        told.append((field.name, _value(field.name, value, now)))
    width = max([LABEL, *(len(name) for name, _ in told)])
    return [((f"{name:<{width}}  ", "dim"), value) for name, value in told]


def when(at: float, now: float) -> str:
    """A time, and how far it is off: `2026-11-26 14:03:00, in 3 d`."""
    off = at - now
    if abs(off) < RELATIVE_S:
        return fmt.moment(at, now)
    return f"{fmt.moment(at, now)}, " + (f"in {fmt.age(off)}" if off > 0 else f"{fmt.age(-off)} ago")


def _value(name: str, value: Any, now: float) -> Run:  # noqa: ANN401 — whatever type the record's field has
    if value is None:
        return "?", "unknown"
    style = "bad" if _is_wrong(name, value, now) else ""
    if isinstance(value, Enum):
        return str(value.value), style
    if isinstance(value, bool):
        return ("yes" if value else "no"), style
    if isinstance(value, int | float) and (name in _TIMES or name.endswith("_at")):
        return when(value, now), style
    if isinstance(value, float):
        return _number(name, value), style
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value) or "–", style
    if isinstance(value, Mapping):
        return ", ".join(f"{k}={v}" for k, v in value.items()) or "–", style
    return str(value) or "–", style


def _is_wrong(name: str, value: object, now: float) -> bool:
    if name in ("trouble", "error", "distrust"):
        return bool(value)
    if name == "not_after":
        return isinstance(value, float) and value <= now
    return name in _WRONG and value == _WRONG[name]


def _number(name: str, value: float) -> str:
    if name.endswith("_s") and not name.endswith("per_s"):
        return fmt.duration(value) if value < RELATIVE_S else fmt.age(value)
    if name.endswith("ratio") or name == "headroom":
        return fmt.percent(value)
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
