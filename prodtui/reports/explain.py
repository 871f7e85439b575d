"""Why a service has its score: every point, its evidence, and what would raise it."""

from __future__ import annotations

import msgspec

from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment, State
from prodtui.model.moment import Moment
from prodtui.readiness.explain import Gain, gains
from prodtui.reports.fields import clock, floored, rfc3339
from prodtui.reports.status_json import check_part
from prodtui.reports.words import GLYPHS, service_line

SCHEMA = "prodtui.explain/1"
LONGEST_FACT = 160


def explain_text(moment: Moment, service: ServiceAssessment) -> str:
    """The score as a sum that adds up, pillar by pillar, then what would raise it most."""
    lines = [
        f"{service_line(service)}  tier {service.tier.value}  coverage {floored(service.coverage * 100):.1f} %",
        f"as of {clock(moment.now)} in {moment.snapshot.declared.environment}",
    ]
    for pillar in service.pillars:
        lines += ["", _pillar_line(pillar)]
        lines += [line for check in pillar.checks for line in _check_lines(check)]
    found = gains(service)
    if found:
        lines += ["", "What would raise it:"]
        lines += [_gain_line(gain) for gain in found]
    return "\n".join(lines) + "\n"


def explain_json(moment: Moment, service: ServiceAssessment) -> str:
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
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _pillar_line(pillar: PillarResult) -> str:
    required = " · required" if pillar.required else ""
    return f"{pillar.name:<39}{float(pillar.points):>5.1f}/{float(pillar.of):.1f}{required}"


def _check_lines(check: CheckResult) -> list[str]:
    got = f"{float(check.points):.1f}/{float(check.of):.1f}" if check.state.scored else check.state.value
    mark = "B" if check.blocking else " "
    name = check.id.partition(".")[2]
    lines = [f"  {GLYPHS[check.state]} {mark} {name:<28}{got:>11}  {check.reason}"]
    if check.state in (State.PASS, State.INFO):
        return lines
    indent = " " * 47
    lines.append(f"{indent}{check.threshold}" if check.threshold else "")
    seen = f"seen {clock(check.observed_at)}" if check.observed_at is not None else "never seen"
    lines.append(f"{indent}{seen}{f' by {check.source}' if check.source else ''}")
    lines += [
        f"{indent}{name}: {text.strip().splitlines()[0]}" for name, text in check.evidence.items() if text.strip()
    ]
    return [line for line in lines if line]


def _gain_line(gain: Gain) -> str:
    what = gain.check.id if gain.check else gain.pillar
    return f"  to {floored(gain.score):.1f}  {what:<30}  {gain.remedy}"
