"""The gate's report as a monitoring plugin prints it: one line with performance data, then the long output."""

from __future__ import annotations

from prodtui.model.assessment import State, Verdict
from prodtui.readiness import words as measures
from prodtui.reports.fields import floored, one_line
from prodtui.reports.gate_report import GateReport, said, since
from prodtui.reports.words import words, worst_first

LARGEST_BYTES = 8_192
"""Nagios Core reads no more of a plugin (MAX_PLUGIN_OUTPUT_LENGTH)."""
_WORDS = {Verdict.READY: "OK", Verdict.WARN: "WARNING", Verdict.NOT_READY: "CRITICAL", Verdict.INCONCLUSIVE: "UNKNOWN"}
_PLAIN = str.maketrans({"|": "¦"})
_LABEL = str.maketrans({"|": "¦", "=": "꞊", "'": "’"})


def check_nagios(report: GateReport) -> str:
    """`READINESS OK - …| score=…`, then what does not pass, worst first, then a score for each service."""
    assessment, policy = report.assessment, report.policy
    word = _WORDS[report.decision.verdict]
    # `90:` alerts below 90 (Monitoring Plugins Development Guidelines, Threshold and Ranges).
    limits = f"{float(policy.warns_below):g}:;{float(policy.fails_below):g}:;0;100"
    performance = (
        f"score={floored(assessment.score):.1f};{limits} "
        f"coverage={floored(assessment.coverage * 100):.1f}%;{float(policy.coverage_from * 100):g}:;;0;100"
    )
    first = f"READINESS {word} - {_plain(_summary(report))} | {performance}"
    long = [_plain(line) for line in (*said(report), *since(report))]
    long += [
        _plain(f"{service.name} {check.state.value} {check.id}: {check.reason}")
        for service in assessment.services
        for check in worst_first(service.checks)
        if check.state in (State.FAIL, State.UNKNOWN, State.WARN)
    ]
    services = [f"'{_label(s.name)}'={floored(s.score):.1f};{limits}" for s in assessment.services]
    return _fitting(first, long, services)


def _summary(report: GateReport) -> str:
    assessment = report.assessment
    unwell = [s for s in assessment.services if s.verdict is not Verdict.READY]
    worst = unwell[0] if unwell else None
    told = [f"{report.environment} {words(report.decision.word)}"]
    told.append(f"{len(unwell)} of {measures.plural(len(assessment.services), 'service')} not READY")
    if worst is not None:
        told.append(f"{worst.name}: {worst.why or words(worst.verdict)}")
    return ", ".join(told)


def _fitting(first: str, long: list[str], services: list[str]) -> str:
    """As many whole lines as the reader takes; performance data of services only when all of it fits."""
    left = LARGEST_BYTES - len(first.encode()) - 80
    kept = []
    for number, line in enumerate(long):
        left -= len(line.encode()) + 1
        if left < 0:
            kept.append(f"and {len(long) - number} more lines")
            break
        kept.append(line)
    performance = "\n".join(services)
    text = "\n".join([first, *kept])
    # A second pipe, in the long output, begins more performance data (Nagios Plugin API).
    if services and kept and left > len(performance.encode()) + 3:
        text += f" | {performance}"
    return text + "\n"


def _plain(text: str) -> str:
    return one_line(text, 500).translate(_PLAIN)


def _label(text: str) -> str:
    return one_line(text, 200).translate(_LABEL)
