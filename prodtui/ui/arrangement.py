"""Where the parts of a screen stand: computed for a size by the screen, without style sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import Layout, WidgetPlacement
from textual.widget import Widget


class Arranged(Protocol):
    """A screen that knows where its parts stand."""

    def places(self, width: int, height: int) -> Mapping[Widget, Region]: ...


class Arrangement(Layout):
    """Puts each widget where its screen says; what has no place isn't shown."""

    name = "arrangement"

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: ARG002 — textual's
    ) -> list[WidgetPlacement]:
        places = cast("Arranged", parent).places(size.width, size.height)
        return [
            WidgetPlacement(region, Offset(), Spacing(), child)
            for child in children
            if (region := places.get(child)) is not None and region.area
        ]


def shares(wanted: list[int], room: int, least: int = 3) -> list[int]:
    """Heights for stacked panels: what they want where there is room, else less of the tallest first."""
    given = list(wanted)
    while sum(given) > room and max(given) > least:
        tallest = max(range(len(given)), key=lambda i: given[i])
        given[tallest] -= 1
    return given
