"""Widths of the grid's columns: what they ask for, what they get, which are dropped where it is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from prodtui.ui.grid_rows import Row
from prodtui.ui.line import length


class Column(NamedTuple):
    """A column. `flex` columns take what room is left, up to `most`, and give first; the highest `drop` goes first."""

    title: str
    least: int = 1
    most: int = 40
    right: bool = False
    flex: bool = False
    drop: int = 0
    """0 is never dropped."""
    gap: int = 2
    """Blank cells before it."""
    sortable: bool = True


class Place(NamedTuple):
    """Where a column stands."""

    column: int
    x: int
    width: int


def widths_wanted(columns: Sequence[Column], rows: Sequence[Row], before: Sequence[int] = ()) -> tuple[int, ...]:
    """What each column's content asks for; never less than `before`, so that columns stand still."""
    wanted = list(before) or [max(c.least, min(c.most, length(c.title))) for c in columns]
    open_ended = [i for i, c in enumerate(columns) if c.least < c.most and wanted[i] < c.most]
    for i in open_ended:
        longest = max(
            (
                len(w) if (w := row.cells[i].text).isascii() and not row.cells[i].tail else length(row.cells[i].whole)
                for row in rows
                if i < len(row.cells) and not row.heading
            ),
            default=0,
        )
        wanted[i] = max(wanted[i], min(columns[i].most, longest))
    return tuple(wanted)


def fit(columns: Sequence[Column], wanted: Sequence[int], width: int, *, skip: int = 0, frozen: int = 2) -> list[Place]:
    """Places for the columns in a width. `skip` leaves out that many after the frozen first ones: scrolled sideways."""
    left = [i for i in range(len(columns)) if i < frozen or i >= frozen + skip]

    def least(i: int) -> int:
        return columns[i].least if columns[i].flex else wanted[i]

    def total(of: Sequence[int]) -> int:
        return sum(of) + sum(columns[i].gap for i in left[1:])

    while total([least(i) for i in left]) > width:
        droppable = [i for i in left if columns[i].drop]
        if not droppable:
            break
        left.remove(max(droppable, key=lambda i: (columns[i].drop, i)))
    given = {i: wanted[i] for i in left}
    over = total(list(given.values())) - width
    for i in left:
        if over > 0 and columns[i].flex:
            taken = min(over, given[i] - columns[i].least)
            given[i] -= taken
            over -= taken
    for i in left:
        if over < 0 and columns[i].flex:
            more = min(-over, max(0, columns[i].most - given[i]))
            given[i] += more
            over += more
    places: list[Place] = []
    x = 0
    for n, i in enumerate(left):
        x += columns[i].gap if n else 0
        if x >= width:
            break
        places.append(Place(i, x, min(given[i], width - x)))
        x += given[i]
    return places
