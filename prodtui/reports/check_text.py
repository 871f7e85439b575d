"""The gate's report for a person who reads a CI log."""

from __future__ import annotations

from collections.abc import Sequence

from prodtui.model.assessment import ServiceAssessment, State
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.reports.words import GLYPHS, check_line, service_line, source_row, worst_first


def check_text(moment: Moment, services: Sequence[ServiceAssessment], decision: str, exit_code: int) -> str:
    """What `prodtui check` prints: the decision, then one line a reason and one a remedy, worst service first."""
    environment = moment.snapshot.declared.environment
    lines = [f"{decision}  {environment}  exit {exit_code}"]
    unwell = [s for s in moment.snapshot.sources.values() if s.freshness(moment.now) is not Freshness.LIVE]
    lines += ["  ".join(cell for cell in source_row(s, moment.now) if cell) for s in unwell]
    for service in services:
        lines += ["", service_line(service)]
        lines += [check_line(check) for check in worst_first(service.checks) if check.state is not State.PASS]
        passed = sum(check.state is State.PASS for check in service.checks)
        lines.append(f"  {GLYPHS[State.PASS]} {passed} of {len(service.checks)} checks pass")
    return "\n".join(lines) + "\n"
