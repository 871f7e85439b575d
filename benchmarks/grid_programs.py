"""Two programs with the same 10,000 rows of 8 columns: prodtui's grid, and Textual's DataTable as its peer.

Keys: `L` loads the rows and writes the event loop's longest stall to the file named on the command line; `c` changes
one visible cell; `u` begins to change 1 % of the rows every 2 s; the cursor moves as usual.
"""

from __future__ import annotations

import asyncio
import gc
import random
import string
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import DataTable

from prodtui.ui.grid import Grid
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.paint import ExactUpdate
from prodtui.ui.palette import load_palette

ROWS = 10_000
CHANGED_AT_ONCE = ROWS // 100
EVERY_S = 2.0
HEADINGS = ("service", "score", "inst", "why", "p50", "p95", "p99", "req/s")
_CHANGED_ROW = 5
_BEAT_S = 0.001
_SETTLED_S = 2.0

Values = tuple[str, ...]


def label(number: int) -> str:
    """The first cell of a row: it begins and ends otherwise than its neighbours', so that no repaint can leave out a
    part."""
    letter = string.ascii_lowercase[number % 26]
    return f"{letter}-{number:05d}-{letter}"


def values(number: int, chance: random.Random) -> Values:
    """A row's cells, as a fleet's would be."""
    ms = [f"{chance.uniform(1, 99):.1f} ms" for _ in range(3)]
    why = chance.choice(("", "", "", "p99 over its limit", "1/2 passing"))
    return (label(number), f"{chance.uniform(60, 100):.1f}", "2/2", why, *ms, f"{chance.uniform(1, 999):.1f}")


class Listing(App[None]):
    """What both programs have in common."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "load", "load"),
        Binding("c", "change", "change one visible cell"),
        Binding("u", "updates", "change 1 % every 2 s"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, report: Path) -> None:
        super().__init__()
        self._report = report
        self._chance = random.Random(7)  # noqa: S311
        self._values = [values(number, self._chance) for number in range(ROWS)]
        self._stall_s = 0.0

    def show(self) -> None:
        """Fills the empty list with rows that are made already."""
        raise NotImplementedError

    def change(self, numbers: Sequence[int]) -> None:
        """Shows the rows' new values; only cells after the first have changed."""
        raise NotImplementedError

    async def action_load(self) -> None:
        self.run_worker(self._load())

    def action_change(self) -> None:
        old = self._values[_CHANGED_ROW]
        # Every digit changes, the width does not.
        self._values[_CHANGED_ROW] = (*old[:-1], old[-1].translate(str.maketrans("0123456789", "1234567890")))
        self.change([_CHANGED_ROW])

    def action_updates(self) -> None:
        self.set_interval(EVERY_S, self._update)

    def _update(self) -> None:
        numbers = self._chance.sample(range(ROWS), CHANGED_AT_ONCE)
        for number in numbers:
            self._values[number] = values(number, self._chance)
        self.change(numbers)

    async def _load(self) -> None:
        beat = asyncio.create_task(self._beat())
        await asyncio.sleep(0.05)
        self.show()
        await asyncio.sleep(_SETTLED_S)
        beat.cancel()
        gc.freeze()  # as the dashboard does once it is loaded; for both programs
        self._report.write_text(str(self._stall_s))

    async def _beat(self) -> None:
        """Keeps the longest time between two turns of the event loop."""
        before = time.perf_counter()
        while True:
            await asyncio.sleep(_BEAT_S)
            now = time.perf_counter()
            self._stall_s = max(self._stall_s, now - before - _BEAT_S)
            before = now


class Ours(Listing):
    """prodtui's grid, its cells encoded for the terminal as the dashboard encodes them."""

    def __init__(self, report: Path) -> None:
        super().__init__(report)
        self._palette = load_palette()
        self._rows = [_row(row) for row in self._values]

    def compose(self) -> ComposeResult:
        columns = [Column(heading, right=number not in (0, 3)) for number, heading in enumerate(HEADINGS)]
        grid = Grid(self._palette, columns, empty="ready")
        grid.load([])
        yield grid

    def on_mount(self) -> None:
        self.query_one(Grid).focus()

    def show(self) -> None:
        self.query_one(Grid).load(self._rows)

    def change(self, numbers: Sequence[int]) -> None:
        self._rows = list(self._rows)
        for number in numbers:
            self._rows[number] = _row(self._values[number])
        self.query_one(Grid).load(self._rows)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            renderable = cast("RenderableType", ExactUpdate(renderable, colours=True, ascii_only=False))
        super()._display(screen, renderable)


class Peer(Listing):
    """Textual's DataTable."""

    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        table = self._table
        for number, heading in enumerate(HEADINGS):
            table.add_column("ready" if number == 0 else heading, key=heading, width=18 if number == 3 else 10)
        table.focus()

    def show(self) -> None:
        for row in self._values:
            self._table.add_row(*row, key=row[0])

    def change(self, numbers: Sequence[int]) -> None:
        table = self._table
        for number in numbers:
            key = label(number)
            for heading, value in zip(HEADINGS[1:], self._values[number][1:], strict=True):
                if table.get_cell(key, heading) != value:
                    table.update_cell(key, heading, value)

    @property
    def _table(self) -> DataTable[str]:
        return self.query_one(DataTable)


def _row(row: Values) -> Row:
    return Row(row[0], tuple(Cell(text) for text in row))


if __name__ == "__main__":
    program, report_path = sys.argv[1:]
    (Ours if program == "ours" else Peer)(Path(report_path)).run(mouse=False)
