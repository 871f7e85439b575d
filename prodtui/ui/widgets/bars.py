"""The lines at the screen's edges: header, notice, footer, and the prompt that takes the footer's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from prodtui.ui.line import Line, between, clipped, cut, length, line_length, strip
from prodtui.ui.palette import Palette
from prodtui.ui.typed import Typed
from prodtui.ui.widgets.lines import Lines

CURSOR = "reversed"
"""The style of the character that the cursor stands on."""


class Bar(Lines):
    """One line on a ground, from a function of the width."""

    def __init__(self, palette: Palette, *, ground: str = "ground", above: int = 0) -> None:
        super().__init__(palette)
        self._ground = ground
        self.above = above
        self._said: Callable[[int], tuple[Line, Line]] = lambda _: ((), ())

    def say(self, left: Line, right: Line = ()) -> None:
        self.say_by_width(lambda _: (left, right))

    def say_by_width(self, said: Callable[[int], tuple[Line, Line]]) -> None:
        self._said = said
        self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        left, right = self._said(width)
        blank = self._blank(width)
        return [
            *[blank] * min(self.above, height - 1),
            strip((*between(left, right, width - 1), (" ", "")), width, self.palette, self._ground),
        ]


def hints(bindings: Sequence[tuple[str, str]], width: int) -> Line:
    """Keys and what they do, for the footer. Where they don't fit those before the last go: that one is for help."""
    kept = list(bindings)
    while len(kept) > 1 and 1 + sum(length(key) + length(does) + 3 for key, does in kept) > width:
        del kept[-2]
    runs: list[tuple[str, str]] = [(" ", "")]
    for key, does in kept:
        runs += [(key, "strong accent"), (f" {does}  ", "dim")]
    return tuple(runs)


class Prompt(Lines, can_focus=True):
    """A line to type in. Whoever opened it hands it the keys."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.sign = ""
        self.keys: Sequence[tuple[str, str]] = ()
        self.told: Line = ()
        """What is said of the text."""
        self.typed = Typed()

    def draw(self, width: int, height: int) -> Sequence[Strip]:  # noqa: ARG002 — one line, whatever the height
        left = self._left(width - 2)
        keys = tuple(run for key, does in self.keys for run in ((key, "strong accent"), (f" {does}  ", "dim")))
        gap: Line = (("   ", ""),) if self.told else ()
        room = width - 2 - line_length(left)
        # What is said of the text is worth more than the names of the keys, and the text more than either.
        whole: Line = (*self.told, *gap, *keys)
        right = whole if line_length(whole) <= room else clipped(self.told, max(0, room - 1))
        return [strip((*between(left, right, width - 1), (" ", "")), width, self.palette, "bar")]

    def _left(self, width: int) -> Line:
        """The sign and the text; of a text that is too long what stands before the cursor."""
        text, at = self.typed
        sign = cut(self.sign, max(1, width // 2))
        room = max(1, width - 2 - length(sign))
        start = 0
        while length(text[start:at]) > room:
            start += 1
        before, under, after = text[start:at], text[at : at + 1] or " ", text[at + 1 :]
        return ((f" {sign}", "strong accent"), (before, "strong"), (under, CURSOR), (after, "strong"))
