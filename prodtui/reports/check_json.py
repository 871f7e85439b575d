"""The gate's report for programs: `prodtui.status/1` with the decision on it."""

from __future__ import annotations

from typing import Any, cast

from prodtui.reports import document as doc
from prodtui.reports.fields import rfc3339
from prodtui.reports.gate_report import GateReport, since
from prodtui.reports.status_json import as_json, status_fields


def check_json(report: GateReport) -> str:
    """What `prodtui check --format json` prints."""
    return as_json(check_document(report)) + "\n"


def check_document(report: GateReport) -> doc.CheckDocument:
    """The moment with the gate's decision on it."""
    policy, decision, override = report.policy, report.decision, report.decision.override
    return doc.CheckDocument(
        **status_fields(report.moment),
        policy=doc.PolicyPart(name=policy.name, path=policy.path, digest=policy.digest or None),
        candidate=report.candidate,
        samples=report.samples,
        override=None
        if override is None
        else doc.OverridePart(reason=override.reason, ticket=override.ticket, allowed=decision.allowed),
        remarks=report.remarks,
        accepted=_accepted(report),
        differences=tuple(since(report)),
        decision=cast("Any", decision.word),
        exit_code=decision.exit_code,
    )


def _accepted(report: GateReport) -> doc.AcceptedPart | None:
    if report.difference is None:
        return None
    accepted = report.difference.accepted
    return doc.AcceptedPart(
        id=accepted.id,
        at=rfc3339(accepted.at) or "",
        version=accepted.candidate,
        by=accepted.accepted_by or accepted.by,
    )
