"""A pane of text that scrolls: evidence, raw output, a record's fields. What it shows is runs, never markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp
from textual.strip import Strip

from prodtui.ui.line import Line, strip, title
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.lines import Searched
from prodtui.ui.wrapping import wrapped

INDENT = "  "


class Pane(Searched, can_focus=True):
    """Lines made for a width, wrapped, scrolled by the keys of a pager."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "down", show=False, id="down"),
        Binding("k,up", "scroll(-1)", "up", show=False, id="up"),
        Binding("ctrl+d", "pages(0.5)", "half a page down", show=False, id="half_page_down"),
        Binding("ctrl+u", "pages(-0.5)", "half a page up", show=False, id="half_page_up"),
        Binding("pagedown", "pages(1)", "page down", show=False, id="page_down"),
        Binding("pageup", "pages(-1)", "page up", show=False, id="page_up"),
        Binding("g,home", "scroll(-1000000)", "top", show=False, id="first"),
        Binding("G,end", "scroll(1000000)", "end", show=False, id="last"),
    ]

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.heading: Line = ()
        self.blank_above = 0
        self._made: Callable[[int], Sequence[Line]] = lambda _: ()
        self._about = ""
        self._top = 0
        self._length = 0
        self._search: str = ""

    def load(self, about: str, heading: Line, made: Callable[[int], Sequence[Line]]) -> None:
        """Shows the lines that `made` gives for a width. Another subject (`about`) starts at its top."""
        if about != self._about:
            self._top, self._about = 0, about
        self.heading, self._made = heading, made
        self.repaint()

    @property
    def found(self) -> int:
        """How many lines hold what is searched for."""
        return sum(self._search in line for line in self.copied.casefold().split("\n")) if self._search else 0

    @property
    def copied(self) -> str:
        """The whole text, unwrapped."""
        return "\n".join("".join(text for text, _ in line) for line in self._made(max(1, self.size.width - 2)))

    def filter(self, typed: str) -> None:
        """Searches: marks the lines that hold the text and scrolls to the first."""
        self._search = typed.casefold()
        if self._search:
            width = max(1, self.size.width - 2)
            lines = [folded for line in self._made(width) for folded in wrapped(line, width)]
            self._top = next((n for n, line in enumerate(lines) if self._holds(line)), self._top)
        self.repaint()

    def _holds(self, line: Line) -> bool:
        return bool(self._search) and self._search in "".join(text for text, _ in line).casefold()

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        lines = [folded for line in self._made(max(1, width - 2)) for folded in wrapped(line, max(1, width - 2))]
        above = self.blank_above + bool(self.heading)
        room = max(1, height - above)
        self._length = len(lines)
        self._top = max(0, min(self._top, len(lines) - room))
        drawn = [self._blank(width)] * self.blank_above
        if self.heading:
            tail: Line = ()
            if len(lines) > room:
                tail = ((f"{self._top + 1}–{min(len(lines), self._top + room)} of {len(lines)} lines", "dim"),)
            head = self.heading
            if self.has_focus:
                head = ((head[0][0], "strong accent"), *head[1:])
            drawn.append(strip(title(head, width, tail=tail), width, self.palette))
        for line in lines[self._top : self._top + room]:
            ground = "select" if self._holds(line) else "ground"
            drawn.append(strip(((" ", ""), *line), width, self.palette, ground))
        return drawn

    def action_scroll(self, by: int) -> None:
        self._top = max(0, self._top + by)
        self.repaint()

    def action_pages(self, pages: float) -> None:
        self.action_scroll(round((self.size.height - 1) * pages))

    def on_mouse_scroll_down(self, _: MouseScrollDown) -> None:
        self.action_scroll(3)

    def on_mouse_scroll_up(self, _: MouseScrollUp) -> None:
        self.action_scroll(-3)
