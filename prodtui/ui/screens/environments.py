"""The environments that the configuration has; enter shows another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from prodtui.ui.grid import Grid
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.palette import Palette
from prodtui.ui.screens.page import Page

if TYPE_CHECKING:
    from prodtui.model.moment import Moment

COLUMNS = (Column("", 1, 1, sortable=False), Column("environment", 11, 64, gap=1), Column("", 10, 30))


class EnvironmentsPage(Page):
    """One line an environment."""

    class Chosen(Message):
        """Another environment is to be shown."""

        def __init__(self, environment: str) -> None:
            super().__init__()
            self.environment = environment

    def __init__(self, palette: Palette, names: Sequence[str], present: str) -> None:
        super().__init__(palette)
        self.crumbs = ("environments",)
        self.list = Grid(palette, COLUMNS, empty="the configuration is not read yet")
        self._rows = tuple(_row(name, present) for name in names)
        self._present = present

    def body(self) -> Iterable[Widget]:
        return (self.list,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self.list.blank_above = int(area.height >= 12)
        return {self.list: area}

    def on_mount(self) -> None:
        self.list.load(self._rows, (("Environments", "strong"), (f" {len(self._rows)}", "dim")), landing=self._present)
        self.list.focus()

    def shown(self, moment: Moment) -> None:
        """The environments are the configuration's, whatever the moment."""

    def on_grid_opened(self, event: Grid.Opened) -> None:
        if event.key == self._present:
            self.app.pop_screen()
        else:
            self.post_message(self.Chosen(event.key))


def _row(name: str, present: str) -> Row:
    shown = name == present
    return Row(name, (Cell("›" if shown else "", "accent"), Cell(name, "strong"), Cell("shown now" * shown, "dim")))
