"""The gate's report as GitHub-flavoured Markdown, for a pull request or a step summary.

Whatever comes from outside stands in code spans, where no HTML, link, mention or reference is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from prodtui.model.assessment import CheckResult, ServiceAssessment, State, Verdict
from prodtui.reports.fields import one_line
from prodtui.reports.gate_report import GateReport, said, since, waived
from prodtui.reports.markdown_text import LONGEST_CELL, LOOKALIKES, code_span
from prodtui.reports.words import score, words, worst_first

LARGEST_BYTES = 1_048_576
"""GitHub takes at most 1 MiB for a step summary."""
_MOST_LINES = 200
_ICONS = {
    State.PASS: "✅",
    State.WARN: "⚠️",
    State.FAIL: "❌",
    State.UNKNOWN: "❓",
    State.INFO: "ℹ️",
    State.NOT_APPLICABLE: "➖",
}
_VERDICT_ICONS = {Verdict.READY: "✅", Verdict.WARN: "⚠️", Verdict.NOT_READY: "❌", Verdict.INCONCLUSIVE: "❓"}


def check_markdown(report: GateReport, largest_bytes: int = LARGEST_BYTES) -> str:
    """The decision, then a table a service, worst first; services that do not fit are counted, not shown."""
    parts = [_head(report)]
    # Room for the sentence about what is left out.
    left = largest_bytes - len(parts[0].encode()) - 200
    services = report.assessment.services
    for shown, service in enumerate(services):
        part = "\n".join(_service(report, service))
        left -= len(part.encode())
        if left < 0:
            parts.append(f"\n**Cut: {len(services) - shown} of {len(services)} services do not fit here.**\n")
            break
        parts.append(part)
    return "".join(parts)


def _head(report: GateReport) -> str:
    decision, assessment = report.decision, report.assessment
    icon = _VERDICT_ICONS[decision.verdict]
    policy = code_span(report.policy.path) if report.policy.path else "default"
    lines = [
        f"## {icon} {words(decision.word)} — {code_span(report.environment)}",
        "",
        f"score **{score(assessment)}** · verdict {words(decision.verdict)} · exit {decision.exit_code}"
        f" · policy {policy}" + (f" · candidate {code_span(report.candidate)}" if report.candidate else ""),
        "",
        *(f"- {code_span(line)}" for line in (*said(report), *since(report))[:_MOST_LINES]),
    ]
    if not assessment.services:
        lines.append("No service is declared or registered: nothing can be judged.")
    return "\n".join(lines) + "\n"


def _service(report: GateReport, service: ServiceAssessment) -> Iterator[str]:
    icon = _VERDICT_ICONS[service.verdict]
    unwell = service.verdict is not Verdict.READY
    yield f"\n<details{' open' if unwell else ''}>"
    # HTML, where Markdown is not read: the name is escaped for it, and in code so that it mentions nobody.
    name = escape(one_line(service.name, LONGEST_CELL).translate(LOOKALIKES))
    yield f"<summary>{icon} <code>{name}</code> {words(service.verdict)} · {score(service)}</summary>\n"
    yield "| | check | points | reason | remedy |"
    yield "|---|---|---:|---|---|"
    # What passes is listed where nothing else is: beside what does not it only buries it.
    shown = [check for check in worst_first(service.checks) if not unwell or check.state is not State.PASS]
    for check in shown:
        yield _row(check, report.moment.now)
    if len(shown) < len(service.checks):
        yield f"\n{_ICONS[State.PASS]} {len(service.checks) - len(shown)} of {len(service.checks)} checks pass\n"
    yield "\n</details>\n"


def _row(check: CheckResult, now: float) -> str:
    got = f"{float(check.points):.1f}/{float(check.of):.1f}" if check.state.scored else check.state.value
    blocking = " **B**" if check.blocking else ""
    held_by = waived(check, now)
    reason = f"{check.reason} · {held_by}" if held_by else check.reason
    remedy = check.remedy if check.state in (State.FAIL, State.UNKNOWN, State.WARN) else ""
    named = f"{code_span(check.id)}{blocking}"
    return f"| {_ICONS[check.state]} | {named} | {got} | {code_span(reason)} | {code_span(remedy)} |"
