"""Where the overview's panels stand: pure, by the terminal's size and what each panel would like."""

from __future__ import annotations

from collections.abc import Mapping

from textual.geometry import Region

from prodtui.ui.arrangement import shares
from prodtui.ui.line import Line, Run

NAMES = ("services", "pools", "breakers", "latency", "events")
"""The panels, by the keys 1 to 5."""
WIDE, TALL = 116, 30
"""From this size on all panels stand beside one another."""
EVENTS = 7
"""Lines that the events keep, title and gap included, however much else there is."""


def is_wide(width: int, height: int) -> bool:
    return width >= WIDE and height >= TALL


def most_first_lines(height: int) -> int:
    """How many lines may tell what broke first: what else fails needs the room of a small screen."""
    return 1 if height < 24 else 2 if height < TALL else 5


def shown(width: int, height: int, full: str | None, *, elsewhere: bool) -> tuple[str, ...]:
    """Names of the panels to show."""
    if full:
        return (full,)
    if is_wide(width, height):
        return ("services", "pools", "breakers", "latency", "events")
    return ("services", "elsewhere", "events") if elsewhere else ("services", "events")


def places(area: Region, names: tuple[str, ...], wanted: Mapping[str, int]) -> dict[str, Region]:
    """Regions for the panels that are shown. `wanted` is the height at which each shows everything."""
    if len(names) == 1:
        return {names[0]: area}
    if "pools" in names:
        return _beside(area, wanted)
    room = area.height - min(EVENTS, wanted["events"], area.height // 3)
    above = [name for name in names if name != "events"]
    heights = shares([wanted[name] for name in above], room)
    places: dict[str, Region] = {}
    y = area.y
    for name, height in zip(above, heights, strict=True):
        height = max(0, min(height, area.bottom - y))
        places[name] = Region(area.x, y, area.width, height)
        y += height
    places["events"] = Region(area.x, y, area.width, area.bottom - y)
    return places


def tabs(first: str, own: Line, bad: Mapping[str, int]) -> Line:
    """The first panel's title, then the other panels by their keys with how many of theirs fail."""
    runs: list[Run] = [(f"{NAMES.index(first) + 1} {own[0][0]}", "strong"), *own[1:], ("   ", "")]
    for number, name in enumerate(NAMES, 1):
        if name != first:
            runs += [(f"{number} ", "accent"), (name.capitalize(), "dim")]
            runs += [(f" ✖{bad[name]}", "bad"), ("  ", "")] if bad.get(name) else [("  ", "")]
    return tuple(runs[:-1])


def _beside(area: Region, wanted: Mapping[str, int]) -> dict[str, Region]:
    side = ("pools", "breakers", "latency")
    needed = max(wanted["services"], sum(wanted[name] for name in side))
    upper = min(area.height - EVENTS, needed)
    right = max(48, min(72, area.width * 34 // 100))
    left = area.width - right - 2
    places = {
        "services": Region(area.x, area.y, left, upper),
        "events": Region(area.x, area.y + upper, area.width, area.height - upper),
    }
    y = area.y
    for name, height in zip(side, shares([wanted[name] for name in side], upper), strict=True):
        places[name] = Region(area.x + left + 2, y, right, height)
        y += height
    return places
