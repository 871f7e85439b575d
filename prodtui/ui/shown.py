"""What the terminal shows, cell by cell, so that a screen that is painted again costs only what differs.

Textual paints a screen several times while it opens, and another screen's blank cells and headers are mostly the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style

WORTH_A_MOVE = 5
"""So many equal cells between two that differ are written rather than passed over: a move costs as many bytes."""
_PLAIN = Style()
Alike = Callable[[Style, Style], bool]


class Cell(NamedTuple):
    """One cell; the second one of a wide character is empty."""

    text: str
    style: Style


class Run(NamedTuple):
    """Cells beside one another that differ from what is shown."""

    x: int
    segments: list[Segment]
    end: int


class Shown:
    """Grows as it is painted; what was never painted differs from everything."""

    def __init__(self, alike: Alike) -> None:
        """`alike`: whether a blank looks the same in both styles."""
        self._alike = alike
        self._lines: dict[int, dict[int, Cell]] = {}

    def forget(self) -> None:
        """The terminal may show anything: it was resized, or somebody else wrote to it."""
        self._lines.clear()

    def differing(self, x: int, y: int, segments: Iterable[Segment]) -> Iterator[Run]:
        """The runs of these segments, written from (x, y) on, that differ; from now on they are shown."""
        line = self._lines.setdefault(y, {})
        cells = cells_of(segments)
        differs = [n for n, cell in enumerate(cells) if not self._same(line.get(x + n), cell)]
        line.update(zip(range(x, x + len(cells)), cells, strict=True))
        for start, end in _joined(differs):
            # A wide character is written whole.
            first = start - 1 if start and not cells[start].text else start
            last = end + 1 if end < len(cells) and not cells[end].text else end
            yield Run(x + first, segments_of(cells[first:last]), x + last)

    def _same(self, shown: Cell | None, cell: Cell) -> bool:
        if shown is None or shown.text != cell.text:
            return False
        if shown.style is cell.style:
            return True
        return self._alike(shown.style, cell.style) if cell.text == " " else shown.style == cell.style


def cells_of(segments: Iterable[Segment]) -> list[Cell]:
    """The segments' text cell by cell; what takes no cell of its own stays with the one before."""
    cells: list[Cell] = []
    for text, style, _ in segments:
        style = style or _PLAIN
        if text.isascii():
            cells += [Cell(character, style) for character in text]
            continue
        for character in text:
            size = get_character_cell_size(character)
            if size:
                cells += [Cell(character, style), *[Cell("", style)] * (size - 1)]
            elif cells:
                cells[-1] = Cell(cells[-1].text + character, cells[-1].style)
    return cells


def segments_of(cells: Iterable[Cell]) -> list[Segment]:
    """Cells as segments, one for each style."""
    return [
        Segment("".join(cell.text for cell in run), style) for style, run in groupby(cells, key=lambda cell: cell.style)
    ]


def _joined(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of places as (first, behind the last), those joined that lie close together."""
    start = end = None
    for place in places:
        if start is None or end is None:
            start, end = place, place + 1
        elif place - end <= WORTH_A_MOVE:
            end = place + 1
        else:
            yield start, end
            start, end = place, place + 1
    if start is not None and end is not None:
        yield start, end
