"""The lines at the head of a page: as many as there is something to say."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from prodtui.ui.line import Line, clipped, strip
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.lines import Lines


class Lead(Lines):
    """What the page is about. The first line stands always."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.above = 0
        """Blank lines above the first."""
        self._said: tuple[Line, ...] = ((),)

    @property
    def lines_wanted(self) -> int:
        return self.above + len(self._said)

    def say(self, *lines: Line) -> bool:
        """Shows these lines; says whether their number changed, and with it the place that they need."""
        before, self._said = len(self._said), lines or ((),)
        self.repaint()
        return len(self._said) != before

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        said = [strip(((" ", ""), *clipped(line, width - 2)), width, self.palette) for line in self._said]
        return [*[self._blank(width)] * min(self.above, max(0, height - 1)), *said]
