"""A list and the text of its selected row, side by side where there is room, else one above the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.grid import Grid
from prodtui.ui.grid_layout import Column
from prodtui.ui.palette import Palette
from prodtui.ui.screens.incident import IncidentPage
from prodtui.ui.widgets.lead import Lead
from prodtui.ui.widgets.pane import Pane

BESIDE = 110
"""From this width on the text stands beside the list."""
TALL = 26
"""From this height on there are blanks between the parts."""
LEAST = 7
"""With fewer lines there is room for one of them: the one that has the focus."""


class SplitPage(IncidentPage):
    """The list on the left says what there is, the pane on the right shows the selected one."""

    left_share = 0.53

    def __init__(self, palette: Palette, columns: Sequence[Column]) -> None:
        super().__init__(palette)
        self.about = Lead(palette)
        self.list = Grid(palette, columns, header=False)
        self.pane = Pane(palette)

    def body(self) -> Iterable[Widget]:
        return (self.about, self.list, self.pane)

    def on_mount(self) -> None:
        self.list.focus()

    def on_grid_selected(self) -> None:
        self.tell_selected()

    def on_descendant_focus(self) -> None:
        if self.size.height - 2 < LEAST:
            self.rearrange()
        if self.focused is self.pane:
            self.list.choose()  # whoever reads on must not have another text put under their eyes

    def tell_selected(self) -> None:
        """Shows what is selected in the pane."""
        raise NotImplementedError

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        tall = area.height >= TALL
        if area.height < LEAST:
            return {self.pane if self.focused is self.pane or not self.list.display else self.list: area}
        self.about.above = int(tall)
        about = Region(0, area.y, area.width, min(self.about.lines_wanted, area.height // 3))
        rest = Region(0, about.bottom, area.width, area.height - about.height)
        places: dict[Widget, Region] = {self.about: about}
        if not self.list.display:
            self.pane.blank_above = int(tall)
            return {**places, self.pane: rest}
        self.list.blank_above = int(tall)
        if area.width >= BESIDE:
            self.pane.blank_above = int(tall)
            left = round(rest.width * self.left_share)
            return {
                **places,
                self.list: Region(0, rest.y, left - 1, rest.height),
                self.pane: Region(left + 1, rest.y, rest.width - left - 1, rest.height),
            }
        self.pane.blank_above = 0
        above = min(self.list.lines_wanted(), round(rest.height * 0.55))
        return {
            **places,
            self.list: Region(0, rest.y, rest.width, above),
            self.pane: Region(0, rest.y + above, rest.width, rest.height - above),
        }
