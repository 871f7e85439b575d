"""Help, made from the bindings that are in force: what it says is what the keys do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.screens.page import Page
from prodtui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from prodtui.model.moment import Moment

SIGNS: tuple[tuple[str, str, str], ...] = (
    ("●", "good", "well: READY, PASS, passing, closed, live"),
    ("▲", "warn", "worth a look: WARN, warning, half open, stale"),
    ("✖", "bad", "failing: NOT READY, FAIL, critical, open, lost"),
    ("?", "unknown", "can't be known now: INCONCLUSIVE, UNKNOWN; never a pass"),
    ("·", "dim", "shown and not scored"),
    ("B", "warn", "blocking: alone enough for NOT READY"),
    ("↓  ↑  +", "accent", "worse, better, new since the last accepted evaluation"),
)
_NAMES = {"question_mark": "?", "slash": "/", "pagedown": "page down", "pageup": "page up"}


class HelpPage(Page):
    """Keys of the screen that it was called from."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "back", "back", show=False)]

    def __init__(self, palette: Palette, bindings: Sequence[ActiveBinding]) -> None:
        super().__init__(palette)
        self.crumbs = ("help",)
        self.pane = Pane(palette)
        self.pane.blank_above = 1
        self._listed = bindings

    def body(self) -> Iterable[Widget]:
        return (self.pane,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        return {self.pane: area}

    def on_mount(self) -> None:
        self.pane.load("help", (("Keys", "strong"), (" that work where you came from", "dim")), lambda _: self._lines())
        self.pane.focus()

    def shown(self, moment: Moment) -> None:
        """Help doesn't change with the moment."""

    def _lines(self) -> list[Line]:
        keys: dict[str, list[str]] = {}
        for active in self._listed:
            binding = active.binding
            if active.enabled and binding.description:
                name = binding.key_display or _NAMES.get(binding.key, binding.key.replace("+", "-"))
                keys.setdefault(binding.description, []).append(name)
        found: list[Line] = [
            ((f"{'  '.join(dict.fromkeys(names)):<24}", "strong accent"), (does, "")) for does, names in keys.items()
        ]
        found += [(), (("Signs", "strong"),)]
        found += [((f"{glyph:<24}", style), (means, "")) for glyph, style, means in SIGNS]
        return found
