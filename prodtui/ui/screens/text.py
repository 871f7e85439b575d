"""A text to read and to copy: a handover, what was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.palette import Palette
from prodtui.ui.screens.page import Page
from prodtui.ui.screens.split import TALL
from prodtui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from prodtui.model.moment import Moment


class TextPage(Page):
    """Lines as they are; `y` copies all of them."""

    def __init__(self, palette: Palette, name: str, text: str) -> None:
        super().__init__(palette)
        self.crumbs = (name,)
        self._text = text
        self.pane = Pane(palette)

    def body(self) -> Iterable[Widget]:
        return (self.pane,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self.pane.blank_above = int(area.height >= TALL)
        return {self.pane: area}

    def on_mount(self) -> None:
        lines = tuple(((line, ""),) for line in self._text.splitlines())
        self.pane.load(
            self.crumbs[0], ((self.crumbs[0], "strong"), ("  ", ""), ("y copies it", "dim")), lambda _: lines
        )
        self.pane.focus()

    def copied(self) -> str:
        return self._text

    def shown(self, moment: Moment) -> None:
        """The text was made of one moment and stays."""
