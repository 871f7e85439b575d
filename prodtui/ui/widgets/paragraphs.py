"""Paragraphs that a cursor walks: sentences folded to the width, the chosen one on a ground of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from prodtui.ui.line import Line, Paragraph, line_length, strip, title
from prodtui.ui.palette import Palette
from prodtui.ui.widgets.lines import Searched
from prodtui.ui.wrapping import wrapped


class Paragraphs(Searched, can_focus=True):
    """A titled list of paragraphs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", id="open"),
        Binding("j,down", "move(1)", "down", show=False, id="down"),
        Binding("k,up", "move(-1)", "up", show=False, id="up"),
        Binding("g,home", "move(-1000000)", "first", show=False, id="first"),
        Binding("G,end", "move(1000000)", "last", show=False, id="last"),
        Binding("ctrl+d", "pages(0.5)", "half a page down", show=False, id="half_page_down"),
        Binding("ctrl+u", "pages(-0.5)", "half a page up", show=False, id="half_page_up"),
        Binding("pagedown", "pages(1)", "page down", show=False, id="page_down"),
        Binding("pageup", "pages(-1)", "page up", show=False, id="page_up"),
    ]

    class Opened(Message):
        """Enter was pressed on a paragraph."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette)
        self.heading: Line = ()
        self.blank_above = 0
        self._given: Sequence[Paragraph] = ()
        self._shown: Sequence[Paragraph] = ()
        self._asked = ""
        self._key: str | None = None
        self._touched = False
        self._top = 0
        self._starts: list[int] = []
        self._length = 0

    def load(self, paragraphs: Sequence[Paragraph], heading: Line) -> None:
        """Shows other paragraphs. A chosen one stays chosen by its key; until one is, the cursor is on the first."""
        self._given, self.heading = paragraphs, heading
        self._narrow()

    @property
    def selected(self) -> str | None:
        """Key of the paragraph under the cursor."""
        return self._key

    @property
    def found(self) -> int:
        return sum(paragraph.key is not None for paragraph in self._shown)

    @property
    def copied(self) -> str:
        """All of them as text: this is what somebody pastes into a ticket."""
        return "\n".join(paragraph.plain for paragraph in self._shown)

    def filter(self, typed: str) -> None:
        self._asked = typed.casefold()
        self._narrow()

    def _narrow(self) -> None:
        self._shown = [p for p in self._given if self._asked in p.plain.casefold()]
        keys = self._keys
        if not self._touched or self._key not in keys:
            self._key = keys[0] if keys else None
        self.repaint()

    @property
    def _keys(self) -> list[str]:
        return [paragraph.key for paragraph in self._shown if paragraph.key is not None]

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        lines: list[Strip] = []
        self._starts = []
        chosen = range(0)
        for paragraph in self._shown:
            self._starts.append(len(lines))
            under_cursor = paragraph.key is not None and paragraph.key == self._key
            lines += self._folded(paragraph, width, "select" if under_cursor and self.has_focus else "ground")
            if under_cursor:
                chosen = range(self._starts[-1], len(lines))
        room = max(1, height - self.blank_above - 1)
        self._length = len(lines)
        if self._touched and chosen:
            first = 0 if self._key == self._keys[0] else chosen[0]  # with the title above it
            self._top = max(min(self._top, first), chosen[-1] + 1 - room)
        self._top = max(0, min(self._top, len(lines) - room))
        tail: Line = ()
        if len(lines) > room:
            tail = ((f"{self._top + 1}–{min(len(lines), self._top + room)} of {len(lines)} lines", "dim"),)
        head = self.heading
        if self.has_focus and head:
            head = ((head[0][0], "strong accent"), *head[1:])
        named = strip(title(head, width, tail=tail), width, self.palette)
        return [*[self._blank(width)] * self.blank_above, named, *lines[self._top : self._top + room]]

    def _folded(self, paragraph: Paragraph, width: int, ground: str) -> list[Strip]:
        indent = line_length(paragraph.left)
        folded = list(wrapped(paragraph.text, max(8, width - 2 - indent)))
        left: list[Line] = [paragraph.left, *[((" " * indent, ""),)] * (len(folded) - 1)]
        return [
            strip(((" ", ""), *beside, *line), width, self.palette, ground)
            for beside, line in zip(left, folded, strict=True)
        ]

    def action_open(self) -> None:
        if self._key is not None:
            self.post_message(self.Opened(self._key))

    def action_move(self, by: int) -> None:
        """To another paragraph; past the last one the rest of the text comes into view."""
        keys = self._keys
        if not keys:
            self._top = max(0, self._top + by)
            self.repaint()
            return
        at = keys.index(self._key) if self._key in keys else 0
        self._key, self._touched = keys[max(0, min(len(keys) - 1, at + by))], True
        self.repaint()

    def action_pages(self, pages: float) -> None:
        """So many pages on: to the paragraph that stands there."""
        lines = round((self.size.height - 1) * pages)
        at = next((n for n, p in enumerate(self._shown) if p.key == self._key), None)
        if at is None:
            self.action_move(lines)
            return
        wanted = self._starts[at] + lines
        choosable = [(start, p.key) for start, p in zip(self._starts, self._shown, strict=True) if p.key is not None]
        self._key, self._touched = min(choosable, key=lambda place: abs(place[0] - wanted))[1], True
        self.repaint()

    def on_click(self, event: Click) -> None:
        line = self._top + event.y - self.blank_above - 1
        under = [p.key for start, p in zip(self._starts, self._shown, strict=True) if start <= line < self._length]
        if under and under[-1] is not None:
            again = under[-1] == self._key
            self._key, self._touched = under[-1], True
            self.repaint()
            if again:
                self.action_open()

    def on_mouse_scroll_down(self, _: MouseScrollDown) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self, _: MouseScrollUp) -> None:
        self.action_move(-1)
