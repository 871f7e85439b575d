"""One service's latency whole: what is judged, the plot with limit and baseline, the numbers as they were read."""

from __future__ import annotations

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.ui import format as fmt
from prodtui.ui.line import Line
from prodtui.ui.rows import plot, standing
from prodtui.ui.rows.fields import fields
from prodtui.ui.rows.sign import OF_STATE

TALLEST = 16
SHORTEST = 5
_BELOW = 9
"""Lines that the judged numbers take beside the plot."""


def heading(service: ServiceAssessment) -> Line:
    found = next((check for check in service.checks if check.id == "performance.latency_p99"), None)
    said = "" if found is None else f" p99 {standing.value(found.value, found.unit) or '?'}"
    style = "dim" if found is None else OF_STATE[found.state].value_style or "dim"
    return (("Latency", "strong"), (said, style))


def lines(service: ServiceAssessment, view: ServiceView, moment: Moment, width: int, height: int) -> list[Line]:
    """The plot, as tall as there is room, then each check of the performance, then the row it came from."""
    values = moment.trends.get(view.declared.metrics_label or view.name, ())
    marks = plot.latency_marks(service)
    tall = max(SHORTEST, min(TALLEST, height - _BELOW))
    drawn = plot.drawn_latency(values, marks, moment.now, width, tall)
    found: list[Line] = []
    if drawn:
        found += [plot.heading("p99", values, marks, fmt.duration), *drawn, ()]
    checks = [check for check in service.checks if check.pillar == "performance" and check.state.scored]
    for check in sorted(checks, key=lambda check: -OF_STATE[check.state].badness):
        sign = OF_STATE[check.state]
        found.append((
            (f"{sign.glyph} ", sign.style), (f"{standing.short(check):<20} ", "" if sign.badness else "dim"),
            (check.reason, sign.value_style or "dim"),
        ))  # fmt: skip
    for said in view.slis:
        found += [(), ((f"as read by {said.source.name}", "dim"),), *fields(said.record, moment.now)]
    if not found:
        found.append((("No metrics system reports a latency of this service.", "dim"),))
    return found
