"""One record whole: a pool, a breaker, a database, a cluster. The raw row, what stands behind it, its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

from prodtui.model.subject import parts
from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.rows import record as rows
from prodtui.ui.screens.page import Page
from prodtui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from prodtui.model.moment import Moment


class RecordPage(Page):
    """Everything that a source reported of one entity."""

    def __init__(self, palette: Palette, subject: str, crumbs: tuple[str, ...]) -> None:
        super().__init__(palette)
        self.subject = subject
        self.crumbs = (*crumbs, parts(subject)[2])
        self.pane = Pane(palette)
        self.pane.blank_above = 1

    def body(self) -> Iterable[Widget]:
        return (self.pane,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        return {self.pane: area}

    def on_mount(self) -> None:
        self.pane.focus()

    def shown(self, moment: Moment) -> None:
        record = rows.record_of(self.subject, moment)
        if record is None:
            self.pane.load("gone", ((self.subject, "strong"), (" gone", "warn")), lambda _: _gone(self.subject, moment))
            return
        heading: Line = ((rows.title_of(self.subject, record), "strong"), (f" from {parts(self.subject)[1]}", "dim"))
        self.pane.load(self.subject, heading, lambda _: _lines(self.subject, moment))


def _lines(subject: str, moment: Moment) -> list[Line]:
    record = rows.record_of(subject, moment)
    if record is None:
        return []
    found = [rows.since_line(subject, record, moment), (), *rows.fields(record)]
    behind = rows.behind(subject, record, moment)
    if behind:
        found += [(), (("behind it", "dim"),), *behind]
    past = rows.history(subject, moment)
    if past:
        found += [(), (("history", "dim"),), *past]
    return found


def _gone(subject: str, moment: Moment) -> list[Line]:
    return [(("Its source no longer reports it.", ""),), (), *rows.history(subject, moment)]
