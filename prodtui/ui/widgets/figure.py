"""A figure: lines made for a width under a title; it is looked at, nothing in it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from prodtui.ui.line import Line, strip, title
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.lines import Lines


class Figure(Lines):
    """A titled drawing."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.blank_above = 0
        self._heading: Line = ()
        self._tail: Line = ()
        self._made: Callable[[int], Sequence[Line]] = lambda _: ()

    def load(self, heading: Line, made: Callable[[int], Sequence[Line]], *, tail: Line = ()) -> None:
        """Shows the lines that `made` gives for a width."""
        self._heading, self._made, self._tail = heading, made, tail
        self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Strip]:  # noqa: ARG002 — what is too much is cut below
        named = strip(title(self._heading, width, tail=self._tail), width, self.palette)
        drawn = [strip(((" ", ""), *line), width, self.palette) for line in self._made(max(1, width - 2))]
        return [*[self._blank(width)] * self.blank_above, named, *drawn]
