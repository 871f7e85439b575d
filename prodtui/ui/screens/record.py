"""One record whole: a pool, a breaker, a database, a cluster. The raw row, what stands behind it, its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.widget import Widget

from prodtui.model.subject import parts
from prodtui.ui.palette import Palette
from prodtui.ui.rows import told
from prodtui.ui.rows.belonging import onward, owner
from prodtui.ui.rows.record import record_of
from prodtui.ui.screens.incident import IncidentPage
from prodtui.ui.screens.split import TALL
from prodtui.ui.widgets.pane import Pane

if TYPE_CHECKING:
    from prodtui.model.moment import Moment


class RecordPage(IncidentPage):
    """Everything that a source reported of one entity."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "open", id="open")]

    def __init__(self, palette: Palette, subject: str, crumbs: tuple[str, ...]) -> None:
        super().__init__(palette)
        self.subject = subject
        self.crumbs = (*crumbs, parts(subject)[2].strip("/"))
        self.pane = Pane(palette)
        self._leads_to: str | None = None

    def body(self) -> Iterable[Widget]:
        return (self.pane,)

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        self.pane.blank_above = int(area.height >= TALL)
        return {self.pane: area}

    def on_mount(self) -> None:
        self.pane.focus()

    def service_asked(self) -> str | None:
        return self.crumbs[1] if len(self.crumbs) > 2 else owner(self.subject, self.moment) if self.moment else None

    def shown(self, moment: Moment) -> None:
        record = record_of(self.subject, moment)
        if self._leads_to is None and record is not None:
            self._leads_to = onward(self.subject, moment)
            self.say_keys()
        heading = told.heading(self.subject, moment)
        if heading is None:
            gone = ((self.subject, "strong"), (" gone", "warn"))
            self.pane.load("gone", gone, lambda _: told.gone(self.subject, moment))
        else:
            self.pane.load(self.subject, heading, lambda width: told.lines(self.subject, moment, width))

    def keys(self) -> list[tuple[str, str]]:
        hints = super().keys()
        return [(key, f"open {self._leads_to}" if does == "open" else does) for key, does in hints]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open":
            # The way that one came is no way on.
            return self._leads_to is not None and self._leads_to not in self.crumbs
        return super().check_action(action, parameters)

    def action_open(self) -> None:
        """On to the service: a breaker's callee, else the one that the entity belongs to."""
        if self._leads_to is not None:
            from prodtui.ui.screens.service import ServicePage

            self.open(ServicePage(self.palette, self._leads_to))
