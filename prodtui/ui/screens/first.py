"""What broke first: the causal chain as a tree with its times, and the evidence of the selected entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from prodtui.timeline.acknowledged import of_failing
from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import acknowledged, chain, first, onsets, told
from prodtui.ui.screens.split import SplitPage

if TYPE_CHECKING:
    from prodtui.model.incident import ChangeSeen, Failing
    from prodtui.model.moment import Moment
    from prodtui.ui.line import Line


class FirstPage(SplitPage):
    """Cause, consequences, candidates, suspects, blind spots; enter opens what a row is about."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "back", "back", show=False, id="first_cause")]
    left_share = 0.68

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, chain.COLUMNS)
        self.crumbs = ("overview", "first cause")
        self.list.empty = "nothing fails that is known"

    @property
    def failing(self) -> Failing | None:
        """What fails at the selected row."""
        key = self.list.selected
        return chain.failing_of(key, self.moment) if key and self.moment else None

    def service_asked(self) -> str | None:
        failing, moment = self.failing, self.moment
        service = failing.service if failing else first.top(moment) if moment else ""
        return service if moment is not None and service in moment.views else None

    def about_asked(self) -> str | None:
        """What an acknowledgement would be about: the key of what fails."""
        failing = self.failing
        return failing.key if failing else None

    def copied(self) -> str:
        """The whole tree, as somebody pastes it into a ticket."""
        if self.focused is self.pane:
            return super().copied()
        lines = (f"{row.cells[-1].whole:>19}  {' '.join(c.whole for c in row.cells[:-1])}" for row in self.list.rows)
        return "\n".join(line.rstrip() for line in lines)

    def shown(self, moment: Moment) -> None:
        self.about.say(chain.lead(moment))
        self.list.load(chain.rows(moment), chain.heading(moment))
        self.tell_selected()

    def tell_selected(self) -> None:
        key, moment, failing = self.list.selected, self.moment, self.failing
        if key is None or moment is None:
            self.pane.load("", (("evidence", "strong"),), lambda _: ())
            return
        suspect = chain.suspect_of(key, moment)
        if failing is not None:
            heading = told.heading(failing.subject, moment) or ((failing.name, "strong"),)
            self.pane.load(key, heading, lambda width: _failing(failing, moment, width))
        elif suspect is not None:
            self.pane.load(key, ((first.change(suspect), "strong"),), lambda _: _suspect(suspect, moment))
        else:
            heading = told.heading(key, moment) or ()
            self.pane.load(key, heading, lambda width: told.lines(key, moment, width))

    def on_grid_opened(self, event: Grid.Opened) -> None:
        failing, moment = self.failing, self.moment
        if moment is None:
            return
        suspect = chain.suspect_of(event.key, moment)
        if failing is not None:
            opened = self.open_subject(failing.subject, failing.service)
        elif suspect is not None:
            opened = self.open_subject("", suspect.service)
        else:
            opened = self.open_subject(event.key)
        if not opened:
            self.pane.focus()


def _failing(failing: Failing, moment: Moment, width: int) -> list[Line]:
    """Who has seen it, what fails of it and when that began, then the evidence."""
    lines: list[Line] = [acknowledged.line(said, moment.now) for said in of_failing(failing, moment)]
    began: Line = (("began   ", "dim"), (onsets.onset(failing.onset, moment.now), ""))
    lines += [((failing.what, "strong bad"),), began]
    if failing.service and failing.service != failing.name:
        lines.append((("service ", "dim"), (failing.service, "")))
    evidence = told.lines(failing.subject, moment, width)
    return [*lines, (), *evidence] if evidence else lines


def _suspect(seen: ChangeSeen, moment: Moment) -> list[Line]:
    """What changed, and what is known of the service since."""
    from prodtui.ui import format as fmt
    from prodtui.ui.rows import since

    lines: list[Line] = [
        (("changed ", "dim"), (fmt.moment(seen.at, moment.now), "")),
        (("from    ", "dim"), (seen.before or "?", "")),
        (("to      ", "dim"), (seen.after or "?", "accent")),
    ]
    service, view = moment.assessment.service(seen.service), moment.views.get(seen.service)
    if view is not None:
        lines += [(), (("instances", "dim"),)]
        for said in view.instances:
            mark = "accent" if said.record.version == seen.after else "dim"
            lines.append(((f"{said.record.id}  ", ""), (said.record.version or "?", mark)))
    if service is not None and (told_since := since.lines(service, moment)):
        lines += [(), *told_since]
    return lines
