"""Lines as values: runs of text with the name of a style, made into strips for a width."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from prodtui.ui.palette import Palette

Run = tuple[str, str]
"""Text and the name of its style."""
Line = tuple[Run, ...]


class Paragraph(NamedTuple):
    """A text with what stands at its left on the first line. Without a key it can't be chosen, as a title can't."""

    key: str | None
    left: Line
    text: Line

    @property
    def plain(self) -> str:
        return "".join(text for text, _ in (*self.left, *self.text))


def length(text: str) -> int:
    """Cells that a text takes on screen."""
    return len(text) if text.isascii() else cell_len(text)


def line_length(line: Iterable[Run]) -> int:
    return sum(length(text) for text, _ in line)


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells, with an ellipsis where it was longer."""
    if length(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells."""
    text = cut(text, width)
    space = " " * (width - length(text))
    return f"{space}{text}" if right else f"{text}{space}"


def strip(line: Iterable[Run], width: int, palette: Palette, ground: str = "ground") -> Strip:
    """The line in exactly `width` cells on a ground; neighbours of one style are one segment."""
    segments: list[Segment] = []
    left = width
    pending, name = "", ""
    for text, style in line:
        cells = length(text)
        if cells > left:
            text = cut(text, left)
            cells = length(text)
        left -= cells
        if style == name:
            pending += text
        elif text:
            if pending:
                segments.append(Segment(pending, palette.style(name, ground)))
            pending, name = text, style
        if left <= 0:
            break
    if left > 0:
        if name:
            segments.append(Segment(pending, palette.style(name, ground)))
            pending, name = "", ""
        pending += " " * left
    if pending:
        segments.append(Segment(pending, palette.style(name, ground)))
    return Strip(segments, width)


def clipped(line: Iterable[Run], width: int) -> Line:
    """The line in at most `width` cells."""
    kept: list[Run] = []
    for text, style in line:
        if width <= 0:
            break
        shown = cut(text, width)
        kept.append((shown, style))
        width -= length(shown)
        if shown != text:
            break
    return tuple(kept)


def between(left: Line, right: Line, width: int) -> Line:
    """Two lines on one, the right one at the right edge; where both don't fit the left one is cut."""
    room = width - line_length(right)
    kept = clipped(left, room)
    return (*kept, (" " * max(0, room - line_length(kept)), ""), *right)


def title(text: Line, width: int, *, tail: Line = ()) -> Line:
    """A panel's title in its rule: `─ Services 5 · 2 failing ───── `."""
    head: Line = (("─ ", "rule"), *text, (" ", ""))
    end: Line = ((" ", ""), *tail, (" ─", "rule")) if tail else ()
    if line_length(head) + line_length(end) >= width:
        end = ()
    rest = max(0, width - 1 - line_length(head) - line_length(end))
    return (*head, ("─" * rest, "rule"), *end, (" ", ""))
