"""Latency, errors and traffic by service."""

from __future__ import annotations

from prodtui.model.assessment import State
from prodtui.model.moment import Moment
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows.services import burn
from prodtui.ui.rows.sign import GOOD, OF_STATE, UNKNOWN, aged, worse

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("service", 7, 60, gap=1, flex=True),
    Column("p50", 6, 6, right=True, drop=2),
    Column("p95", 6, 6, right=True),
    Column("p99", 6, 6, right=True),
    Column("burn", 5, 5, right=True, drop=1),
)
WIDE_COLUMNS = (
    *COLUMNS,
    Column("errors", 6, 6, right=True),
    Column("req/s", 6, 6, right=True),
    Column("requests", 8, 9, right=True, drop=1),
    Column("window", 6, 6, right=True, drop=2),
    Column("", 10, 60, flex=True, sortable=False),
)


def rows(moment: Moment) -> tuple[Row, ...]:
    """A row for each service that has an SLI: slowest first among equally bad ones."""
    found: list[tuple[tuple[int, float], Row]] = []
    for service in moment.assessment.services:
        view = moment.views.get(service.name)
        if view is None:
            continue
        states = {check.id: check.state for check in service.checks if check.pillar == "performance"}
        for said in view.slis:
            sli = said.record
            p99 = OF_STATE[states.get("performance.latency_p99", State.INFO)]
            p95 = OF_STATE[states.get("performance.latency_p95", State.INFO)]
            errors = OF_STATE[states.get("performance.error_ratio", State.INFO)]
            sign = worse(worse(worse(GOOD, p95), p99), errors)
            cells = (
                sign.cell,
                Cell(service.name, "strong" if sign.badness else ""),
                _value(fmt.latency(sli.p50_s), "", sli.p50_s),
                _value(fmt.latency(sli.p95_s), p95.value_style, sli.p95_s),
                _value(fmt.latency(sli.p99_s), p99.value_style, sli.p99_s),
                burn(service, stale=False),
                _value(fmt.percent(sli.error_ratio), errors.value_style, sli.error_ratio),
                _value(fmt.rate(sli.rate_per_s), "", sli.rate_per_s),
                Cell(fmt.count(None if sli.requests is None else round(sli.requests)), "dim", order=sli.requests),
                Cell(fmt.age(sli.window_s), "dim"),
                Cell(sli.trouble, "warn"),
            )
            old = aged(cells, said.source, moment.now, names=2)
            badness = UNKNOWN.badness if old[0] != cells[0] else sign.badness
            found.append(((-badness, -(sli.p99_s or 0.0)), Row(service.name, old, badness)))
    # Two digits are enough to order by: rows that swap with every sample are rows nobody can read.
    return tuple(row for _, row in sorted(found, key=lambda item: (item[0][0], item[1].cells[1].text)))


def heading(_: Moment) -> Line:
    return (("Latency", "strong"),)


def _value(text: str, style: str, order: float | None) -> Cell:
    return Cell(text, "unknown" if text == fmt.UNKNOWN else style, order=order)
