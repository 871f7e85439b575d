"""One service in seven tabs: its score as a sum that adds up, and all that it is made of, with the evidence beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region
from textual.widget import Widget

from prodtui.model.records import Instance
from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import checks, dependencies, evidence, since, standing, told
from prodtui.ui.rows import service_tabs as tabs
from prodtui.ui.rows.record import record_of
from prodtui.ui.screens.split import SplitPage

if TYPE_CHECKING:
    from prodtui.model.assessment import CheckResult, ServiceAssessment
    from prodtui.model.moment import Moment
    from prodtui.model.service_view import ServiceView
    from prodtui.ui.line import Line

TALL = 30
MOST_NOTES = 2
"""Notes at the head of the page; `w` tells all."""


class ServicePage(SplitPage):
    """Why the service has its score, and what it stands on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('checks')", "tab", key_display="1–7", id="tab_checks"),
        *(
            Binding(str(n), f"tab('{name}')", name, show=False, id=f"tab_{name}")
            for n, name in enumerate(tabs.NAMES[1:], 2)
        ),
    ]
    left_share = 0.57

    def __init__(self, palette: Palette, service: str, check: str | None = None, tab: str = "checks") -> None:
        super().__init__(palette, tabs.COLUMNS[tab])
        self.list.header, self.list.empty = tab in tabs.HEADED, tabs.EMPTY.get(tab, "")
        self.service = service
        self.crumbs = ("overview", service)
        self.tab = tab
        self._first = check
        self._lists = {tab: self.list}

    def on_resize(self, _: Resize) -> None:
        if self.moment is not None:
            self.shown(self.moment)  # the head is shorter on a small screen

    def service_asked(self) -> str | None:
        return self.service

    # What is shown

    def shown(self, moment: Moment) -> None:
        service, view = moment.assessment.service(self.service), moment.views.get(self.service)
        if service is None or view is None:
            self.about.say(((self.service, "strong"), ("  is no longer reported by any source", "warn")))
            return
        self._show_list()
        head = _about(service, moment, short=self.size.height < TALL)
        lists = {tab: tabs.rows(tab, service, view, moment) for tab in {*tabs.COUNTED, self.tab}}
        failing = tabs.failing({tab: lists[tab] for tab in tabs.COUNTED})
        bar = tabs.bar(self.tab, failing, self.size.width - 2)
        if self.about.say(*head, bar):
            self.rearrange()
        if self.tab == "checks":
            heading, worst, total = checks.heading(service), checks.worst(service), checks.total(service)
            self.list.load(lists["checks"], heading, landing=worst, foot=total)
            if self._first is not None:
                self.list.select(self._first)
                self._first = None
        elif self.tab != "latency":
            self.list.load(lists[self.tab], tabs.heading(self.tab, service, view, moment))
        self.tell_selected()

    def _show_list(self) -> None:
        """The list of the tab that is open, made when first looked at, and the focus on it."""
        if self.tab not in self._lists:
            header = self.tab in tabs.HEADED
            grid = Grid(self.palette, tabs.COLUMNS[self.tab], header=header, empty=tabs.EMPTY.get(self.tab, "nothing"))
            self._lists[self.tab] = grid
            self.mount(grid, before=self.pane)
        wanted = self._lists[self.tab]
        if wanted is self.list and (wanted.display, self.pane.display) == (
            self.tab != "latency",
            self.tab != "history",
        ):
            return
        for grid in self._lists.values():
            grid.display = grid is wanted and self.tab != "latency"
        self.list = wanted
        self.pane.display = self.tab != "history"
        self.list.narrow(self.list.keep, problems_only=self.problems_only)
        self.set_focus(self.pane if self.tab == "latency" else self.list, scroll_visible=False)
        self.rearrange()

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        found = dict(super().body_places(area))
        if self.tab == "history" and found.pop(self.pane, None) is not None:
            head = found[self.about]
            found[self.list] = Region(0, head.bottom, area.width, area.height - head.height)
        return found

    def tell_selected(self) -> None:
        moment, key = self.moment, self.list.selected
        service = moment.assessment.service(self.service) if moment else None
        view = moment.views.get(self.service) if moment else None
        if moment is None or service is None or view is None:
            return
        about = f"{self.tab} {key}"
        if self.tab == "latency":
            self._tell_latency(service, view, moment)
        elif self.tab == "checks":
            check = self.check
            if check is not None:
                self.pane.load(about, evidence.heading(check), lambda w: evidence.lines(check, service, moment, w))
            else:
                self.pane.load("", (("evidence", "strong"),), lambda _: ())
        elif self.tab == "dependencies":
            from prodtui.ui.screens.dependencies import tell

            tell(self.pane, key, moment)
        elif key is None:
            self.pane.load("", (("evidence", "strong"),), lambda _: ())
        elif self.tab == "instances" and isinstance(instance := record_of(key, moment), Instance):
            from prodtui.ui.rows import instances

            heading: Line = ((instance.id, "strong"), (f" {instance.phase.value}", "dim"))
            self.pane.load(about, heading, lambda _: instances.lines(key, instance, view, moment))
        else:
            heading = told.heading(key, moment) or ((key, "strong"),)
            self.pane.load(about, heading, lambda width: told.lines(key, moment, width))

    def _tell_latency(self, service: ServiceAssessment, view: ServiceView, moment: Moment) -> None:
        from prodtui.ui.rows import latency_of

        height = self.pane.size.height
        self.pane.load(
            "latency",
            latency_of.heading(service),
            lambda width: latency_of.lines(service, view, moment, width, self.pane.size.height or height),
        )

    @property
    def check(self) -> CheckResult | None:
        """The selected check."""
        service = self.moment.assessment.service(self.service) if self.moment else None
        if service is None or self.tab != "checks":
            return None
        return next((check for check in service.checks if check.id == self.list.selected), None)

    # What keys do

    def action_tab(self, name: str) -> None:
        if name != self.tab:
            self.clear_filter()
            self.tab = name
            if self.moment is not None:
                self.shown(self.moment)
            self.say_keys()

    def can_go_back(self) -> bool:
        return True

    def on_grid_opened(self, event: Grid.Opened) -> None:
        check, moment = self.check, self.moment
        if moment is None:
            return
        if self.tab == "checks":
            if check is None or not self._open_check(check, moment):
                self.pane.focus()
        elif self.tab == "dependencies":
            subject = dependencies.subject_of(event.key)
            name = dependencies.service_of(subject)
            if not self.open_subject("" if name else subject, name or ""):
                self.pane.focus()
        elif self.tab == "history":
            self._open_event(event.key, moment)
        elif not self.open_subject(event.key, self.service):
            self.pane.focus()

    def _open_check(self, check: CheckResult, moment: Moment) -> bool:
        """What the check stands on: its first record, else the health checks where it is about these."""
        for subject in check.subjects[:1]:
            if record_of(subject, moment) is not None:
                return self.open_subject(subject, self.service)
        if check.pillar == "availability" and moment.views[self.service].health:
            from prodtui.ui.screens.health import HealthPage

            self.open(HealthPage(self.palette, self.service, None))
            return True
        return False

    def _open_event(self, key: str, moment: Moment) -> None:
        from prodtui.ui.rows.events import key_of

        found = next((event for event in moment.events if key_of(event) == key), None)
        if found is not None and found.key.count(":") > 1 and not found.key.startswith("check:"):
            self.open_subject(found.key, self.service)
        elif found is not None and found.key.startswith("check:"):
            self._first = found.key.split(":", 2)[2]
            self.action_tab("checks")


def _about(service: ServiceAssessment, moment: Moment, *, short: bool) -> list[Line]:
    """What it is, what changed since it was last accepted, and what there is to say of its rules."""
    from prodtui.timeline.acknowledged import of_service
    from prodtui.ui.rows import acknowledged

    notes = standing.notes(service, moment.assessment)
    found = [checks.about(service, moment.views[service.name]), *since.lines(service, moment)]
    found += [acknowledged.line(said, moment.now) for said in of_service(service.name, moment)[:1]]
    if short and len(notes) > 1:
        return [
            *found,
            (("▲ ", "warn"), (f"{len(notes)} notes: ", ""), ("w", "strong accent"), (f"  {notes[0].text}", "dim")),
        ]
    found += [(("▲ ", "warn"), (note.text, "")) for note in notes[:MOST_NOTES]]
    if len(notes) > MOST_NOTES:
        found.append((("▲ ", "warn"), (f"and {len(notes) - MOST_NOTES} more: ", ""), ("w", "strong accent")))
    return found
