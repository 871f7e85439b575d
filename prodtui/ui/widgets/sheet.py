"""Lines made for a size, under a title: what is looked at and not walked through."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from prodtui.ui.line import Line, strip, title
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.lines import Lines


class Sheet(Lines):
    """What `made` gives for the width and the height."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.blank_above = 0
        self._heading: Line = ()
        self._made: Callable[[int, int], Sequence[Line]] = lambda _, __: ()

    def load(self, heading: Line, made: Callable[[int, int], Sequence[Line]]) -> None:
        self._heading, self._made = heading, made
        self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        room = max(0, height - self.blank_above - 1)
        return [
            *[self._blank(width)] * self.blank_above,
            strip(title(self._heading, width), width, self.palette),
            *(strip(line, width, self.palette) for line in self._made(width, room)[:room]),
        ]
