"""The gate's report for a person who reads a CI log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from prodtui.model.assessment import CheckResult, ServiceAssessment, State
from prodtui.model.freshness import Freshness
from prodtui.readiness import words as measures
from prodtui.reports.fields import clock, one_line
from prodtui.reports.gate_report import GateReport, said, since, waived
from prodtui.reports.words import GLYPHS, first_lines, score, service_line, source_row, worst_first

_INDENT = " " * 6
_ACTS = (State.FAIL, State.UNKNOWN, State.WARN)


def check_text(report: GateReport) -> str:
    """What `prodtui check` prints: the decision, what must be known of it, then every service, worst first.

    Of each check that does not pass one line says the reason and one the remedy.
    """
    moment, decision = report.moment, report.decision
    total = f"score {score(report.assessment)}  exit {decision.exit_code}"
    lines = [f"{decision.word}  {one_line(report.environment)}  {total}"]
    lines += [f"  {line}" for line in first_lines(moment)]
    lines += [f"  policy {_policy(report)}"]
    lines += [f"  candidate {one_line(report.candidate)}"] if report.candidate else []
    lines += [f"  ! {line}" for line in said(report)]
    lines += [f"  Δ {line}" for line in since(report)]
    unwell = [s for s in moment.snapshot.sources.values() if s.freshness(moment.now) is not Freshness.LIVE]
    lost = {state.name for state in unwell if state.freshness(moment.now) is Freshness.LOST}
    lines += ["  ".join(one_line(cell) for cell in source_row(s, moment.now) if cell) for s in unwell]
    if not report.assessment.services:
        lines += ["", "No service is declared or registered: nothing can be judged."]
    for service in report.assessment.services:
        lines += ["", service_line(service), *_service(service, moment.now, lost)]
    return "\n".join(lines) + "\n"


def _policy(report: GateReport) -> str:
    policy = report.policy
    if policy.path is None:
        return "default (no policy file)"
    return f"{one_line(policy.name)} ({one_line(policy.path)}, sha256 {policy.digest[:12]})"


def _service(service: ServiceAssessment, now: float, lost: Collection[str]) -> list[str]:
    lines: list[str] = []
    if service.why and not any(check.state in _ACTS for check in service.checks):
        lines.append(f"  ? {one_line(service.why)}")
    blind: dict[tuple[str, str], list[CheckResult]] = {}
    for check in worst_first(service.checks):
        if check.state is State.UNKNOWN and check.source in lost:
            blind.setdefault((check.source, check.reason), []).append(check)
        elif check.state is not State.PASS:
            lines += _check(check, now)
    for (source, reason), checks in blind.items():
        lines += _blind(source, reason, checks)
    passed = sum(check.state is State.PASS for check in service.checks)
    return [*lines, f"  {GLYPHS[State.PASS]} {passed} of {len(service.checks)} checks pass{_ages(service.checks)}"]


def _blind(source: str, reason: str, checks: Sequence[CheckResult]) -> list[str]:
    """One finding for a lost source, not one for each check behind it."""
    mark = "B" if any(check.blocking for check in checks) else " "
    got = f"0.0/{float(sum(check.of for check in checks)):.1f}"
    return [
        f"  {GLYPHS[State.UNKNOWN]} {mark} {measures.plural(len(checks), 'check'):<30} {got:>10}  {one_line(reason)}",
        f"{_INDENT}not known: {', '.join(check.id for check in checks)}",
        f"{_INDENT}→ {one_line(measures.readable_again(source))}",
    ]


def _check(check: CheckResult, now: float) -> list[str]:
    got = f"{float(check.points):.1f}/{float(check.of):.1f}" if check.state.scored else check.state.value
    told = [one_line(check.reason)]
    if check.baseline is not None:
        told.append(f"baseline {measures.measure(check.baseline, check.unit)}")
    if check.version:
        told.append(f"of {one_line(check.version)}")
    if check.observed_at is not None:
        told.append(f"seen {clock(check.observed_at)}, {_age(check.age_s or 0.0)} old")
    told += [text] if (text := waived(check, now)) else []
    mark = "B" if check.blocking else " "
    line = f"  {GLYPHS[check.state]} {mark} {check.id:<30} {got:>10}  {' · '.join(told)}"
    remedy = one_line(check.remedy)
    return [line, f"{_INDENT}→ {remedy}"] if remedy and check.state in _ACTS else [line]


def _ages(checks: Iterable[CheckResult]) -> str:
    """How old the evidence is; empty where none carries a time."""
    ages = [check.age_s for check in checks if check.age_s is not None]
    if not ages:
        return ""
    newest, oldest = _age(min(ages)), _age(max(ages))
    return f", on evidence {oldest} old" if newest == oldest else f", on evidence {newest} to {oldest} old"


def _age(age_s: float) -> str:
    """In whole seconds: an age's milliseconds tell nobody anything."""
    return measures.seconds(round(age_s))
