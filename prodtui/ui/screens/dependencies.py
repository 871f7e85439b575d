"""The whole graph: who calls whom and what each stands on, as an indented tree with the state of every part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import checks, dependencies, told
from prodtui.ui.screens.split import SplitPage

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.ui.line import Line
    from prodtui.ui.widgets.pane import Pane


class DependenciesPage(SplitPage):
    """From what nobody calls, down to the databases."""

    left_share = 0.6

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, dependencies.COLUMNS)
        self.crumbs = ("overview", "dependencies")
        self.list.empty = "no service is known"

    def service_asked(self) -> str | None:
        key = self.list.selected
        return dependencies.service_of(dependencies.subject_of(key)) if key else None

    def shown(self, moment: Moment) -> None:
        self.about.say((("as declared, and as breakers and pools show it", "dim"),))
        rows = dependencies.rows(moment)
        self.list.load(rows, dependencies.heading(moment), landing=dependencies.landing(moment, rows))
        self.tell_selected()

    def tell_selected(self) -> None:
        tell(self.pane, self.list.selected, self.moment)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        subject = dependencies.subject_of(event.key)
        if not self.open_subject(subject, dependencies.service_of(subject) or ""):
            self.pane.focus()


def tell(pane: Pane, key: str | None, moment: Moment | None) -> None:
    """Shows in a pane what a row of dependencies is about: a service in short, else the record."""
    if key is None or moment is None:
        pane.load("", (("evidence", "strong"),), lambda _: ())
        return
    subject = dependencies.subject_of(key)
    name = dependencies.service_of(subject)
    if name is None:
        heading = told.heading(subject, moment) or ((subject, "strong"),)
        pane.load(key, heading, lambda width: told.lines(subject, moment, width))
    else:
        pane.load(key, ((name, "strong"),), lambda _: _service(name, moment))


def _service(name: str, moment: Moment) -> list[Line]:
    """What it is, and every check that does not pass."""
    service, view = moment.assessment.service(name), moment.views.get(name)
    if service is None or view is None:
        return [(("No source of this environment reads it: its state is not known.", "unknown"),)]
    return [checks.described(service, view), (), *(checks.failing(service) or [(("every check passes", "dim"),)])]
