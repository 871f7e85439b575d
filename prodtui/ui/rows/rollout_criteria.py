"""Canary and stable side by side for each criterion, worst first; and what happened, newest first."""

from __future__ import annotations

from prodtui.model.rollout import Compared, Judged, Rollout, Step
from prodtui.model.rollout_progress import canary_values, compared
from prodtui.readiness.words import measure
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line, Run
from prodtui.ui.rows.rollout_stages import OF_JUDGED

TREND = 12
COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("", 1, 1, gap=1, sortable=False),
    Column("criterion", 11, 24, gap=1),
    Column("canary", 7, 12, right=True),
    Column("stable", 7, 12, right=True),
    Column("threshold", 28, 60, flex=True),
    Column("baseline", 8, 12, right=True, drop=1),
    Column("canary's trend", TREND, 14, drop=2, sortable=False),
    Column("", 20, 90, flex=True, drop=3, sortable=False),
)
STEP_COLUMNS = (
    Column("time", 8, 19),
    Column("what", 10, 44),
    Column("result", 16, 160, flex=True),
)


def heading(rollout: Rollout, now: float) -> Line:
    """`Criteria 5 · 1 BAD`, and of when they are where that is not the last sample."""
    sample, found = compared(rollout)
    line: list[Run] = [("Criteria", "strong"), (f" {len(found)}", "dim")]
    for judged in (Judged.BAD, Judged.NODATA):
        count = sum(one.judged is judged for one in found)
        if count:
            line += [(" · ", "dim"), (f"{count} {judged.value}", OF_JUDGED[judged].style)]
    if sample is not None and sample is not rollout.samples[-1]:
        line += [(f" as at {fmt.moment(sample.at, now)}", "warn")]
    return tuple(line)


def rows(rollout: Rollout) -> tuple[Row, ...]:
    """What blocks and is worst first. Older than the newest sample they are dimmed."""
    sample, found = compared(rollout)
    old = sample is not None and sample is not rollout.samples[-1]
    return tuple(_row(rollout, one, old=old) for one in found)


def _row(rollout: Rollout, one: Compared, *, old: bool) -> Row:
    sign = OF_JUDGED[one.judged]
    style = "dim" if old else sign.value_style
    trend = fmt.sparkline(canary_values(rollout, one.id), TREND)
    return Row(
        one.id,
        (
            sign.cell,
            Cell("B" if one.blocking else "", "warn" if sign.badness else "dim"),
            Cell(one.id, "strong" if sign.badness else ""),
            _value(one.canary, one.unit, f"strong {style}".strip() if sign.badness else style),
            Cell("?", "dim") if one.stable is None else _value(one.stable, one.unit, "dim" if old else ""),
            Cell(one.threshold, "dim"),
            Cell() if one.baseline is None else _value(one.baseline, one.unit, "dim"),
            Cell(trend, sign.value_style or "dim"),
            # What is BAD is told by its value and its threshold; what is not known only by why.
            Cell(one.reason if one.judged is Judged.NODATA else "", style),
        ),
        badness=sign.badness,
    )


def _value(number: float | None, unit: str, style: str) -> Cell:
    return Cell("?", "unknown") if number is None else Cell(measure(number, unit), style, order=number)


def steps_heading(rollout: Rollout) -> Line:
    return (("Steps", "strong"), (f" {len(rollout.steps)}", "dim"))


def step_rows(rollout: Rollout, now: float) -> tuple[Row, ...]:
    """What happened, newest first."""
    placed = sorted(enumerate(rollout.steps), key=lambda each: each[1].at)
    return tuple(_step(step, n, now) for n, step in reversed(placed))


def _step(step: Step, place: int, now: float) -> Row:
    by = ((f"  {step.by}", "dim"),) if step.by else ()
    when = Cell(fmt.moment(step.at, now), "dim", order=step.at)
    return Row(str(place), (when, Cell(step.what), Cell(step.result, tail=by)))
