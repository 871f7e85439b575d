"""A service's p99 over the window as a plot of blocks, with the limit and the baseline of its check."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.ui import format as fmt
from prodtui.ui.line import Line

HEIGHT = 8
POINTS_A_MINUTE = 6
"""Moments carry a point each ten seconds."""


def lines(service: ServiceAssessment, view: ServiceView, moment: Moment, width: int) -> list[Line]:
    """A heading and the plot; nothing where no latency is known."""
    values = moment.trends.get(view.declared.metrics_label or view.name, ())
    known = [v for v in values if v is not None]
    if not known:
        return []
    judged = next((check for check in service.checks if check.id == "performance.latency_p99"), None)
    limit = judged.limit if judged else None
    baseline = judged.baseline if judged else None
    top = max(*known, (limit or 0) * 1.25, baseline or 0, 1e-6)
    marks = {_line_of(baseline, top): ("┈", "accent"), _line_of(limit, top): ("┄", "warn")}
    over = [limit is not None and v is not None and v >= limit for v in fmt.columns(values, width)]
    bars = fmt.plot(values, width, HEIGHT, top)
    rows = (_bars(row, over, marks.get(n)) for n, row in enumerate(bars))
    return [(), (("p99", "strong"), *_said(len(values), limit, baseline, top)), *rows]


def _said(points: int, limit: float | None, baseline: float | None, top: float) -> Line:
    said: list[tuple[str, str]] = [(f" last {max(1, round(points / POINTS_A_MINUTE))} min", "dim")]
    if limit is not None:
        said += [(" · ", "dim"), ("┄", "warn"), (f" limit {fmt.duration(limit)}", "dim")]
    if baseline is not None:
        said += [(" · ", "dim"), ("┈", "accent"), (f" baseline {fmt.duration(baseline)}", "dim")]
    return (*said, (f" · top {fmt.duration(top)}", "dim"))


def _line_of(value: float | None, top: float) -> int | None:
    """Which line of the plot a value is on, from the top down."""
    return None if value is None else HEIGHT - 1 - min(HEIGHT - 1, int(value / top * HEIGHT))


def _bars(row: str, over: list[bool], mark: tuple[str, str] | None) -> Line:
    """One line of the plot: columns over the limit are bad; a mark shows through the blanks."""
    cells = [
        mark if mark and block == " " else (block, "bad" if bad else "dim")
        for block, bad in zip(row, over, strict=True)
    ]
    return tuple(("".join(block for block, _ in run), style) for style, run in groupby(cells, key=itemgetter(1)))
