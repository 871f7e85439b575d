"""Help, made from the bindings that are in force: what it says is what the keys do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.commands import COMMANDS
from prodtui.ui.key_names import name_of
from prodtui.ui.line import Line, between, clipped
from prodtui.ui.palette import Palette
from prodtui.ui.screens.page import Page
from prodtui.ui.screens.split import TALL
from prodtui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from prodtui.model.moment import Moment

SIGNS: tuple[tuple[str, str, str], ...] = (
    ("●", "good", "well: READY, PASS, passing, closed, live"),
    ("▲", "warn", "worth a look: WARN, warning, half open, stale"),
    ("✖", "bad", "failing: NOT READY, FAIL, critical, open, lost"),
    ("?", "unknown", "unknown now: INCONCLUSIVE, UNKNOWN; never a pass"),
    ("·", "dim", "shown and not scored"),
    ("B", "warn", "blocking: alone enough for NOT READY"),
    ("↓  ↑  +", "accent", "worse, better, new since the last accepted evaluation"),
)
FILTERS: tuple[tuple[str, str], ...] = (
    ("/!word", "rows without it"),
    ("/~wrd", "rows that are like it"),
    ("/tier:A p99>1s errors>1%", "rows by their fields: columns, tier, verdict"),
)
WIDE = 118
"""From this width on commands stand beside keys, and no line of either is cut."""
LEFT = 38
KEYS_WIDTH = 14
_WIDTH = 26


class HelpPage(Page):
    """Keys of the screen that it was called from."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "back", "back", show=False, id="help")]

    def __init__(self, palette: Palette, bindings: Sequence[ActiveBinding]) -> None:
        super().__init__(palette)
        self.crumbs = ("help",)
        self.pane = Pane(palette)
        self._listed = bindings

    def body(self) -> Iterable[Widget]:
        return (self.pane,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self.pane.blank_above = int(area.height >= TALL)
        return {self.pane: area}

    def on_mount(self) -> None:
        self.pane.load("help", (("Keys", "strong"), (" that work where you came from", "dim")), self._lines)
        self.pane.focus()

    def shown(self, moment: Moment) -> None:
        """Help doesn't change with the moment."""

    def _lines(self, width: int) -> list[Line]:
        listed = keys_listed(self._listed)
        return beside(listed, _others(), width) if width >= WIDE else [*listed, (), *_others()]


def keys_listed(bindings: Sequence[ActiveBinding]) -> list[Line]:
    """The keys in force, those that do the same on one line."""
    keys: dict[str, list[str]] = {}
    for active in bindings:
        binding = active.binding
        if active.enabled and binding.description:
            keys.setdefault(binding.description, []).append(binding.key_display or name_of(binding.key))
    return [_line("  ".join(dict.fromkeys(names)), "strong accent", does, KEYS_WIDTH) for does, names in keys.items()]


def _others() -> list[Line]:
    """Commands, filters and signs, which are the same everywhere."""
    found: list[Line] = [(("Commands", "strong"), ("  tab completes, ↑ ↓ bring earlier ones back", "dim"))]
    found += [_line(f":{command.name} {command.takes}", "strong accent", command.does) for command in COMMANDS]
    found += [(), (("Filters", "strong"), ("  words, all of them; text in quotes is one word", "dim"))]
    found += [_line(typed, "strong accent", keeps) for typed, keeps in FILTERS]
    return [*found, (), *signs()]


def signs() -> list[Line]:
    """The glyphs and what they mean."""
    return [(("Signs", "strong"),), *(_line(glyph, style, means) for glyph, style, means in SIGNS)]


def beside(left: Sequence[Line], right: Sequence[Line], width: int) -> list[Line]:
    """Two texts side by side; a line that is too long for its place is cut."""
    pairs = zip_longest(left, right, fillvalue=())
    return [(*between(one, (), LEFT), *clipped(other, width - LEFT)) for one, other in pairs]


def _line(left: str, style: str, right: str, width: int = _WIDTH) -> Line:
    return ((f"{left:<{width - 1}} ", style), (right, ""))
