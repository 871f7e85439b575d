"""One service: its score as a sum that adds up, and the evidence of the selected check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Resize

from prodtui.model.records import HealthCheck, Instance
from prodtui.model.subject import parts
from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import checks, evidence, since, standing
from prodtui.ui.rows.record import record_of
from prodtui.ui.screens.split import SplitPage

if TYPE_CHECKING:
    from prodtui.model.assessment import CheckResult, ServiceAssessment
    from prodtui.model.moment import Moment
    from prodtui.ui.line import Line

TALL = 30
MOST_NOTES = 2
"""Notes at the head of the page; `w` tells all."""


class ServicePage(SplitPage):
    """Why the service has its score."""

    left_share = 0.57

    def __init__(self, palette: Palette, service: str, check: str | None = None) -> None:
        super().__init__(palette, checks.COLUMNS)
        self.service = service
        self.crumbs = ("overview", service)
        self._first = check

    def on_resize(self, _: Resize) -> None:
        if self.moment is not None:
            self.shown(self.moment)  # the head is shorter on a small screen

    def service_asked(self) -> str | None:
        return self.service

    def shown(self, moment: Moment) -> None:
        service = moment.assessment.service(self.service)
        if service is None:
            self.about.say(((self.service, "strong"), ("  is no longer reported by any source", "warn")))
            return
        if self.about.say(*_about(service, moment, short=self.size.height < TALL)):
            self.rearrange()
        rows = checks.rows(service, moment)
        self.list.load(rows, checks.heading(service), landing=checks.worst(service), foot=checks.total(service))
        if self._first is not None:
            self.list.select(self._first)
            self._first = None
        self.tell_selected()

    @property
    def check(self) -> CheckResult | None:
        """The selected check."""
        service = self.moment.assessment.service(self.service) if self.moment else None
        if service is None:
            return None
        return next((check for check in service.checks if check.id == self.list.selected), None)

    def tell_selected(self) -> None:
        check, moment = self.check, self.moment
        service = moment.assessment.service(self.service) if moment else None
        if check is not None and service is not None and moment is not None:
            self.pane.load(
                check.id, evidence.heading(check), lambda width: evidence.lines(check, service, moment, width)
            )
        else:
            self.pane.load("", (("evidence", "strong"),), lambda _: ())

    def on_grid_opened(self, _: Grid.Opened) -> None:
        check, moment = self.check, self.moment
        if check is None or moment is None:
            return
        for subject in check.subjects[:1]:
            record = record_of(subject, moment)
            if isinstance(record, HealthCheck | Instance):
                self._open_health(subject, record)
                return
            if record is not None:
                from prodtui.ui.screens.record import RecordPage

                self.open(RecordPage(self.palette, subject, self.crumbs))
                return
        if check.pillar == "availability" and moment.views[self.service].health:
            self._open_health(None, None)
        else:
            self.pane.focus()

    def _open_health(self, subject: str | None, record: HealthCheck | Instance | None) -> None:
        from prodtui.ui.screens.health import HealthPage

        instance = None
        if isinstance(record, Instance):
            instance, subject = record.id, None
        elif subject is not None and parts(subject)[0] != "health":
            subject = None
        self.open(HealthPage(self.palette, self.service, subject, instance))


def _about(service: ServiceAssessment, moment: Moment, *, short: bool) -> list[Line]:
    """What it is, what changed since it was last accepted, and what there is to say of its rules."""
    notes = standing.notes(service, moment.assessment)
    found = [checks.about(service, moment.views[service.name]), *since.lines(service, moment)]
    if short and len(notes) > 1:
        return [
            *found,
            (("▲ ", "warn"), (f"{len(notes)} notes: ", ""), ("w", "strong accent"), (f"  {notes[0].text}", "dim")),
        ]
    found += [(("▲ ", "warn"), (note.text, "")) for note in notes[:MOST_NOTES]]
    if len(notes) > MOST_NOTES:
        found.append((("▲ ", "warn"), (f"and {len(notes) - MOST_NOTES} more: ", ""), ("w", "strong accent")))
    return found
