"""A series over the window as a plot of blocks: its axes, its limit and its baseline as lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run, cut

HEIGHT = 8
POINT_S = 10
"""Moments carry a point each ten seconds."""
WINDOW = 90
"""Points that a moment carries at most."""
YOUNGEST = 30
"""Points that are drawn at least: of a minute alone nobody sees whether it is a rise."""
AXIS = 7
"""Cells of a label at the left, `250 ms `."""
Said = Callable[[float], str]


class Mark(NamedTuple):
    """A value that the series is held against."""

    value: float
    name: str
    style: str
    glyph: str
    bad_above: bool = False
    """Columns that reach it are wrong."""


def lines(
    service: ServiceAssessment, view: ServiceView, moment: Moment, width: int, height: int = HEIGHT
) -> list[Line]:
    """A service's p99 with the limit and the baseline of its check; nothing where no latency is known."""
    values = moment.trends.get(view.declared.metrics_label or view.name, ())
    marks = latency_marks(service)
    drawn = drawn_latency(values, marks, moment.now, width, height)
    return [(), heading("p99", values, marks, fmt.duration), *drawn] if drawn else []


def drawn_latency(
    values: Sequence[float | None], marks: Sequence[Mark], now: float, width: int, height: int
) -> list[Line]:
    return drawn(values, now, width, height, marks, fmt.duration)


def latency_marks(service: ServiceAssessment) -> tuple[Mark, ...]:
    """Limit and baseline of the service's check of its p99."""
    judged = next((check for check in service.checks if check.id == "performance.latency_p99"), None)
    found = []
    if judged is not None and judged.limit is not None:
        found.append(Mark(judged.limit, "limit", "warn", "┄", bad_above=True))
    if judged is not None and judged.baseline is not None:
        found.append(Mark(judged.baseline, "baseline", "accent", "┈"))
    return tuple(found)


def heading(name: str, values: Sequence[float | None], marks: Sequence[Mark], said: Said) -> Line:
    """`p99 last 15 min · ┄ limit 250 ms · ┈ baseline 41 ms`."""
    runs: list[Run] = [(name, "strong"), (f" last {max(1, round(len(values) * POINT_S / 60))} min", "dim")]
    for mark in marks:
        runs += [(" · ", "dim"), (mark.glyph, mark.style), (f" {mark.name} {said(mark.value)}", "dim")]
    return tuple(runs)


def drawn(
    values: Sequence[float | None],
    now: float,
    width: int,
    height: int,
    marks: Sequence[Mark],
    said: Said,
    *,
    point_s: float = POINT_S,
) -> list[Line]:
    """The plot in `width` cells: `height` lines of columns and a line of times. Nothing where no value is known.

    `point_s`: the time from one value to the next; the last is of `now`.
    """
    known = [value for value in values if value is not None]
    room = width - AXIS - 1
    if not known or room < 10 or height < 2:
        return []
    top = max(*known, *(mark.value * 1.15 for mark in marks), 1e-9)
    # As many places as the window's points fill, else a part of the axis would be of a time that nothing is kept of.
    wanted = min(WINDOW, max(YOUNGEST, len(values)))
    window = fmt.columns(values, -(-wanted // -(-wanted // room)))
    # Where there is more room than points, each has as many cells as its place comes to.
    points = [window[cell * len(window) // room] for cell in range(room)]
    limit = min((mark.value for mark in marks if mark.bad_above), default=None)
    over = [limit is not None and value is not None and value >= limit for value in points]
    bars = fmt.plot(points, room, height, top)
    at = {_line_of(mark.value, top, height): mark for mark in reversed(marks)}
    labels = {0: (said(top), "dim"), height - 1: ("0", "dim")}
    labels |= {line: (said(mark.value), mark.style) for line, mark in at.items()}
    found = [
        (_label(labels.get(n)), ("▏" if n not in at else at[n].glyph, "rule" if n not in at else at[n].style),
         *_bars(row, over, at.get(n)))
        for n, row in enumerate(bars)
    ]  # fmt: skip
    return [*found, _times(len(values), now, len(window), room, point_s)]


def _label(said: Run | None) -> Run:
    text, style = said or ("", "dim")
    return (f"{cut(text, AXIS - 1):>{AXIS - 1}} ", style)


def _line_of(value: float, top: float, height: int) -> int:
    """Which line of the plot a value is on, from the top down."""
    return height - 1 - min(height - 1, int(value / top * height))


def _times(points: int, now: float, window: int, cells: int, point_s: float) -> Line:
    """The clock at the left end and at the right one, and between them where there is room."""
    span_s = window * max(1, -(-points // window)) * point_s
    start, half, end = (fmt.clock(now - ago)[:5] for ago in (span_s, span_s / 2, 0))
    if cells < 30:
        return ((f"{'':{AXIS + 1}}{start}{end:>{cells - 5}}", "dim"),)
    left = cells // 2 - 2
    return ((f"{'':{AXIS + 1}}{start:<{left}}{half}{end:>{cells - left - 5}}", "dim"),)


def _bars(row: str, over: Sequence[bool], mark: Mark | None) -> Line:
    """One line of the plot: columns over the limit are bad; a mark shows through the blanks."""
    cells = [
        (mark.glyph, mark.style) if mark and block == " " else (block, "bad" if bad else "dim")
        for block, bad in zip(row, over, strict=True)
    ]
    return tuple(("".join(block for block, _ in run), style) for style, run in groupby(cells, key=itemgetter(1)))
