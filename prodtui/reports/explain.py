"""Why a service has its score: every point, its evidence, and what would raise it."""

from __future__ import annotations

import re

import msgspec

from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment, State
from prodtui.model.moment import Moment
from prodtui.readiness import words as measures
from prodtui.readiness.difference import Difference
from prodtui.readiness.explain import Gain, gains
from prodtui.reports.difference import service_since_accepted
from prodtui.reports.fields import clock, floored, one_line, rfc3339
from prodtui.reports.gate_report import waived
from prodtui.reports.status_json import check_part
from prodtui.reports.words import GLYPHS, service_line

SCHEMA = "prodtui.explain/1"
LONGEST_FACT = 160
_LONG_NUMBER = re.compile(r"(?<![\w.:/-])-?\d+\.\d{3,}(?:e[+-]?\d+)?(?![\w.:/-])")
"""Not a part of a version, an address or a name."""


def explain_text(moment: Moment, service: ServiceAssessment, difference: Difference | None = None) -> str:
    """The score as a sum that adds up, pillar by pillar, then what would raise it most."""
    lines = [
        f"{service_line(service)}  tier {service.tier.value}  coverage {floored(service.coverage * 100):.1f} %",
        f"as of {clock(moment.now)} in {moment.snapshot.declared.environment}",
    ]
    lines += [service_since_accepted(difference, service.name)] if difference else []
    lines += [f"! {one_line(note.text)}" for note in (*service.notes, *moment.assessment.notes)]
    for pillar in service.pillars:
        lines += ["", _pillar_line(pillar)]
        lines += [line for check in pillar.checks for line in _check_lines(check, moment.now)]
    found = gains(service)
    if found:
        lines += ["", "What would raise it:"]
        lines += [_gain_line(gain) for gain in found]
    return "\n".join(lines) + "\n"


def explain_json(moment: Moment, service: ServiceAssessment, difference: Difference | None = None) -> str:
    """The same as JSON, `prodtui.explain/1`."""
    document = {
        "schema": SCHEMA,
        "environment": moment.snapshot.declared.environment,
        "at": rfc3339(moment.now),
        "service": service.name,
        "tier": service.tier.value,
        "verdict": service.verdict.value,
        "score": floored(service.score),
        "score_max": floored(service.score_max),
        "coverage": floored(service.coverage, 3),
        "pillars": [
            {
                "name": pillar.name,
                "required": pillar.required,
                "points": float(pillar.points),
                "of": float(pillar.of),
                "checks": [check_part(check) for check in pillar.checks],
            }
            for pillar in service.pillars
        ],
        "gains": [
            {
                "pillar": gain.pillar,
                "check": gain.check.id if gain.check else None,
                "lost": float(gain.lost),
                "score": floored(gain.score),
                "remedy": gain.remedy,
            }
            for gain in gains(service)
        ],
        "notes": [note.text for note in (*service.notes, *moment.assessment.notes)],
        "since": service_since_accepted(difference, service.name) if difference else None,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _pillar_line(pillar: PillarResult) -> str:
    required = " · required" if pillar.required else ""
    return f"{pillar.name:<39}{float(pillar.points):>5.1f}/{float(pillar.of):.1f}{required}"


def _check_lines(check: CheckResult, now: float) -> list[str]:
    got = f"{float(check.points):.1f}/{float(check.of):.1f}" if check.state.scored else check.state.value
    mark = "B" if check.blocking else " "
    name = check.id.partition(".")[2]
    lines = [f"  {GLYPHS[check.state]} {mark} {name:<28}{got:>11}  {check.reason}"]
    indent = " " * 47
    if check.baseline is not None:
        lines.append(f"{indent}baseline {measures.measure(check.baseline, check.unit)}")
    if check.state in (State.PASS, State.INFO):
        return lines
    told = [check.threshold, waived(check, now)]
    seen = f"seen {clock(check.observed_at)}" if check.observed_at is not None else "never seen"
    told.append(
        f"{seen}{f' by {check.source}' if check.source else ''}{f', of {check.version}' if check.version else ''}"
    )
    told += [f"{name}: {_readable(text)}" for name, text in check.evidence.items() if text.strip()]
    return lines + [f"{indent}{one_line(line)}" for line in told if line]


def _readable(evidence: str) -> str:
    """Its first line, numbers in it with three significant digits: nobody reads fifteen."""
    return _LONG_NUMBER.sub(
        lambda found: measures.number(float(found.group())), measures.first_line(evidence, LONGEST_FACT)
    )


def _gain_line(gain: Gain) -> str:
    what = gain.check.id if gain.check else gain.pillar
    return f"  to {floored(gain.score):.1f}  {what:<30}  {gain.remedy}"
