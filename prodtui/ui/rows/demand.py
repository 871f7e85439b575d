"""What was asked of a pool over the window: connections in use and clients waiting, against its size."""

from __future__ import annotations

from prodtui.model.moment import Moment
from prodtui.model.records import Pool
from prodtui.ui.line import Line
from prodtui.ui.rows import plot


def lines(subject: str, pool: Pool, moment: Moment, width: int) -> list[Line]:
    """A heading and the plot; nothing while nothing was kept."""
    values = moment.trends.get(subject, ())
    size = None if pool.size is None else float(pool.size)
    marks = () if size is None else (plot.Mark(size, "size", "warn", "┄", bad_above=True),)
    drawn = plot.drawn(values, moment.now, width, plot.HEIGHT, marks, lambda value: f"{value:.0f}")
    return [(), plot.heading("used + waiting", values, marks, lambda value: f"{value:.0f}"), *drawn] if drawn else []
