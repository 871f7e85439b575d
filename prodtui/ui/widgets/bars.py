"""The lines at the screen's edges: header, notice, footer, and the prompt that takes the footer's place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.events import Key
from textual.strip import Strip

from prodtui.ui.line import Line, between, length, strip
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.lines import Lines


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

    sign: ClassVar[str] = "/"

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.text = ""
        self.found = ""

    def draw(self, width: int, height: int) -> Sequence[Strip]:  # noqa: ARG002 — one line, whatever the height
        left: Line = ((f" {self.sign}", "strong accent"), (self.text, "strong"), ("█", "accent"))
        right: Line = (
            (f"{self.found}   ", "dim"),
            ("enter", "strong accent"),
            (" keep  ", "dim"),
            ("esc", "strong accent"),
            (" clear  ", "dim"),
            ("!", "strong accent"),
            (" not ", "dim"),
        )
        return [strip((*between(left, right, width - 1), (" ", "")), width, self.palette, "bar")]

    def take(self, event: Key) -> bool:
        """Types a key; says whether it was one to type."""
        if event.key in ("backspace", "ctrl+h"):
            self.text = self.text[:-1]
        elif event.key == "ctrl+u":
            self.text = ""
        elif event.character is not None and event.character.isprintable():
            self.text += event.character
        else:
            return False
        return True
