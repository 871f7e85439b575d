"""A service's health checks: everything there is of the selected one, and a re-run now."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from prodtui.model.records import HealthCheck
from prodtui.ui.grid import Grid
from prodtui.ui.palette import Palette
from prodtui.ui.rows import healths
from prodtui.ui.rows.record import record_of
from prodtui.ui.screens.split import SplitPage

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.model.rerun import Rerun


class HealthPage(SplitPage):
    """The raw truth of a health check."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "rerun", "re-run", id="rerun"),
        Binding("y", "copy", "copy", id="copy"),
    ]
    left_share = 0.42

    class RerunAsked(Message):
        """A person wants the check made again, now."""

        def __init__(self, page: HealthPage, key: str, check: HealthCheck) -> None:
            super().__init__()
            self.page, self.key, self.check = page, key, check

    def __init__(self, palette: Palette, service: str, subject: str | None, instance: str | None = None) -> None:
        super().__init__(palette, healths.COLUMNS)
        self.service = service
        self.crumbs = ("overview", service, "health")
        self._first = subject
        self._instance = instance
        self._again: dict[str, Rerun | str] = {}

    def service_asked(self) -> str | None:
        return self.service

    @property
    def check(self) -> HealthCheck | None:
        """The selected health check."""
        key = self.list.selected
        found = record_of(key, self.moment) if key and self.moment else None
        return found if isinstance(found, HealthCheck) else None

    def shown(self, moment: Moment) -> None:
        rows = healths.rows(self.service, moment)
        bad = sum(row.badness > 1 for row in rows)
        said = f"{bad} of {len(rows)} not passing" if bad else f"all {len(rows)} passing" if rows else "none"
        self.about.say(((self.service, "strong"), (f"  health checks: {said}", "bad" if bad else "dim")))
        self.list.load(rows, (("Health checks", "strong"), (f" {len(rows)}", "dim")))
        single = len(rows) == 1
        if self.list.display is single:
            self.list.display = not single
            self.rearrange()
            (self.pane if single else self.list).focus()
        if self._first is None and self._instance is not None:
            of_instance = (row.key for row in rows if row.cells[1].text == self._instance)
            self._first, self._instance = next(of_instance, None), None
        if self._first is not None:
            self.list.select(self._first)
            self._first = None
        self.tell_selected()

    def tell_selected(self) -> None:
        key, check, moment = self.list.selected, self.check, self.moment
        if key is None or check is None or moment is None:
            self.pane.load("", (("no health check", "dim"),), lambda _: ())
            return
        again = self._again.get(key)
        self.pane.load(key, healths.heading(key, check), lambda _: healths.lines(key, check, moment, again))

    def on_grid_opened(self, _: Grid.Opened) -> None:
        self.pane.focus()

    def copied(self) -> str:
        return self.check.output if self.check is not None else ""

    def action_rerun(self) -> None:
        """Makes the selected check again, once at a time."""
        key, check = self.list.selected, self.check
        if key is None or check is None or self._again.get(key) == _RUNNING:
            return
        if not check.definition.url:
            self._again[key] = "not possible: the registry reports no URL for this check"
            self.tell_selected()
            return
        self._again[key] = _RUNNING
        self.tell_selected()
        self.post_message(self.RerunAsked(self, key, check))

    def made_again(self, key: str, rerun: Rerun) -> None:
        """Shows the result of a re-run."""
        self._again[key] = rerun
        self.tell_selected()


_RUNNING = "running…"
