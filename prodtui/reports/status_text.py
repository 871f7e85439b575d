"""A moment as text for a terminal or a CI log: the verdict, then what is wrong, worst first, then the rest."""

from __future__ import annotations

from prodtui.model.assessment import Assessment, ServiceAssessment, State
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.model.records import Breaker, BreakerState, Pool
from prodtui.reports.words import (
    VERDICT_GLYPHS,
    check_line,
    first_lines,
    headline,
    latency,
    score,
    service_line,
    source_row,
    table,
    view_of,
    worst_first,
)
from prodtui.timeline.status import status


def status_text(moment: Moment) -> str:
    """What `prodtui status` prints."""
    assessment = moment.assessment
    lines = [headline(moment.snapshot.declared.environment, assessment), *first_lines(moment), ""]
    lines += table(
        ("", "source", "kind", "state", "latency"),
        (source_row(s, moment.now) for s in moment.snapshot.sources.values()),
    )
    if assessment.services:
        lines.append("")
        lines += table(
            ("", "service", "score", "inst", "p99", "errors", "req/s", "why"),
            (_service_row(moment, s) for s in assessment.services),
            right=(2, 3, 4, 5, 6),
        )
    else:
        lines += ["", "No service is declared or registered. `prodtui init` looks for what runs here."]
    trouble = [*_pool_lines(moment), *_breaker_lines(moment)]
    if trouble:
        lines += ["", *trouble]
    lines += _problems(assessment)
    return "\n".join(lines) + "\n"


def _service_row(moment: Moment, service: ServiceAssessment) -> tuple[str, ...]:
    view = view_of(moment, service.name)
    sli = view.slis[0] if view.slis else None
    lost = sli is None or sli.source.freshness(moment.now) is Freshness.LOST
    numbers = sli.record if sli is not None and not lost else None
    passing = sum(view.instance_status(said.record) == "passing" for said in view.instances)
    known = any(said.source.freshness(moment.now) is not Freshness.LOST for said in view.instances)
    return (
        VERDICT_GLYPHS[service.verdict],
        service.name,
        score(service),
        f"{passing}/{len(view.instances)}" if known else "?",
        latency(numbers.p99_s if numbers else None),
        f"{numbers.error_ratio:.1%}" if numbers and numbers.error_ratio is not None else "?",
        f"{numbers.rate_per_s:.1f}" if numbers and numbers.rate_per_s is not None else "?",
        service.why,
    )


def _pool_lines(moment: Moment) -> list[str]:
    lines = []
    for (source, _), pool in sorted(moment.snapshot.of(Pool).items()):
        found = status(pool)
        if found is None or found.good is not False:
            continue
        waited = f", longest {latency(pool.max_wait_s)}" if pool.max_wait_s else ""
        lines.append(f"✖ pool {pool.name} ({source})  {found.word}: {found.text}{waited}")
    return lines


def _breaker_lines(moment: Moment) -> list[str]:
    return [
        f"{'✖' if breaker.state in (BreakerState.OPEN, BreakerState.FORCED_OPEN) else '▲'} "
        f"breaker {breaker.caller}→{breaker.callee} ({source})  {breaker.state.value}"
        for (source, _), breaker in sorted(moment.snapshot.of(Breaker).items())
        if breaker.state is not BreakerState.CLOSED
    ]


def _problems(assessment: Assessment) -> list[str]:
    lines: list[str] = []
    for service in assessment.services:
        lost = [c for c in worst_first(service.checks) if c.state in (State.FAIL, State.UNKNOWN, State.WARN)]
        if lost:
            lines += ["", service_line(service), *(check_line(check) for check in lost)]
    return lines
