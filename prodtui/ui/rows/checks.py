"""A service's score as a sum: pillars, their checks, points got of points possible."""

from __future__ import annotations

from fractions import Fraction

from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment, State
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line, Run
from prodtui.ui.rows import since, standing
from prodtui.ui.rows.sign import OF_STATE, UNKNOWN

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("", 1, 1, gap=1, sortable=False),
    Column("", 12, 24, gap=1, sortable=False),
    Column("", 16, 90, flex=True, gap=1, sortable=False),
    Column("", 9, 9, right=True, gap=1, sortable=False),
)

ROOMY = 6
"""With more pillars their sum has no blanks, to fit beside the evidence at 120 columns."""


def rows(service: ServiceAssessment, moment: Moment) -> tuple[Row, ...]:
    """Each pillar as a heading, its checks below it, worst first, what is not scored last."""
    found: list[Row] = []
    arrows = since.arrows(service, moment)
    for pillar in service.pillars:
        found.append(_pillar(pillar))
        ordered = sorted(pillar.checks, key=_order)
        found += [_check(check, _reason(check, service, moment), arrows.get(check.id)) for check in ordered]
        if not pillar.checks:
            said = Cell("nothing is read for this pillar, and it is required", "unknown")
            cells = (UNKNOWN.cell, Cell(), Cell("no check", "dim"), said, Cell())
            found.append(Row(f"{pillar.name}.", cells, UNKNOWN.badness))
    return tuple(found)


def worst(service: ServiceAssessment) -> str | None:
    """Key of the row to look at first; None without checks."""
    checks = [check for check in service.checks if check.state.scored]
    if not checks:
        return next((f"{pillar.name}." for pillar in service.pillars if not pillar.checks), None)
    return max(checks, key=_gravity).id


def total(service: ServiceAssessment) -> Row:
    """The pillars' points added up: the score."""
    plus = " + " if len(service.pillars) <= ROOMY else "+"
    summands: list[Run] = []
    for pillar in service.pillars:
        summands += [(plus if summands else "  ", "dim"), (fmt.points(pillar.points), _colour(pillar))]
    whole = f"/{fmt.points(sum((pillar.of for pillar in service.pillars), Fraction(0)))}"
    cells = (
        Cell("sum", "strong", tail=tuple(summands)),
        Cell(fmt.score(service.score), "strong", tail=((whole, "dim"),)),
    )
    return Row("sum", cells, heading=True)


def heading(service: ServiceAssessment) -> Line:
    high = "" if fmt.score(service.score) == fmt.score(service.score_max) else f" to {fmt.score(service.score_max)}"
    coverage = fmt.percent(float(service.coverage)).removesuffix(".0 %").removesuffix(" %")
    return ((f"Why {fmt.score(service.score)}{high}", "strong"), (f" of 100 · coverage {coverage} %", "dim"))


def failing(service: ServiceAssessment) -> list[Line]:
    """A line for each check that does not pass, the worst first."""
    bad = [check for check in service.checks if check.state.scored and OF_STATE[check.state].badness]
    found: list[Line] = []
    for check in sorted(bad, key=lambda check: (-OF_STATE[check.state].badness, not check.blocking)):
        sign = OF_STATE[check.state]
        name = (f"{standing.short(check)}  ", "strong" if check.blocking else "")
        found.append(((f"{sign.glyph} ", sign.style), name, (standing.reason(check), sign.style)))
    return found


def about(service: ServiceAssessment, view: ServiceView) -> Line:
    """The service and what it is."""
    return ((service.name, "strong"), ("  ", ""), *described(service, view))


def described(service: ServiceAssessment, view: ServiceView) -> Line:
    """Tier, instances, versions, owner, runbook."""
    count = len(view.instances)
    parts = [
        f"tier {service.tier}" + ("" if view.declared.tier else " (undeclared)"),
        f"{count} instance{'' if count == 1 else 's'}",
        *([" ".join(view.versions)] if view.versions else []),
        *([f"owner {view.declared.owner}"] if view.declared.owner else []),
        *([f"runbook {view.declared.runbook}"] if view.declared.runbook else []),
    ]
    return (("   ".join(parts), "dim"),)


def _order(check: CheckResult) -> tuple[bool, int, bool, bool]:
    return not check.state.scored, -OF_STATE[check.state].badness, check.waived, not check.blocking


def _gravity(check: CheckResult) -> tuple[bool, int, bool]:
    """What a person should see before the others: an unwaived failure that blocks, then the worst state.

    Not what costs the most: of equals the first pillar's comes first, as what is below fails before what stands on it.
    """
    badness = OF_STATE[check.state].badness
    return check.blocking and badness > 1 and not check.waived, badness, not check.waived


def _colour(pillar: PillarResult) -> str:
    lost = pillar.of - pillar.points
    return "good" if lost == 0 else "warn" if pillar.points * 2 >= pillar.of else "bad"


def _pillar(pillar: PillarResult) -> Row:
    cells = (
        Cell(pillar.name, "strong", tail=() if pillar.required else ((" not required", "dim"),)),
        Cell(fmt.points(pillar.points), f"strong {_colour(pillar)}", tail=((f"/{fmt.points(pillar.of)}", "dim"),)),
    )
    return Row(f"pillar {pillar.name}", cells, heading=True)


def _check(check: CheckResult, reason: Cell, arrow: Run | None) -> Row:
    sign = OF_STATE[check.state]
    if check.state.scored:
        points = Cell(fmt.points(check.points), sign.style, tail=((f"/{fmt.points(check.of)}", "dim"),))
    else:
        points = Cell(check.state.value, "dim")
    cells = (
        sign.cell,
        Cell("B" if check.blocking else "", "warn" if sign.badness else "dim"),
        Cell(standing.short(check), "" if sign.badness else "dim", tail=((" ", ""), arrow) if arrow else ()),
        reason,
        points,
    )
    return Row(check.id, cells, sign.badness)


def _reason(check: CheckResult, service: ServiceAssessment, moment: Moment) -> Cell:
    """Why it stands so; a waiver or a recovery goes before, as it explains the points."""
    style = OF_STATE[check.state].value_style or "dim"
    special = standing.waived(check, moment.now) or standing.recovering(check, service.name, moment.assessment)
    if check.state is State.NOT_APPLICABLE:
        return Cell(check.reason or "by the policy", "dim")
    reason = standing.reason(check)
    return Cell(special, "accent", tail=((f" · {reason}", style),)) if special else Cell(reason, style)
