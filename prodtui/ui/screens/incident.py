"""A page of the incident: `f` leads to what broke first, and whatever a row is about opens as its own screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from prodtui.ui.screens.page import Page

if TYPE_CHECKING:
    from prodtui.model.moment import Moment

_BESIDE_OPEN = ("first cause", "tab")


class IncidentPage(Page):
    """What every page shares that stands between the overview and the evidence."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "first", "first cause", id="first_cause")]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "first":
            return self.moment is not None and bool(self.moment.assessment.services)
        return super().check_action(action, parameters)

    def keys(self) -> list[tuple[str, str]]:
        """What broke first, and the tabs, stand beside what opens: not behind the help."""
        found = super().keys()
        own = [hint for hint in found if hint[1] in _BESIDE_OPEN]
        rest = [hint for hint in found if hint not in own]
        at = 1 if rest and rest[0][0] == "enter" else 0
        return [*rest[:at], *own, *rest[at:]]

    def action_first(self) -> None:
        """Opens what broke first; where one came from there, goes back to it."""
        from prodtui.ui.screens.first import FirstPage

        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        if isinstance(below, FirstPage):
            self.app.pop_screen()
        else:
            self.open(FirstPage(self.palette))

    def open_subject(self, subject: str, service: str = "") -> bool:
        """Opens what a subject names, else the service it is of; says whether there was anything to open."""
        page = page_of(self, subject, service)
        if page is not None:
            self.open(page)
        return page is not None


def page_of(at: Page, subject: str, service: str = "") -> Page | None:
    """The screen of a check, a source, a service, a health check, an instance, or any record; None where it is gone."""
    from prodtui.model.records import HealthCheck, Instance, Service
    from prodtui.ui.rows.record import record_of

    moment = at.moment
    if moment is None:
        return None
    if subject.startswith("check:") and subject.count(":") > 1:
        _, name, check = subject.split(":", 2)
        return _service(at, moment, name, check)
    if subject.startswith("source:"):
        from prodtui.ui.screens.sources import SourcesPage

        return SourcesPage(at.palette, subject.partition(":")[2])
    record = record_of(subject, moment) if subject.count(":") > 1 else None
    match record:
        case None:
            return _service(at, moment, service)
        case Service():
            return _service(at, moment, record.name)
        case HealthCheck() | Instance():
            from prodtui.ui.screens.health import HealthPage

            owner = record.service or service
            if owner in moment.views:
                own = isinstance(record, HealthCheck)
                return HealthPage(at.palette, owner, subject if own else None, None if own else record.id)
    from prodtui.ui.screens.record import RecordPage

    return RecordPage(at.palette, subject, at.crumbs)


def _service(at: Page, moment: Moment, name: str, check: str | None = None) -> Page | None:
    from prodtui.ui.screens.service import ServicePage

    return ServicePage(at.palette, name, check) if name in moment.views else None
