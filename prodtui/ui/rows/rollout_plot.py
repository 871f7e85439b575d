"""A criterion of a rollout as a plot: the canary sample by sample, against what it is held to."""

from __future__ import annotations

from prodtui.model.rollout import Compared, CriterionRule, Rollout
from prodtui.model.rollout_progress import canary_values, compared
from prodtui.readiness.words import measure
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run
from prodtui.ui.rows import plot
from prodtui.ui.rows.plot import Mark


def heading(rollout: Rollout, criterion: str | None) -> Line:
    """`latency_p99 of the canary · ┄ limit 250 ms · ┈ stable 41 ms`."""
    one = _of(rollout, criterion)
    if one is None:
        return (("Trend", "strong"),)
    line: list[Run] = [(one.id, "strong"), (" of the canary", "dim")]
    for mark in _marks(rollout, one):
        line += [(" · ", "dim"), (mark.glyph, mark.style), (f" {mark.name} {_said(mark.value, one.unit)}", "dim")]
    return tuple(line)


def lines(rollout: Rollout, criterion: str | None, width: int, height: int) -> list[Line]:
    """The plot of the stage that it is in; in words where there is nothing to draw."""
    one = _of(rollout, criterion)
    if one is None:
        return []
    values, marks = canary_values(rollout, one.id), _marks(rollout, one)
    if not any(values) and not any(mark.value for mark in marks):
        known = any(value is not None for value in values)
        return [(("0 at each sample of this stage" if known else "nothing was measured in this stage", "dim"),)]
    return plot.drawn(
        values,
        rollout.samples[-1].at,
        width,
        max(2, height - 1),
        marks,
        lambda value: _axis(value, one.unit),
        point_s=rollout.plan.stages[rollout.stage].every_s,
    ) or [(("nothing was measured in this stage", "dim"),)]


def _axis(value: float, unit: str) -> str:
    """A value as an axis has room for it: a unit of the plan's own is named in the title."""
    return _said(value, unit) if unit in ("s", "ratio") else f"{value:.3g}"


def _said(value: float, unit: str) -> str:
    if unit == "ratio":
        return f"{value:.0%}".replace("%", " %") if value >= 0.1 else f"{value * 100:.2g} %"
    return fmt.duration(value) if unit == "s" else measure(value, unit)


def _of(rollout: Rollout, criterion: str | None) -> Compared | None:
    _, found = compared(rollout)
    return next((one for one in found if one.id == criterion), found[0] if found else None)


def _marks(rollout: Rollout, one: Compared) -> tuple[Mark, ...]:
    """What is the most it may have, by itself and beside stable; and what stable has."""
    rule = next((rule for rule in rollout.plan.criteria if rule.id == one.id), None)
    marks = []
    if rule is not None and rule.least is None and (limit := _limit(rule, one.stable)) is not None:
        marks.append(Mark(limit, "limit", "warn", "┄", bad_above=True))
    if one.stable is not None:
        marks.append(Mark(one.stable, "stable", "accent", "┈"))
    return tuple(marks)


def _limit(rule: CriterionRule, stable: float | None) -> float | None:
    """The lower one of its own limit and the one beside stable."""
    limits = [] if rule.most is None else [rule.most]
    if rule.over_stable is not None and stable is not None:
        limits.append(stable + max(abs(stable) * rule.over_stable, rule.floor))
    return min(limits, default=None)
