from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.query import Query, QueryError, fields, is_like
from prodtui.ui.rows import pools, services
from tests.ui.moments import ill, well

COLUMNS = (Column("", sortable=False), Column("service"), Column("score"), Column("p99"), Column("errors"))


def row(name: str, p99_s: float | None, error_ratio: float | None, tier: str, verdict: str, score: float = 90) -> Row:
    return Row(
        name,
        (
            Cell("●"),
            Cell(name),
            Cell(f"{score}", order=score),
            Cell("?" if p99_s is None else f"{p99_s} s", order=p99_s),
            Cell("?" if error_ratio is None else f"{error_ratio}", order=error_ratio),
        ),
        facts=(("tier", tier), ("verdict", verdict)),
    )


ROWS = (
    row("payments", 2.3, 0.041, "A", "NOT_READY", 66.9),
    row("catalog", 0.012, 0.0004, "B", "READY", 100),
    row("stock", None, None, "B", "INCONCLUSIVE", 71.5),
    row("web", 0.41, 0.02, "A", "WARN"),
)


def kept(typed: str) -> list[str]:
    query = Query.of(typed, COLUMNS, ROWS)
    return [row.key for row in ROWS if query is None or query(row)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("tier:A", ["payments", "web"]),
        ("tier:a p99>1s", ["payments"]),
        ("p99>=410ms", ["payments", "web"]),
        ("p99<1m", ["payments", "catalog", "web"]),
        ("errors>1%", ["payments", "web"]),
        ("errors<0.1%", ["catalog"]),
        ("score<90", ["payments", "stock"]),
        ("score=100", ["catalog"]),
        ("score!=100", ["payments", "stock", "web"]),
        ("verdict:warn", ["web"]),
        ("verdict:ready", ["catalog"]),
        ("verdict:not", ["payments"]),
        ("service:a", ["payments", "catalog"]),
        ("service=web", ["web"]),
        ("service!=web", ["payments", "catalog", "stock"]),
        ("p99:?", ["stock"]),
        ("!p99>1s", ["catalog", "stock", "web"]),
        ("!tier:A web", ["payments", "catalog", "stock"]),
        ("~pymt", ["payments"]),
        ("~ctl", ["catalog"]),
        ("!~pymt", ["catalog", "stock", "web"]),
        ('"2.3 s"', ["payments"]),
        ('"tier:A"', []),
        ("WEB", ["web"]),
        ("", ["payments", "catalog", "stock", "web"]),
        ("!", ["payments", "catalog", "stock", "web"]),
        ("~", ["payments", "catalog", "stock", "web"]),
        ('"', ["payments", "catalog", "stock", "web"]),
    ],
)
def test_a_query_keeps_the_rows_that_it_asks_for(typed: str, expected: list[str]) -> None:
    assert kept(typed) == expected


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("p9>1s", 'no field "p9"; did you mean "p99"?'),
        ("colour:red", 'no field "colour"; fields: service score p99 errors tier verdict'),
        ("p99>", "p99> what?"),
        ("p99>fast", 'p99> needs a number such as 250ms, 1s, 5%, 10k; "fast" is none'),
        ("http://x", "text in quotes"),
    ],
)
def test_what_no_row_can_answer_is_said_with_what_could_be_asked(typed: str, said: str) -> None:
    with pytest.raises(QueryError) as error:
        Query.of(typed, COLUMNS, ROWS)
    assert said in str(error.value)


def test_a_service_can_be_asked_for_tier_verdict_and_what_its_columns_show() -> None:
    rows = services.rows(ill())
    query = Query.of("verdict:not p99>1s errors>1% tier:B score<90", services.COLUMNS, rows)
    assert query is not None
    assert [each.key for each in rows if query(each)] == ["payments", "checkout"]
    assert fields(services.COLUMNS, rows) == (
        "service", "score", "inst", "why", "p99", "errors", "req/s", "burn", "tier", "verdict",
    )  # fmt: skip


def test_a_pool_can_be_asked_who_waits() -> None:
    rows = pools.rows(ill())
    query = Query.of("waiting>10 used>=100%", pools.COLUMNS, rows)
    assert query is not None
    assert [each.cells[1].text for each in rows if query(each)] == ["payments-db"]
    assert not any(query(each) for each in pools.rows(well()))


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_query_or_is_told(typed: str) -> None:
    for _ in range(len(typed) + 1):
        try:
            kept(typed)
        except QueryError as error:  # without what is wrong it can be asked, a step shorter each time
            typed = error.right
        else:
            return
    raise AssertionError(typed)


@given(st.text(st.characters(exclude_characters="!~", categories=["L", "N", "P", "Zs"]), max_size=20))
def test_a_row_is_kept_by_a_query_or_by_its_inverse(typed: str) -> None:
    try:
        found, inverse = kept(typed), kept(f"!{typed}")
    except QueryError:
        return
    if Query.of(typed, COLUMNS, ROWS) is not None:
        assert sorted(found + inverse) == sorted(row.key for row in ROWS)


@given(st.floats(0, 100, allow_nan=False), st.sampled_from(["ms", "s", "m", "h", ""]))
def test_above_and_not_above_part_what_is_known(number: float, unit: str) -> None:
    limit = f"{number:.3f}{unit}"
    above, below = kept(f"p99>{limit}"), kept(f"p99<={limit}")
    assert sorted(above + below) == ["catalog", "payments", "web"]


@given(st.lists(st.sampled_from("abc"), max_size=6), st.text("abcx", max_size=12))
def test_letters_are_like_a_text_that_has_them_in_order(letters: list[str], text: str) -> None:
    rest, ordered = text, True
    for letter in letters:
        ordered = ordered and letter in rest
        rest = rest.partition(letter)[2]
    assert is_like("".join(letters), text) is ordered
