"""What a rollout's screen shows, wherever it is shown: decision, stages, samples, criteria and steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

from prodtui.ui.grid import Grid
from prodtui.ui.line import Line
from prodtui.ui.palette import Palette
from prodtui.ui.rows import rollout as said
from prodtui.ui.rows import rollout_criteria as criteria
from prodtui.ui.rows import rollout_plot as plots
from prodtui.ui.rows import rollout_stages as stages
from prodtui.ui.screens.split import TALL
from prodtui.ui.widgets.lead import Lead
from prodtui.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from prodtui.model.rollout import Rollout

BAR = 4
"""Lines of the bar: title, names, bar, lengths."""
LEAST = 14
"""With fewer lines only the decision, the samples and the criteria have room."""
MOST_STRIPS = 6
PLOT = 9
"""Lines from which on a plot says something; it takes what is left up to `TALLEST`."""
TALLEST = 16
STEPS_BESIDE = 7
"""Lines of steps, beyond which a plot is worth more than older ones."""
STEPS = 4
"""Lines that the steps keep, title included, however many criteria there are."""


class RolloutParts:
    """The widgets, what they are told, and where they stand."""

    def __init__(self, palette: Palette) -> None:
        self.decision = Lead(palette)
        self.bar = Sheet(palette)
        self.strips = Sheet(palette)
        self.criteria = Grid(palette, criteria.COLUMNS, id="criteria", empty="nothing was compared yet")
        self.steps = Grid(palette, criteria.STEP_COLUMNS, id="steps", header=False, empty="nothing happened yet")
        self.plot = Sheet(palette)
        self.plotted = False
        """Whether the plot is wanted in the place of the steps, where both have no room."""
        self._shown: Rollout | None = None
        self._strips_wanted = 1

    @property
    def widgets(self) -> tuple[Widget, ...]:
        return (self.decision, *self._parts)

    @property
    def _parts(self) -> tuple[Sheet | Grid, ...]:
        """What is there while there is a rollout."""
        return (self.bar, self.strips, self.criteria, self.steps, self.plot)

    def say(self, *lines: Line) -> bool:
        """There is no rollout: these lines stand instead. Says whether the parts need other places."""
        self._shown = None
        for part in self._parts:
            part.display = False
        return self.decision.say(*lines)

    def show(self, rollout: Rollout, now: float, width: int, *above: Line) -> bool:
        """Shows a rollout at a time, with lines above its decision; says whether the parts need other places.

        Of a rollout that is shown already only what time alone changes is told anew.
        """
        moved = self.decision.say(*above, *said.decision(rollout, now, width - 2))
        self.bar.load(stages.heading(rollout, now), lambda width, _: inset(stages.bar(rollout, now, width - 2)))
        if rollout is self._shown:
            return moved
        moved |= self._shown is None
        self._shown = rollout
        wanted = self._wanted
        for part in self._parts:
            part.display = True
        self.strips.load(
            stages.strip_heading(rollout), lambda width, height: inset(stages.strips(rollout, width - 2, height))
        )
        self._strips_wanted = len(stages.strips(rollout, width, MOST_STRIPS))
        self.criteria.load(criteria.rows(rollout), criteria.heading(rollout, now))
        self.steps.load(criteria.step_rows(rollout, now), criteria.steps_heading(rollout))
        self.tell_selected()
        return moved or wanted != self._wanted

    @property
    def _wanted(self) -> tuple[int, int, int]:
        """Lines of what grows."""
        return self._strips_wanted, self.criteria.lines_wanted(), self.steps.lines_wanted()

    def tell_selected(self) -> None:
        """Plots the criterion that is selected."""
        rollout, criterion = self._shown, self.criteria.selected
        if rollout is not None:
            self.plot.load(
                plots.heading(rollout, criterion),
                lambda width, height: inset(plots.lines(rollout, criterion, width - 2, height)),
            )

    def places(self, area: Region) -> Mapping[Widget, Region]:
        """Where each stands; the smaller the screen, the fewer."""
        tall = int(area.height >= TALL)
        self.decision.above = tall
        for part in self._parts:
            part.blank_above = tall
        found: dict[Widget, Region] = {}
        y = area.y

        def put(part: Widget, height: int) -> None:
            nonlocal y
            height = max(0, min(height, area.bottom - y))
            found[part] = Region(area.x, y, area.width, height)
            y += height

        put(self.decision, min(self.decision.lines_wanted, max(1, area.height // 3)))
        if self._shown is None:
            return found
        small = area.height < LEAST
        if not small:
            put(self.bar, tall + BAR)
        put(self.strips, tall + 1 + min(self._strips_wanted, MOST_STRIPS if tall else 1 if small else 2))
        if small:
            put(self.criteria, area.bottom - y)
            return found
        put(self.criteria, min(self.criteria.lines_wanted(), area.bottom - y - STEPS - tall))
        steps, left = self.steps.lines_wanted(), area.bottom - y
        if (spare := left - min(steps, STEPS_BESIDE)) >= PLOT:
            put(self.plot, min(TALLEST, max(PLOT, left - steps), spare))
        elif self.plotted:
            put(self.plot, left)
        put(self.steps, area.bottom - y)
        return found


def inset(lines: Sequence[Line]) -> list[Line]:
    """The lines, one cell from the edge."""
    return [((" ", ""), *line) for line in lines]
