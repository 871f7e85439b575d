"""The overview: is it ready, what fails, where. The first screen; its panels are made when the first moment comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.screens.incident import IncidentPage
from prodtui.ui.screens.overview_places import NAMES, is_wide, most_first_lines, places, shown, tabs
from prodtui.ui.screens.page import nothing_to_read
from prodtui.ui.widgets.lead import Lead

if TYPE_CHECKING:
    from prodtui.model.moment import Event, Moment
    from prodtui.ui.grid import Grid
    from prodtui.ui.grid_layout import Column
    from prodtui.ui.grid_rows import Row
    from prodtui.ui.widgets.pane import Pane

HEADED = ("services", "latency")
"""Panels whose columns have titles also when they share the screen."""
TINY = 8
"""Up to this height a line is worth more to a row than to titles of columns."""


class Panel(NamedTuple):
    """A grid and the functions that fill it."""

    grid: Grid
    rows: Callable[[Moment], Sequence[Row]]
    heading: Callable[[Moment], Line]
    columns: Sequence[Column]
    full_columns: Sequence[Column]


class Overview(IncidentPage):
    """Services, pools, breakers, latency and events; `1`–`5` open one full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "panel('services')", "panel", key_display="1–5", id="services"),
        *(
            Binding(str(n), f"panel('{name}')", f"{name} full", show=False, id=name)
            for n, name in enumerate(NAMES[1:], 2)
        ),
    ]

    def __init__(self, palette: Palette, reading: Line) -> None:
        super().__init__(palette)
        self._reading = reading
        self._notice = Lead(palette)
        self._guide: Pane | None = None
        self._panels: dict[str, Panel] = {}
        self._full: str | None = None
        self._names: tuple[str, ...] = ()
        self._wanted: dict[str, int] = {}

    def body(self) -> Iterable[Widget]:
        return (self._notice,)

    def on_mount(self) -> None:
        self.header.say(((" ", ""), ("prodtui", "strong accent"), ("  ", ""), *self._reading))

    def action_problems(self) -> None:
        super().action_problems()
        self._settle()

    # What is shown

    def shown(self, moment: Moment) -> None:
        if not self._panels:
            self._make_panels()
        self._tell_first(moment)
        for name, panel in reversed(self._panels.items()):  # services last: their title counts the others' problems
            panel.grid.load(panel.rows(moment), self._heading(name, moment))
        if self._guide is not None and not moment.assessment.services:
            self._guide.load("guide", (), lambda _: nothing_to_read(moment))
        self._settle()

    def _tell_first(self, moment: Moment) -> None:
        from prodtui.ui.rows import first

        most, width = most_first_lines(self.size.height), self.size.width - 2
        if self._notice.say(*first.lines(moment, width, most), *self._rollouts(moment, width)):
            self.rearrange()

    def _rollouts(self, moment: Moment, width: int) -> tuple[Line, ...]:
        """A line for each rollout that is open or ended badly, as many as there is room for. No past has them."""
        known = self._host.controls.rollouts() if moment.newest is None and self.size.height > TINY else ()
        if not known:
            return ()
        from prodtui.model.rollout import Phase
        from prodtui.ui.rows import rollout

        told = [each for each in known if each.phase is not Phase.PROMOTED]
        return tuple(rollout.line(each, moment.now, width) for each in told[: max(1, self.size.height // 12)])

    def _make_panels(self) -> None:
        from prodtui.ui.grid import Grid
        from prodtui.ui.rows import breakers, elsewhere, events, latency, pools, services
        from prodtui.ui.widgets.pane import Pane

        for name, module, empty in (
            ("services", services, "no service known"),
            ("pools", pools, "no pool read"),
            ("breakers", breakers, "no breaker read"),
            ("latency", latency, "no latency read"),
            ("elsewhere", elsewhere, "nothing"),
            ("events", events, "nothing has changed since the start"),
        ):
            columns = module.COLUMNS
            grid = Grid(self.palette, columns, id=name, header=name in HEADED, empty=empty)
            full = latency.WIDE_COLUMNS if name == "latency" else columns
            self._panels[name] = Panel(grid, module.rows, module.heading, columns, full)
        self._guide = Pane(self.palette)
        self._guide.can_focus = False
        self.mount(self._guide, *(panel.grid for panel in self._panels.values()))
        self._panels["services"].grid.focus()

    def _settle(self) -> None:
        """Shows the panels that the size, the keys and the moment ask for; lays out again only where that changed."""
        moment = self.moment
        if not self._panels or self._guide is None or moment is None:
            return
        known = bool(moment.assessment.services)
        elsewhere = bool(self._panels["elsewhere"].grid.rows)
        names = shown(self.size.width, self.size.height, self._full, elsewhere=elsewhere) if known else ()
        self._guide.display = not known
        if names != self._names:
            self._names = names
            for name, panel in self._panels.items():
                self._dress(name, panel, moment)
        wanted = {name: self._panels[name].grid.lines_wanted() for name in names}
        if wanted != self._wanted:
            self._wanted = wanted
            if names and self._focused_panel() not in names and not self.prompt.display:
                self._panels[names[0]].grid.focus()
            self.rearrange()

    def _dress(self, name: str, panel: Panel, moment: Moment) -> None:
        """A panel as it looks among those that are shown now."""
        grid = panel.grid
        full = self._names == (name,)
        grid.display = name in self._names
        grid.heading = self._heading(name, moment)
        headed = (full or name in HEADED) and self.size.height > TINY
        grid.recolumn(panel.full_columns if full else panel.columns, header=headed)
        first = bool(self._names) and name == self._names[0]
        grid.blank_above = int(not first or is_wide(*self.size))
        grid.repaint()

    def _heading(self, name: str, moment: Moment) -> Line:
        """A panel's title; the first one's names all panels by their keys where not all are shown."""
        own = self._panels[name].heading(moment)
        if not self._names or name != self._names[0] or "pools" in self._names[1:]:
            return own
        bad = {other: sum(row.badness == 3 for row in self._panels[other].grid.rows) for other in NAMES[1:4]}
        return tabs(name, own, bad)

    def _focused_panel(self) -> str | None:
        return self.focused.id if self.focused is not None else None

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self._notice.above = int(is_wide(self.size.width, self.size.height))
        notice = Region(0, area.y, area.width, min(self._notice.lines_wanted, max(1, area.height // 3)))
        area = Region(0, notice.bottom, area.width, area.height - notice.height)
        if not self._names:
            return {self._notice: notice, **({self._guide: area.shrink((1, 0, 0, 1))} if self._guide else {})}
        found = places(area, self._names, self._wanted)
        return {self._notice: notice, **{self._panels[name].grid: region for name, region in found.items()}}

    def on_resize(self, _: Resize) -> None:
        if self.moment is not None and self._panels:
            self._tell_first(self.moment)
        self._settle()

    # What keys do

    def action_panel(self, name: str) -> None:
        if self._panels and self.moment and self.moment.assessment.services:
            self._full = None if self._full == name else name
            self._settle()
            self.say_keys()
            self._panels[name].grid.focus()

    def full(self, name: str) -> None:
        """Shows one panel full."""
        if self._full != name:
            self.action_panel(name)

    def can_go_back(self) -> bool:
        return self._full is not None or super().can_go_back()

    def action_back(self) -> None:
        if self._full is not None and not self.noted():
            self._full = None
            self._settle()
            self.say_keys()
        else:
            super().action_back()

    def service_asked(self) -> str | None:
        """The service of the row under the cursor."""
        from prodtui.ui.rows.belonging import owner

        panel = self._panels.get(self._focused_panel() or "")
        key, moment = panel.grid.selected if panel else None, self.moment
        if panel is None or key is None or moment is None:
            return None
        if panel.grid.id in ("services", "latency"):
            return key
        if panel.grid.id == "events":
            event = self._event(key)
            return event.service if event is not None and event.service in moment.views else None
        if key.startswith("check:"):
            return key.split(":", 2)[1]
        return None if key.startswith("source:") else owner(key, moment)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        if event.grid.id in ("services", "latency"):
            self.open_subject("", event.key)
        elif event.grid.id == "events":
            found = self._event(event.key)
            if found is not None:
                self.open_subject(f"source:{found.name}" if found.kind == "source" else found.key, found.service)
        else:
            self.open_subject(event.key)

    def _event(self, key: str) -> Event | None:
        from prodtui.ui.rows.events import key_of

        return next((e for e in self.moment.events if key_of(e) == key), None) if self.moment else None
