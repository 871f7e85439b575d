from __future__ import annotations

import pytest

from prodtui.ui.grid_layout import Column, fit, widths_wanted
from prodtui.ui.grid_rows import Cell, Held, Row, shown
from prodtui.ui.query import Query

ROWS = (
    Row("payments", (Cell("✖"), Cell("payments"), Cell("2.3 s", order=2.3)), badness=3),
    Row("catalog", (Cell("●"), Cell("catalog"), Cell("12 ms", order=0.012))),
    Row("stock", (Cell("?"), Cell("stock"), Cell("?")), badness=2),
    Row("web", (Cell("●"), Cell("web"), Cell("410 ms", order=0.41))),
)
COLUMNS = (
    Column("", 1, 1),
    Column("service", 7, 30, gap=1),
    Column("why", 10, 40, flex=True),
    Column("p99", 6, 6, right=True),
    Column("req/s", 6, 6, right=True, drop=1),
    Column("trend", 12, 12, drop=2),
)


def keys(**asked: object) -> list[str]:
    return [row.key for row in shown(ROWS, **asked)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["payments", "catalog", "stock", "web"]),
        ("PAY", ["payments"]),
        ("a o", ["catalog"]),
        ("!a", ["stock", "web"]),
        ("[a-", []),
        ("ms", ["catalog", "web"]),
    ],
)
def test_a_filter_keeps_rows_that_hold_all_its_words(typed: str, expected: list[str]) -> None:
    assert keys(keep=Query.of(typed)) == expected


def test_problems_only_keeps_what_is_not_well() -> None:
    assert keys(problems_only=True) == ["payments", "stock"]


def test_sorting_goes_by_value_and_leaves_the_unknown_last() -> None:
    assert keys(column=2) == ["catalog", "web", "payments", "stock"]
    assert keys(column=2, descending=True) == ["payments", "web", "catalog", "stock"]
    assert keys(column=1) == ["catalog", "payments", "stock", "web"]


def test_a_held_row_keeps_its_place() -> None:
    assert keys(held=Held("web", 0)) == ["web", "payments", "catalog", "stock"]


def test_a_heading_without_rows_is_left_out() -> None:
    rows = (Row("a", (), heading=True), *ROWS[:1], Row("b", (), heading=True), *ROWS[1:2])
    assert [row.key for row in shown(rows, problems_only=True)] == ["a", "payments"]


def test_columns_are_dropped_by_priority_where_it_is_narrow() -> None:
    wanted = widths_wanted(COLUMNS, ())

    def titles(width: int) -> list[str]:
        return [COLUMNS[place.column].title for place in fit(COLUMNS, wanted, width)]

    assert titles(120) == ["", "service", "why", "p99", "req/s", "trend"]
    assert titles(50) == ["", "service", "why", "p99", "req/s"]
    assert titles(30) == ["", "service", "why", "p99"]


@pytest.mark.parametrize("width", [10, 20, 30, 40, 60, 80, 120, 200])
def test_places_never_overlap_nor_leave_the_width(width: int) -> None:
    x = 0
    for place in fit(COLUMNS, widths_wanted(COLUMNS, ()), width):
        assert place.x >= x
        x = place.x + place.width
        assert x <= width


def test_columns_grow_with_their_content_and_stand_still_after() -> None:
    rows = (Row("1", (Cell("●"), Cell("a-longer-name"))),)
    grown = widths_wanted(COLUMNS, rows)
    assert grown[1] == 13
    assert widths_wanted(COLUMNS, ROWS[:0], grown) == grown


def test_scrolling_sideways_keeps_the_name() -> None:
    places = fit(COLUMNS, widths_wanted(COLUMNS, ()), 30, skip=2)
    assert [COLUMNS[place.column].title for place in places] == ["", "service", "req/s"]
