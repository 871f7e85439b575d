"""A rollout as it goes, for whoever looks at it from the dashboard; it is driven elsewhere, and only looked at here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual.events import Resize
from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.rows import rollout as said
from prodtui.ui.screens.incident import IncidentPage
from prodtui.ui.screens.rollout_parts import RolloutParts

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.model.rollout import Rollout

NONE: tuple[Line, ...] = (
    (("No rollout is open, and none ended within the last hour.", "strong"),),
    (("prodtui rollout start PLAN", "strong accent"), ("   begins one", "")),
    (("prodtui rollout status", "strong accent"), ("       tells how the last one ended", "")),
    (("prodtui rollout history", "strong accent"), ("      lists those that were", "")),
)


class RolloutPage(IncidentPage):
    """The newest rollout of a service, else the first there is. It is as it is now, whatever time the rest shows."""

    def __init__(self, palette: Palette, service: str = "") -> None:
        super().__init__(palette)
        self.service = service
        self.crumbs = ("overview", "rollout", service) if service else ("overview", "rollout")
        self.parts = RolloutParts(palette)

    def body(self) -> Iterable[Widget]:
        return self.parts.widgets

    def body_places(self, area: Region) -> Mapping[Widget, Region]:
        return self.parts.places(area)

    def on_mount(self) -> None:
        self.parts.criteria.focus()

    def on_resize(self, _: Resize) -> None:
        if self.moment is not None:
            self.shown(self.moment)

    def on_grid_selected(self) -> None:
        self.parts.tell_selected()

    def on_grid_opened(self) -> None:
        """The plot of a criterion stands in the steps' place, or goes again."""
        self.parts.plotted = not self.parts.plotted
        self.rearrange()

    def service_asked(self) -> str | None:
        rollout = self._rollout()
        known = self.moment.views if self.moment else {}
        return rollout.service if rollout is not None and rollout.service in known else None

    def _rollout(self) -> Rollout | None:
        rollouts = self._host.controls.rollouts()
        return next((each for each in rollouts if each.service == self.service), None) or next(iter(rollouts), None)

    def shown(self, moment: Moment) -> None:
        rollout = self._rollout()
        if rollout is None:
            other = self.parts.say(*NONE)
        else:
            about: Line = (*said.versions(rollout), ("  ", ""), said.phase(rollout))
            if moment.newest is not None:
                about = (*about, ("  as it is now", "warn"))
            other = self.parts.show(rollout, moment.newest or moment.now, self.size.width, about)
        if other:
            self.rearrange()
