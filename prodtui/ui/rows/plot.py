"""A service's p99 over the window as a plot of blocks, with the limit of its check."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter

from prodtui.model.assessment import CheckResult, ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.ui import format as fmt
from prodtui.ui.line import Line

HEIGHT = 8
POINTS_A_MINUTE = 6
"""Moments carry a point each ten seconds."""
_LIMIT = re.compile(r"<=?\s*([0-9.]+)\s*(ms|s)\b")


def lines(service: ServiceAssessment, view: ServiceView, moment: Moment, width: int) -> list[Line]:
    """A heading and the plot; nothing where no latency is known."""
    values = moment.trends.get(view.declared.metrics_label or view.name, ())
    known = [v for v in values if v is not None]
    if not known:
        return []
    judged = next((check for check in service.checks if check.id == "performance.latency_p99"), None)
    limit = limit_s(judged) if judged else None
    top = max(*known, (limit or 0) * 1.25, 1e-6)
    at = None if limit is None else HEIGHT - 1 - min(HEIGHT - 1, int(limit / top * HEIGHT))
    over = [limit is not None and v is not None and v >= limit for v in fmt.columns(values, width)]
    minutes = max(1, round(len(values) / POINTS_A_MINUTE))
    said = f" last {minutes} min" + (f" · limit {fmt.duration(limit)}" if limit else "") + f" · top {fmt.duration(top)}"
    bars = fmt.plot(values, width, HEIGHT, top)
    return [(), (("p99", "strong"), (said, "dim")), *(_bars(row, over, limit=n == at) for n, row in enumerate(bars))]


def limit_s(check: CheckResult) -> float | None:
    """The duration below which a latency check passes, read from its threshold's words."""
    match = _LIMIT.search(check.threshold)
    if match is None:
        return None
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def _bars(row: str, over: list[bool], *, limit: bool) -> Line:
    """One line of the plot: columns over the limit are bad; the limit itself shows through the blanks."""
    cells = [
        ("┄", "warn") if limit and block == " " else (block, "bad" if bad else "dim")
        for block, bad in zip(row, over, strict=True)
    ]
    return tuple(("".join(block for block, _ in run), style) for style, run in groupby(cells, key=itemgetter(1)))
