"""Bodies of health endpoints as trees: Spring Actuator's, and application/health+json (draft-inadarei).

What they hold comes from outside: read with bounds, and made inert after its escapes are undone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from prodtui.model.text import neutralise_name
from prodtui.ui.line import Line
from prodtui.ui.rows.sign import BAD, GOOD, NONE, WARN, Sign
from prodtui.ui.rows.tree import walked

DEEPEST = 6
MOST_PARTS = 200
MOST_FACTS = 12
_SIGNS: Mapping[str, Sign] = {
    **dict.fromkeys(("up", "ok", "pass", "passing", "healthy"), GOOD),
    **dict.fromkeys(("warn", "warning", "degraded"), WARN),
    **dict.fromkeys(("down", "out_of_service", "error", "fail", "failed", "critical", "unhealthy"), BAD),
}
_CHILDREN = ("components", "checks", "details")
"""Actuator's components (`details` before 2.2), health+json's checks."""
_TOLD = ("status", "components", "checks", "links", "notes")


class Part(NamedTuple):
    """A component: its status as it was said, the facts beside it, what it is made of."""

    name: str
    status: str
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def sign(self) -> Sign:
        return _SIGNS.get(self.status.casefold(), NONE)

    @property
    def fails(self) -> bool:
        """Whether it, or anything in it, is not well."""
        return self.sign.badness > 0 or any(part.fails for part in self.parts)


def parsed(text: str) -> Part | None:
    """The tree in a body, also where a registry has put words before it; None where it is none or was cut."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start or '"status"' not in text:
        return None
    try:
        body = msgspec.json.decode(text[start : end + 1])
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("status"), str):
        return None
    left = [MOST_PARTS]
    return _part(str(body.get("serviceId") or ""), body, 0, left)


def lines(text: str) -> list[Line]:
    """The tree, each component on a line; what is in one is told where it fails. Nothing where there is no tree."""
    root = parsed(text)
    if root is None or not (root.parts or root.facts):
        return []
    found: list[Line] = [(("components", "dim"),)]
    # A tree told by position: two parts may be alike in all they say.
    for part, twig in walked((root,), lambda p: p.parts if p is root or p.fails else (), id):
        name = part.name or "as a whole"
        found.append((
            (twig.branches, "dim"), (f"{part.sign.glyph} ", part.sign.style), (name, "strong" if part.fails else ""),
            (f"  {part.status}", part.sign.value_style or "dim"),
        ))  # fmt: skip
        if part.fails or part is root:
            under = twig.branches.replace("├ ", "│ ").replace("└ ", "  ")
            found += [
                ((under, "dim"), (f"  {said}  ", "dim"), (value, _style(said, part))) for said, value in part.facts
            ]
    return found


def _style(said: str, part: Part) -> str:
    return "bad" if said in ("output", "error") and part.sign is BAD else ""


def _part(name: str, body: Mapping[Any, Any], depth: int, left: list[int]) -> Part:
    left[0] -= 1
    status = body.get("status")
    facts = tuple(_facts(body))[:MOST_FACTS]
    parts = tuple(_parts(body, depth, left)) if depth < DEEPEST else ()
    return Part(neutralise_name(name), neutralise_name(status) if isinstance(status, str) else "?", facts, parts)


def _parts(body: Mapping[Any, Any], depth: int, left: list[int]) -> Iterator[Part]:
    for held in (body.get(name) for name in _CHILDREN):
        if not isinstance(held, dict):
            continue
        for name, value in held.items():
            for one in value if isinstance(value, list) else (value,):
                if left[0] > 0 and isinstance(one, dict) and isinstance(one.get("status"), str):
                    yield _part(str(name), one, depth + 1, left)


def _facts(body: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """What is said beside the status; Actuator puts it into `details`."""
    for name, value in body.items():
        if name == "details" and isinstance(value, dict):
            yield from ((neutralise_name(str(n)), _value(v)) for n, v in value.items() if not _is_part(v))
        elif name == "observedValue":
            unit = body.get("observedUnit")
            yield "observed", neutralise_name(f"{_value(value)} {unit if isinstance(unit, str) else ''}".rstrip())
        elif name not in (*_TOLD, "observedUnit") and value not in ("", None, [], {}):
            yield neutralise_name(str(name)), _value(value)


def _is_part(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("status"), str)


def _value(value: object) -> str:
    if isinstance(value, str):
        return neutralise_name(value)
    try:
        return neutralise_name(msgspec.json.encode(value).decode())
    except RecursionError:
        return "…"
