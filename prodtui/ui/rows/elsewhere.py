"""What fails outside the list of services, where the screen has no room for the other panels."""

from __future__ import annotations

from msgspec.structs import replace

from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import breakers, pools
from prodtui.ui.rows.sign import BAD, OF_STATE, UNKNOWN

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("", 7, 9, gap=1),
    Column("", 10, 36, gap=1),
    Column("", 10, 80, flex=True),
)


def rows(moment: Moment) -> tuple[Row, ...]:
    """Lost sources first, as they hide the rest, one line each; then failing pools, databases, breakers, targets."""
    found = [
        *_sources(moment),
        *(_of_pool(row) for row in pools.rows(moment) if row.badness not in (0, UNKNOWN.badness)),
        *(_of_breaker(row) for row in breakers.rows(moment) if row.badness not in (0, UNKNOWN.badness)),
        *_observability(moment),
    ]
    return tuple(sorted(found, key=lambda row: -row.badness))


def heading(_: Moment) -> Line:
    return (("Failing elsewhere", "strong"),)


def _sources(moment: Moment) -> list[Row]:
    found: list[Row] = []
    for state in moment.snapshot.sources.values():
        freshness = state.freshness(moment.now)
        if freshness is Freshness.LOST and state.tried_at is not None:
            why = (
                f"{state.cause.cause_class.value.replace('_', ' ')}: {state.cause.message}"
                if state.cause
                else "no news"
            )
            cells = (BAD.cell, Cell("source", "dim"), Cell(state.name, "strong"), Cell(f"lost, {why}", "bad"))
            found.append(Row(f"source:{state.name}", cells, BAD.badness + 1))
    return found


def _of_pool(row: Row) -> Row:
    glyph, name, bar, used, waiting = row.cells
    kind = "pool" if row.key.startswith("pool:") else "database"
    tail = (*bar.tail, ("  ", ""), (used.text, used.style), ("  ", ""), (waiting.text, waiting.style))
    return Row(row.key, (glyph, Cell(kind, "dim"), name, replace(bar, tail=tail)), row.badness)


def _of_breaker(row: Row) -> Row:
    glyph, name, state, since, shed = row.cells
    tail: Line = (("  ", ""), (since.text, since.style))
    if shed.text:
        tail = (*tail, ("  ", ""), (f"{shed.text} shed/s", "bad"))
    return Row(row.key, (glyph, Cell("breaker", "dim"), name, replace(state, tail=tail)), row.badness)


def _observability(moment: Moment) -> list[Row]:
    """Findings of the observability pillar, which have no panel of their own."""
    found: list[Row] = []
    for service in moment.assessment.services:
        for check in service.checks:
            sign = OF_STATE[check.state]
            if check.pillar == "observability" and sign is BAD:
                cells = (
                    sign.cell,
                    Cell("metrics", "dim"),
                    Cell(service.name, "strong"),
                    Cell(check.reason, sign.style),
                )
                found.append(Row(f"check:{service.name}:{check.id}", cells, sign.badness))
    return found
