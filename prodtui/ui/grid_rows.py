"""Rows of the grid as values, and what a person does to them: filter, problems only, sort, hold in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from prodtui.ui.line import Line

Order = float | str | None


class Cell(msgspec.Struct, frozen=True, gc=False):
    """One cell: its text, the name of its style, what it sorts by (else its text), and runs that follow the text.

    Without the garbage collector: it can hold no cycle, and walking the cells of 10,000 rows holds the loop for 60 ms.
    """

    text: str = ""
    style: str = ""
    order: Order = None
    tail: Line = ()

    @property
    def whole(self) -> str:
        return self.text + "".join(text for text, _ in self.tail) if self.tail else self.text


class Row(msgspec.Struct, frozen=True, gc=False):
    """One entity. `badness` is 0 where all is well; a heading (its first and last cell) can't be selected."""

    key: str
    cells: tuple[Cell, ...]
    badness: int = 0
    heading: bool = False
    facts: tuple[tuple[str, Order], ...] = ()
    """What a filter can ask beside the columns, by name."""

    @property
    def text(self) -> str:
        """What a filter looks at."""
        return " ".join(cell.whole for cell in self.cells)


class Held(NamedTuple):
    """A problem that turned well while the cursor was on it keeps its place until the cursor leaves."""

    key: str
    place: int


def shown(
    rows: Sequence[Row],
    *,
    keep: Callable[[Row], bool] | None = None,
    problems_only: bool = False,
    column: int | None = None,
    descending: bool = False,
    held: Held | None = None,
) -> Sequence[Row]:
    """The rows to show, in order. As given they are sorted already; a heading without rows is left out."""
    if problems_only:
        rows = [r for r in rows if r.heading or r.badness > 0 or (held and r.key == held.key)]
    if keep is not None:
        rows = [r for r in rows if r.heading or keep(r)]
    if problems_only or keep is not None:
        rows = [r for i, r in enumerate(rows) if not r.heading or (i + 1 < len(rows) and not rows[i + 1].heading)]
    if column is not None:
        rows = sorted(rows, key=lambda row: _order(row, column), reverse=descending)
        rows.sort(key=lambda row: _is_unknown(row, column))
    if held is not None:
        index = next((i for i, row in enumerate(rows) if row.key == held.key), None)
        if index is not None and index != held.place:
            rows = list(rows)
            rows.insert(held.place, rows.pop(index))
    return rows


def _order(row: Row, column: int) -> tuple[bool, float, str]:
    cell = row.cells[column]
    if isinstance(cell.order, int | float):
        return False, cell.order, ""
    return True, 0.0, (cell.order or cell.whole).casefold()


def _is_unknown(row: Row, column: int) -> bool:
    cell = row.cells[column]
    return cell.order is None and cell.text in ("", "?")
