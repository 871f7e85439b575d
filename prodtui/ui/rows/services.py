"""Services: worst first, each with the costliest reason."""

from __future__ import annotations

from prodtui.model.assessment import ServiceAssessment, State, Verdict
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.model.records import HealthStatus
from prodtui.model.service_view import ServiceView
from prodtui.timeline.acknowledged import services as services_seen
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import acknowledged
from prodtui.ui.rows.first import top
from prodtui.ui.rows.sign import OF_STATE, OF_VERDICT

TREND = 10
COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("service", 7, 34, gap=1),
    Column("score", 5, 5, right=True),
    Column("inst", 4, 7, right=True, drop=3),
    Column("why", 22, 72, flex=True),
    Column("p99", 6, 6, right=True),
    Column("errors", 6, 6, right=True, drop=2),
    Column("req/s", 5, 6, right=True, gap=1, drop=4),
    Column("burn", 5, 5, right=True, gap=1, drop=6),
    Column("trend p99", TREND, TREND, gap=1, drop=5, sortable=False),
)
BURN = "performance.burn_page"


def rows(moment: Moment) -> tuple[Row, ...]:
    """Worst first; before all the service that what broke first is of."""
    seen = services_seen(moment)
    found = [
        _row(service, moment.views[service.name], moment, seen=service.name in seen)
        for service in moment.assessment.services
        if service.name in moment.views
    ]
    first = top(moment)
    if first:
        found.sort(key=lambda row: row.key != first)
    return tuple(found)


def heading(moment: Moment) -> Line:
    failing = sum(s.verdict is Verdict.NOT_READY for s in moment.assessment.services)
    said = f" {len(moment.assessment.services)}" + (f" · {failing} failing" if failing else "")
    return (("Services", "strong"), (said, "dim"))


def _row(service: ServiceAssessment, view: ServiceView, moment: Moment, *, seen: bool) -> Row:
    sign = OF_VERDICT[service.verdict]
    return Row(
        service.name,
        (
            sign.cell,
            Cell(service.name, "strong", tail=acknowledged.TAIL if seen and sign.badness else ()),
            Cell(fmt.score(service.score), f"strong {sign.style}" if sign.badness else "", order=float(service.score)),
            _instances(service, view, moment),
            Cell(service.why, "" if sign.badness else "dim"),
            *_slis(service, view, moment),
        ),
        badness=sign.badness,
        facts=(("tier", service.tier.value), ("verdict", service.verdict.value)),
    )


def _instances(service: ServiceAssessment, view: ServiceView, moment: Moment) -> Cell:
    if not view.instances:
        return Cell("–", "dim", order=0.0)
    freshness = {said.source.freshness(moment.now) for said in view.instances}
    if freshness == {Freshness.LOST}:
        return Cell("?", "unknown")
    passing = sum(view.instance_status(said.record) is HealthStatus.PASSING for said in view.instances)
    style = _style(service, "availability.passing")
    text = f"{passing}/{len(view.instances)}"
    return Cell(text, style if freshness == {Freshness.LIVE} else "dim", order=passing / len(view.instances))


def _slis(service: ServiceAssessment, view: ServiceView, moment: Moment) -> tuple[Cell, ...]:
    trend = moment.trends.get(view.declared.metrics_label or view.name, ())
    if not view.slis:
        nothing = Cell("–" if not any(view.planes.values()) else "?", "dim")
        return (nothing, nothing, nothing, nothing, Cell(fmt.sparkline(trend, TREND), "dim"))
    sli = view.slis[0].record
    freshness = view.slis[0].source.freshness(moment.now)
    if freshness is Freshness.LOST:
        lost = Cell("?", "unknown")
        return (lost, lost, lost, lost, Cell(fmt.sparkline(trend, TREND), "dim"))
    stale = "dim" if freshness is Freshness.STALE else None
    p99 = _style(service, "performance.latency_p99")
    return (
        _value(fmt.latency(sli.p99_s), stale or p99, sli.p99_s),
        _value(fmt.percent(sli.error_ratio), stale or _style(service, "performance.error_ratio"), sli.error_ratio),
        _value(fmt.rate(sli.rate_per_s), stale or "", sli.rate_per_s),
        burn(service, stale=stale is not None),
        Cell(fmt.sparkline(trend, TREND), p99 if p99 in ("bad", "warn") and not stale else "dim"),
    )


def burn(service: ServiceAssessment, *, stale: bool) -> Cell:
    """How many times faster than its objective allows the service burns its error budget."""
    found = next((check for check in service.checks if check.id == BURN), None)
    if found is None or found.state is State.NOT_APPLICABLE:
        return Cell("–", "dim")
    if found.value is None:
        return Cell(fmt.UNKNOWN, "unknown")
    style = "" if found.state is State.PASS else OF_STATE[found.state].value_style
    return Cell(fmt.times(found.value), "dim" if stale else style, order=found.value)


def _value(text: str, style: str, order: float | None) -> Cell:
    return Cell(text, "unknown" if text == fmt.UNKNOWN else style, order=order)


def _style(service: ServiceAssessment, check_id: str) -> str:
    """The style of a value that a check judged; plain where it passed or nobody judged it."""
    found = next((check for check in service.checks if check.id == check_id), None)
    return "" if found is None or found.state is State.PASS else OF_STATE[found.state].value_style
