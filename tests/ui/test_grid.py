"""The grid in a running app: the cursor, the order, the window, what is painted again."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.geometry import Region

from prodtui.ui.grid import Grid
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.palette import load_palette

COLUMNS = (
    Column("", 1, 1),
    Column("name", 6, 20, gap=1),
    Column("value", 6, 6, right=True),
    Column("why", 5, 30, flex=True),
)


def row(n: int, value: str = "1 ms", badness: int = 0) -> Row:
    return Row(f"row-{n}", (Cell("●"), Cell(f"row-{n}"), Cell(value), Cell("")), badness)


class Painted(Grid):
    """A grid that remembers which regions it asked to paint."""

    regions: list[Region]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Painted:
        self.regions = [*getattr(self, "regions", []), *(regions or (self.size.region,))]
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


class Alone(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        self.grid = Painted(load_palette("dark", {}), COLUMNS)
        self.grid.heading = (("Rows", "strong"),)
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_grid_opened(self, event: Grid.Opened) -> None:
        self.opened.append(event.key)


def on_screen(grid: Grid) -> list[str]:
    return [strip.text.rstrip() for strip in grid.draw(*grid.size)]


def loaded(rows: Sequence[Row]) -> Alone:
    app = Alone()
    app.grid.load(tuple(rows))
    return app


async def test_the_cursor_moves_by_the_keys_of_a_pager_and_opens() -> None:
    app = loaded([row(n) for n in range(100)])
    async with app.run_test(size=(60, 22)) as pilot:
        grid = app.grid
        for keys, expected in (
            ("j j", "row-2"),
            ("k", "row-1"),
            ("G", "row-99"),
            ("g", "row-0"),
            ("ctrl+d", "row-10"),
            ("pagedown", "row-30"),
            ("ctrl+u", "row-20"),
            ("up", "row-19"),
        ):
            await pilot.press(*keys.split())
            assert grid.selected == expected
        await pilot.press("enter")
        assert app.opened == ["row-19"]


async def test_the_cursor_stays_on_its_entity_when_the_order_changes() -> None:
    app = loaded([row(n) for n in range(5)])
    async with app.run_test(size=(60, 22)) as pilot:
        await pilot.press("j", "j")
        app.grid.load((row(4, badness=3), row(3), row(2), row(1), row(0)))
        assert app.grid.selected == "row-2"
        app.grid.load((row(2), row(4, badness=3), row(1)))
        assert app.grid.selected == "row-2"
        app.grid.load((row(4), row(1)))
        assert app.grid.selected == "row-4"


async def test_until_somebody_moves_it_the_cursor_is_on_the_worst() -> None:
    app = loaded([row(n) for n in range(5)])
    async with app.run_test(size=(60, 22)):
        app.grid.load((row(4, badness=3), row(0), row(1)))
        assert app.grid.selected == "row-4"


async def test_a_problem_under_the_cursor_stays_put_when_it_turns_well() -> None:
    app = loaded([row(4, badness=3), row(1, badness=3), row(2), row(3)])
    async with app.run_test(size=(60, 22)) as pilot:
        await pilot.press("j")
        app.grid.load((row(4, badness=3), row(2), row(3), row(1)))
        assert [r.key for r in app.grid.rows] == ["row-4", "row-1", "row-2", "row-3"]
        app.grid.load((row(4, badness=3), row(2), row(3), row(1, "2 ms")))
        assert [r.key for r in app.grid.rows] == ["row-4", "row-1", "row-2", "row-3"]
        await pilot.press("j")
        assert [r.key for r in app.grid.rows] == ["row-4", "row-2", "row-3", "row-1"]
        assert app.grid.selected == "row-2"


async def test_one_changed_value_paints_only_its_digits() -> None:
    app = loaded([row(n) for n in range(10)])
    async with app.run_test(size=(60, 22)) as pilot:
        await pilot.pause()
        app.grid.regions = []
        app.grid.load(tuple(row(n, "2 ms" if n == 3 else "1 ms") for n in range(10)))
        assert [(r.y, r.width, r.height) for r in app.grid.regions] == [(5, 1, 1)]
        app.grid.regions = []
        app.grid.load(tuple(row(n, "2 ms" if n == 3 else "1 ms") for n in range(10)))
        assert app.grid.regions == []


async def test_a_change_outside_the_window_paints_nothing() -> None:
    app = loaded([row(n) for n in range(100)])
    async with app.run_test(size=(60, 22)) as pilot:
        await pilot.pause()
        app.grid.regions = []
        app.grid.load(tuple(row(n, "2 ms" if n == 80 else "1 ms") for n in range(100)))
        assert app.grid.regions == []


async def test_ten_thousand_rows_load_and_change_without_a_stall() -> None:
    rows = tuple(row(n) for n in range(10_000))
    app = loaded(rows)
    async with app.run_test(size=(60, 40)) as pilot:
        await pilot.press("G")
        assert app.grid.selected == "row-9999"
        changed = tuple(row(n, "2 ms") if n % 100 == 0 else rows[n] for n in range(10_000))
        began = time.perf_counter()
        app.grid.load(changed)
        assert time.perf_counter() - began < 0.05


async def test_the_window_follows_the_cursor_and_says_where_it_is() -> None:
    app = loaded([row(n) for n in range(100)])
    async with app.run_test(size=(60, 22)) as pilot:
        await pilot.press("G")
        lines = on_screen(app.grid)
        assert "81–100 of 100" in lines[0]
        assert lines[-1].startswith(" ● row-99")


async def test_filter_problems_and_sort_narrow_and_order() -> None:
    app = loaded([row(0, "9 ms", badness=3), row(1, "3 ms"), row(2, "5 ms")])
    async with app.run_test(size=(60, 22)) as pilot:
        grid = app.grid
        grid.filter("row-2")
        assert [r.key for r in grid.rows] == ["row-2"]
        grid.filter("nothing like it")
        assert "nothing matches" in "\n".join(on_screen(grid))
        assert grid.selected is None
        grid.filter("")
        grid.narrow(None, problems_only=True)
        assert [r.key for r in grid.rows] == ["row-0"]
        grid.narrow(None, problems_only=False)
        await pilot.press("s", "s")
        assert "value▾" in on_screen(grid)[1]
        assert [r.key for r in grid.rows] == ["row-0", "row-2", "row-1"]
        await pilot.press("S")
        assert [r.key for r in grid.rows] == ["row-1", "row-2", "row-0"]


@pytest.mark.parametrize("name", ["日本語サービス", "[bold]markup[/bold]", "x" * 300])
async def test_any_name_fits_its_column(name: str) -> None:
    app = loaded([Row("a", (Cell("●"), Cell(name), Cell("1 ms"), Cell("")))])
    async with app.run_test(size=(60, 22)):
        assert all(strip.cell_length == 60 for strip in app.grid.draw(60, 22))
        assert name[:6] in "\n".join(on_screen(app.grid))


async def test_headings_are_passed_over() -> None:
    heading = Row("h", (Cell("pillar", "strong"), Cell("1/2")), heading=True)
    app = loaded([heading, row(1), replace(heading, key="h2"), row(2)])
    async with app.run_test(size=(60, 22)) as pilot:
        assert app.grid.selected == "row-1"
        await pilot.press("j")
        assert app.grid.selected == "row-2"
        await pilot.press("k", "k")
        assert app.grid.selected == "row-1"
