"""The grid's lines: its header and its rows, as runs for the places of the columns."""

from __future__ import annotations

from collections.abc import Sequence

from prodtui.ui.grid_layout import Column, Place
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line, Run, clipped, cut, fitted, length, line_length


def header_line(columns: Sequence[Column], places: Sequence[Place], sort: int | None, *, descending: bool) -> Line:
    """The titles; the column that is sorted by says so."""
    runs: list[Run] = [(" ", "")]
    x = 0
    for place in places:
        column = columns[place.column]
        mark = "" if place.column != sort else "▾" if descending else "▴"
        runs.append((" " * (place.x - x), ""))
        runs.append((fitted(f"{column.title}{mark}", place.width, right=column.right), "accent" if mark else "dim"))
        x = place.x + place.width
    return tuple(runs)


def row_line(row: Row, columns: Sequence[Column], places: Sequence[Place], width: int) -> Line:
    """A row in `width` cells, one blank at its left."""
    if row.heading:
        return ((" ", ""), *_heading(row, width))
    runs: list[Run] = [(" ", "")]
    x = 0
    for place in places:
        runs.append((" " * (place.x - x), ""))
        if place.column < len(row.cells):
            runs.extend(_cell(row.cells[place.column], place.width, right=columns[place.column].right))
        x = place.x + place.width
    return tuple(runs)


def _heading(row: Row, width: int) -> Line:
    """The first cell at the left, the last at the right, a rule between."""
    first, last = row.cells[0], row.cells[-1]
    right: Line = ((" ", ""), (last.text, last.style), *last.tail)
    left = clipped(((first.text, first.style), *first.tail, (" ", "")), width - line_length(right))
    return (*left, ("─" * (width - line_length(left) - line_length(right)), "rule"), *right)


def _cell(cell: Cell, width: int, *, right: bool) -> Line:
    if not cell.tail:
        return ((fitted(cell.text, width, right=right), cell.style),)
    runs: list[Run] = []
    left = width
    for text, style in ((cell.text, cell.style), *cell.tail):
        text = cut(text, left)
        runs.append((text, style))
        left -= length(text)
    pad = (" " * left, "")
    return (pad, *runs) if right else (*runs, pad)
