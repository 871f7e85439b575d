"""The base of everything on screen: a widget that is a list of strips, and repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.segment import Segment
from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from prodtui.ui.palette import Palette

_NEAR = 8
"""Changes with fewer unchanged cells between them are painted as one: a cursor move costs as much."""


class Lines(Widget):
    """A widget drawn by `draw`. No ScrollView: what stands still (title, header) and what scrolls are one drawing."""

    DEFAULT_CSS = ""

    def __init__(self, palette: Palette, *, id: str | None = None) -> None:  # noqa: A002 — textual's word
        super().__init__(id=id)
        self.palette = palette
        self._drawn: Sequence[Strip] = ()
        self._drawn_size = (0, 0)

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The strips to show, each exactly `width` cells; lines that are not given stay blank."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draws again and marks what differs for painting."""
        width, height = self.size
        if not width or not height or not self.is_attached:
            return
        before, size_before = self._drawn, self._drawn_size
        self._draw()
        if size_before != (width, height):
            self.refresh()
            return
        regions = [
            Region(start, y, end - start, 1)
            for y, (old, new) in enumerate(zip(before, self._drawn, strict=True))
            if old is not new
            for start, end in differences(old, new)
        ]
        if regions:
            self.refresh(*regions)

    def recolour(self, palette: Palette) -> None:
        """Other colours: everything is drawn again."""
        self.palette = palette
        self._drawn_size = (0, 0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if self._drawn_size != tuple(self.size):
            self._draw()
        return self._drawn[y] if y < len(self._drawn) else self._blank(self.size.width)

    def on_resize(self, _: Resize) -> None:
        self.repaint()

    def _draw(self) -> None:
        width, height = self.size
        strips = list(self.draw(width, height))[:height]
        if len(strips) < height:
            strips += [self._blank(width)] * (height - len(strips))
        self._drawn, self._drawn_size = strips, (width, height)

    def _blank(self, width: int) -> Strip:
        return Strip([Segment(" " * width, self.palette.style(""))], width)


class Searched(Lines, can_focus=True):
    """What `/` is for: a list that it narrows, a text that it searches."""

    @property
    def found(self) -> int:
        """How many rows or lines hold what is asked."""
        raise NotImplementedError

    @property
    def copied(self) -> str:
        """What `y` copies."""
        raise NotImplementedError

    def filter(self, typed: str) -> None:
        """Narrows or searches by what somebody typed; nothing typed forgets it."""
        raise NotImplementedError


def differences(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """The spans of cells, from and to, in which two strips of one width differ; near ones are joined."""
    spans: list[tuple[int, int]] = []
    for start, end in _differing(old, new):
        if spans and start - spans[-1][1] < _NEAR:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _differing(old: Strip, new: Strip) -> Iterator[tuple[int, int]]:
    """Spans that differ, cut at the segments of either; within equal styles narrowed to the characters that changed."""
    if [s.text for s in old] == [s.text for s in new] and [s.style for s in old] == [s.style for s in new]:
        return
    if _has_wide(old) or _has_wide(new):
        yield 0, new.cell_length  # half of a wide character can't be painted
        return
    cuts = sorted({0, *_ends(old), *_ends(new)})
    for start, end in pairwise(cuts):
        a, b = old.crop(start, end), new.crop(start, end)
        text_a, text_b = a.text, b.text
        style_a, style_b = ([s.style for s in part if s.text] for part in (a, b))
        if style_a != style_b:
            yield start, end
        elif text_a != text_b:
            if len(text_a) == len(text_b) == end - start:
                changed = [i for i in range(end - start) if text_a[i] != text_b[i]]
                yield start + changed[0], start + changed[-1] + 1
            else:
                yield start, end


def _has_wide(strip: Strip) -> bool:
    return any(len(segment.text) != segment.cell_length for segment in strip)


def _ends(strip: Strip) -> Iterator[int]:
    x = 0
    for segment in strip:
        x += segment.cell_length
        yield x
