"""What the gate leaves in the audit trail: its decision, and each waiver that it made use of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prodtui.cli.audit_trail import Done
from prodtui.model.audited import Act

if TYPE_CHECKING:
    from prodtui.model.assessment import CheckResult
    from prodtui.model.evaluation import Override
    from prodtui.readiness.policy import Policy
    from prodtui.reports.gate_report import GateReport


def decided(report: GateReport, services: Sequence[str], evaluation: str) -> tuple[Done, ...]:
    """`services`: those that were asked for; `evaluation`: the id under which it is kept, empty where it is not."""
    return (_decision(report, services, evaluation), *_waivers(report))


def asked_about(environment: str, services: Sequence[str]) -> str:
    """What a decision is about: the services that were asked for, else the environment."""
    return ", ".join(services) or environment


def broken_glass(override: Override) -> dict[str, str]:
    """Why somebody goes past the gate, as details."""
    return {"reason": override.reason, "ticket": override.ticket}


def _decision(report: GateReport, services: Sequence[str], evaluation: str) -> Done:
    from prodtui.reports.words import score

    decision, policy = report.decision, report.policy
    details = {
        "verdict": decision.verdict.value,
        "score": score(report.assessment),
        "policy": policy.name,
        "policy_digest": policy.digest,
        "candidate": report.candidate or "",
        "samples": str(report.samples),
        "evaluation": evaluation,
    }
    if decision.override is not None:
        details |= broken_glass(decision.override) | {"override": "refused" if decision.refused else "allowed"}
    return Done(
        Act.DECISION,
        asked_about(report.environment, services),
        f"{decision.word}, exit {decision.exit_code}",
        {name: text for name, text in details.items() if text},
    )


def _waivers(report: GateReport) -> Iterator[Done]:
    for service in report.assessment.services:
        for check in service.checks:
            if check.waived:
                yield _waiver(report.policy, report.environment, service.name, check)


def _waiver(policy: Policy, environment: str, service: str, check: CheckResult) -> Done:
    from prodtui.reports.fields import rfc3339

    details = {"waiver": check.waiver, "check": check.id, "state": check.state.value, "found": check.reason}
    place = (check.waiver, check.id, service, environment)
    for waiver in policy.waivers:
        if (waiver.id, waiver.check, waiver.service, waiver.environment) == place:
            details |= {"reason": waiver.reason, "ticket": waiver.ticket, "owner": waiver.owner}
            details |= {"approved_by": waiver.approved_by, "expires": rfc3339(waiver.expires) or ""}
    used = {name: text for name, text in details.items() if text}
    return Done(Act.WAIVER, service, f"{check.waiver} excuses {check.id} ({check.state.value})", used)
