"""A service's score as a sum: pillars, their checks, points got of points possible."""

from __future__ import annotations

from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment
from prodtui.model.service_view import ServiceView
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows.sign import OF_STATE, UNKNOWN

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("", 1, 1, gap=1, sortable=False),
    Column("", 12, 24, gap=1, sortable=False),
    Column("", 16, 90, flex=True, sortable=False),
    Column("", 9, 9, right=True, gap=1, sortable=False),
)


def rows(service: ServiceAssessment) -> tuple[Row, ...]:
    """Each pillar as a heading, its checks below it, worst first."""
    found: list[Row] = []
    for pillar in service.pillars:
        found.append(_pillar(pillar))
        checks = sorted(pillar.checks, key=lambda c: (not c.state.scored, -OF_STATE[c.state].badness, not c.blocking))
        found += [_check(check) for check in checks]
        if not pillar.checks:
            said = Cell("nothing is read for this pillar, and it is required", "unknown")
            cells = (UNKNOWN.cell, Cell(), Cell("no check", "dim"), said, Cell())
            found.append(Row(f"{pillar.name}.", cells, UNKNOWN.badness))
    return tuple(found)


def heading(service: ServiceAssessment) -> Line:
    high = "" if fmt.score(service.score) == fmt.score(service.score_max) else f" to {fmt.score(service.score_max)}"
    coverage = fmt.percent(float(service.coverage)).removesuffix(".0 %").removesuffix(" %")
    return ((f"Why {fmt.score(service.score)}{high}", "strong"), (f" of 100 · coverage {coverage} %", "dim"))


def about(service: ServiceAssessment, view: ServiceView) -> Line:
    """What the service is: tier, instances, versions, owner, runbook."""
    versions = sorted({said.record.version for said in view.instances if said.record.version})
    count = len(view.instances)
    parts = [
        f"tier {service.tier}" + ("" if view.declared.tier else " (undeclared)"),
        f"{count} instance{'' if count == 1 else 's'}",
        *([" ".join(versions)] if versions else []),
        *([f"owner {view.declared.owner}"] if view.declared.owner else []),
        *([f"runbook {view.declared.runbook}"] if view.declared.runbook else []),
    ]
    return ((" ", ""), (service.name, "strong"), ("  " + "   ".join(parts), "dim"))


def _pillar(pillar: PillarResult) -> Row:
    lost = pillar.of - pillar.points
    style = "good" if lost == 0 else "warn" if pillar.points * 2 >= pillar.of else "bad"
    cells = (
        Cell(pillar.name, "strong", tail=() if pillar.required else ((" not required", "dim"),)),
        Cell(fmt.points(pillar.points), f"strong {style}", tail=((f"/{fmt.points(pillar.of)}", "dim"),)),
    )
    return Row(f"pillar {pillar.name}", cells, heading=True)


def _check(check: CheckResult) -> Row:
    sign = OF_STATE[check.state]
    name = check.id.removeprefix(f"{check.pillar}.")
    if check.state.scored:
        points = Cell(fmt.points(check.points), sign.style, tail=((f"/{fmt.points(check.of)}", "dim"),))
    else:
        points = Cell(check.state.value, "dim")
    cells = (
        sign.cell,
        Cell("B" if check.blocking else "", "warn" if sign.badness else "dim"),
        Cell(name, "" if sign.badness else "dim"),
        Cell(f"waived: {check.reason}" if check.waived else check.reason, sign.value_style or "dim"),
        points,
    )
    return Row(check.id, cells, sign.badness)
