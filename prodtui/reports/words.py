"""The words and lines that every text report shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment, State, Verdict
from prodtui.model.declared import DeclaredService
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.incident import BlindSpot
from prodtui.model.moment import Moment
from prodtui.model.service_view import ServiceView
from prodtui.reports.fields import clock, floored, one_line
from prodtui.timeline.sentence import text

GLYPHS = {
    State.PASS: "●",
    State.WARN: "▲",
    State.FAIL: "✖",
    State.UNKNOWN: "?",
    State.INFO: "·",
    State.NOT_APPLICABLE: "–",
}
VERDICT_GLYPHS = {Verdict.READY: "●", Verdict.WARN: "▲", Verdict.NOT_READY: "✖", Verdict.INCONCLUSIVE: "?"}
MOST_FIRST = 3
"""First causes told, the one that explains most first."""
_FRESH_GLYPHS = {Freshness.LIVE: "●", Freshness.STALE: "▲", Freshness.LOST: "?"}
_WORST_FIRST = (State.FAIL, State.UNKNOWN, State.WARN, State.PASS, State.INFO, State.NOT_APPLICABLE)


def headline(environment: str, assessment: Assessment) -> str:
    """One line: environment, verdict, how many services fail, the score."""
    failing = sum(s.verdict is Verdict.NOT_READY for s in assessment.services)
    unsure = sum(s.verdict is Verdict.INCONCLUSIVE for s in assessment.services)
    parts = [f"{environment}  {VERDICT_GLYPHS[assessment.verdict]} {words(assessment.verdict)}"]
    if failing:
        parts.append(f"{failing} of {len(assessment.services)} failing")
    if unsure:
        parts.append(f"{unsure} of {len(assessment.services)} not known")
    parts.append(f"score {score(assessment)}")
    return "  ".join(parts)


def first_lines(moment: Moment) -> list[str]:
    """What broke first, and who is blind; nothing where nothing fails and everybody sees."""
    lines = [f"first  {one_line(text(first))}" for first in moment.first[:MOST_FIRST]]
    if len(moment.first) > MOST_FIRST:
        lines.append(f"first  and {len(moment.first) - MOST_FIRST} more")
    if moment.blind:
        lines.append(f"blind  {'; '.join(map(_blind, moment.blind))}")
    return lines


def _blind(spot: BlindSpot) -> str:
    since = "never read" if spot.since is None else f"since {clock(spot.since)}"
    return f"{one_line(spot.source)} {since}: {one_line(spot.hides)}"


def words(verdict: str) -> str:
    """A verdict, or a decision, as a person reads it."""
    return verdict.replace("_", " ")


def score(judged: Assessment | ServiceAssessment) -> str:
    """The score floored to 0.1; an interval where something is not known."""
    low, high = floored(judged.score), floored(judged.score_max)
    return f"{low:.1f}" if low == high else f"{low:.1f}–{high:.1f}"


def latency(seconds: float | None) -> str:
    """A duration in the unit that gives two or three digits."""
    if seconds is None:
        return "?"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.00995 else f"{seconds * 1000:.1f} ms"
    return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds:.0f} s"


def source_row(state: SourceState, now: float) -> tuple[str, ...]:
    fresh = state.freshness(now)
    said = fresh.value
    if fresh is not Freshness.LIVE and state.cause is not None:
        said = f"{fresh.value}: {state.cause.cause_class.value} — {state.cause.message}"
    took = latency(state.latency_s) if state.cause is None else ""
    return _FRESH_GLYPHS[fresh], state.name, state.declared.kind, said, took


def worst_first(checks: Iterable[CheckResult]) -> list[CheckResult]:
    return sorted(checks, key=lambda c: (_WORST_FIRST.index(c.state), not c.blocking, -(c.of - c.points)))


def service_line(service: ServiceAssessment) -> str:
    return f"{VERDICT_GLYPHS[service.verdict]} {one_line(service.name)}  {words(service.verdict)}  {score(service)}"


def check_line(check: CheckResult) -> str:
    got = f"{float(check.points):.1f}/{float(check.of):.1f}" if check.state.scored else check.state.value
    seen = f", seen {clock(check.observed_at)}" if check.observed_at is not None else ""
    mark = "B" if check.blocking else " "
    return f"  {GLYPHS[check.state]} {mark} {check.id:<30} {got:>10}  {check.reason}{seen}"


def view_of(moment: Moment, service: str) -> ServiceView:
    """What is known of a judged service; nothing where it is only depended on, or vanished between two samples."""
    return moment.views.get(service) or ServiceView(
        name=service, declared=DeclaredService(name=service), is_declared=False
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Columns as wide as their longest cell; the last one as it is."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
