"""A load on the terminal: its numbers, and beside them the pools, breakers and latency as the sources see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.arrangement import shares
from prodtui.ui.grid import Grid
from prodtui.ui.line import Run
from prodtui.ui.palette import Palette
from prodtui.ui.rows import breakers, latency, pools
from prodtui.ui.rows import load as said
from prodtui.ui.screens.framed import Framed
from prodtui.ui.widgets.lead import Lead
from prodtui.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from prodtui.model.load import LoadProgress
    from prodtui.model.moment import Moment

BESIDE = 110
"""From this width on what the sources see stands beside the numbers."""
TALL = 30
"""From this height on there are blanks between the parts."""


class LoadScreen(Framed):
    """One load, from its first look at the environment to its verdict."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "stop, then leave", id="load_stop")]

    def __init__(self, palette: Palette, environment: Run, clock: Callable[[], float]) -> None:
        super().__init__(palette)
        self.progress: LoadProgress | None = None
        self.lead = Lead(palette)
        self.sheet = Sheet(palette)
        self.pools = Grid(palette, pools.COLUMNS, id="pools", header=False, empty="no pool read")
        self.breakers = Grid(palette, breakers.COLUMNS, id="breakers", header=False, empty="no breaker read")
        self.latency = Grid(palette, latency.COLUMNS, id="latency", empty="no latency read")
        self._environment = environment
        self._clock = clock
        self._moment: Moment | None = None

    def body(self) -> Iterable[Widget]:
        return (self.lead, self.sheet, self.pools, self.breakers, self.latency)

    def on_mount(self) -> None:
        self.pools.focus()
        self.lead.say((("looking at the environment before anything is sent…", "dim"),))
        self.tick()

    def on_resize(self, _: Resize) -> None:
        self.tick()

    def tell(self, progress: LoadProgress, moment: Moment | None) -> None:
        """It went on, or the environment did."""
        self.progress = progress
        if moment is not None and moment is not self._moment:
            self._moment = moment
            for grid, module in ((self.pools, pools), (self.breakers, breakers), (self.latency, latency)):
                grid.load(module.rows(moment), module.heading(moment))
        self.tick()

    def tick(self) -> None:
        """Tells the clock, and all that is known."""
        progress, now = self.progress, self._clock()
        self.header.say_by_width(lambda width: said.header(progress, self._environment, now, width))
        if progress is None:
            return
        self.sheet.load(said.heading(progress), partial(said.sheet, progress))
        most = 2 if self.size.height < TALL else said.MOST_SATURATED
        self.lead.say(*said.lead(progress, most))
        self.rearrange()

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        tall = int(area.height >= TALL - 2)
        self.lead.above = tall
        for part in (self.sheet, self.pools, self.breakers, self.latency):
            part.blank_above = tall
        lead = Region(0, area.y, area.width, min(self.lead.lines_wanted, area.height // 3))
        rest = Region(0, lead.bottom, area.width, area.height - lead.height)
        grids = [self.pools, self.breakers, self.latency]
        if area.width >= BESIDE:
            left = area.width * 52 // 100
            places: dict[Widget, Region] = {self.lead: lead, self.sheet: Region(0, rest.y, left, rest.height)}
            column = Region(left + 2, rest.y, area.width - left - 2, rest.height)
        else:
            # Breakers that are open are told at the head: on a small screen their list is the first to go.
            grids = [self.pools, self.latency] if area.height < TALL else grids
            above = min(said.lines_wanted(self.progress) + tall, rest.height * 6 // 10)
            places = {self.lead: lead, self.sheet: Region(0, rest.y, area.width, above)}
            column = Region(0, rest.y + above, area.width, rest.height - above)
        y = column.y
        for grid, height in zip(grids, shares([each.lines_wanted() for each in grids], column.height), strict=True):
            places[grid] = Region(column.x, y, column.width, height)
            y += height
        return places

    def hinted(self, binding: Binding) -> bool:
        """Lists that are only looked at need no telling that they can be sorted or opened."""
        return super().hinted(binding) and binding.description not in ("open", "sort")
