"""What the keys of an app do, where that is all there is to tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.screens.framed import Framed
from prodtui.ui.screens.help import keys_listed, signs
from prodtui.ui.screens.split import TALL
from prodtui.ui.widgets.pane import Pane


class KeysScreen(Framed):
    """Keys of the screen that it was called from, and the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,q", "back", "back", show=False, id="help")]

    def __init__(self, palette: Palette, bindings: Sequence[ActiveBinding]) -> None:
        super().__init__(palette)
        self.pane = Pane(palette)
        self._listed = bindings

    def body(self) -> Iterable[Widget]:
        return (self.pane,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self.pane.blank_above = int(area.height >= TALL)
        return {self.pane: area}

    def on_mount(self) -> None:
        self.header.say(((" ", ""), ("prodtui", "strong accent"), ("  help", "dim")))
        lines: list[Line] = [*keys_listed(self._listed), (), *signs()]
        self.pane.load("keys", (("Keys", "strong"), (" that work where you came from", "dim")), lambda _: lines)
        self.pane.focus()
