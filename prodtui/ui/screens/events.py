"""Every event that is kept, newest first, and what was acknowledged; enter leads to what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import events, history
from prodtui.ui.screens.incident import IncidentPage

if TYPE_CHECKING:
    from prodtui.model.moment import Event, Moment


class EventsPage(IncidentPage):
    """One list over the whole screen: `/` narrows it, `x` keeps what turned bad."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.crumbs = ("overview", "events")
        self.list = Grid(palette, events.COLUMNS, empty="nothing has changed since the start")

    def body(self) -> Iterable[Widget]:
        return (self.list,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self.list.blank_above = int(area.height >= 26)
        return {self.list: area}

    def on_mount(self) -> None:
        self.list.focus()

    def shown(self, moment: Moment) -> None:
        seen = [(said.at, history.seen_by(said, moment.now)) for said in moment.acknowledged]
        found = [(event.at, events.row(event, moment.now)) for event in moment.events]
        merged = sorted([*found, *seen], key=lambda pair: -pair[0]) if seen else found
        bad = sum(event.bad is True for event in moment.events)
        self.list.load(
            [row for _, row in merged], (("Events", "strong"), (f" {len(merged)} · {bad} turned bad", "dim"))
        )

    @property
    def event(self) -> Event | None:
        """The selected event."""
        moment, key = self.moment, self.list.selected
        return next((e for e in moment.events if events.key_of(e) == key), None) if moment and key else None

    def service_asked(self) -> str | None:
        event = self.event
        return event.service if event and self.moment and event.service in self.moment.views else None

    def on_grid_opened(self, _: Grid.Opened) -> None:
        event = self.event
        if event is not None:
            self.open_subject(f"source:{event.name}" if event.kind == "source" else event.key, event.service)
