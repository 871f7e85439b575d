"""The gate's report as SARIF 2.1.0 (OASIS): a result for each check that does not pass, where the policy has it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import msgspec

from prodtui.model.assessment import CheckResult, ServiceAssessment, State, Verdict
from prodtui.readiness.check import Check
from prodtui.readiness.policy import Place
from prodtui.reports.fields import one_line, rfc3339
from prodtui.reports.gate_report import GateReport, said, since, unexplained, waived

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_VERDICT_RULE = "verdict"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_UNWELL = (State.FAIL, State.UNKNOWN, State.WARN)


def check_sarif(report: GateReport, checks: Mapping[str, Check], version: str) -> str:
    """`checks`: the declarations, custom ones included, by id; `version`: prodtui's own."""
    found = [
        (service, check) for service in report.assessment.services for check in service.checks if check.state in _UNWELL
    ]
    alone = unexplained(report)
    ids = list(dict.fromkeys(check.id for _, check in found)) + ([_VERDICT_RULE] if alone else [])
    rank = {name: number for number, name in enumerate(ids)}
    titles = {check.id: check.title for _, check in found}
    results = [_result(report, service, check, rank[check.id]) for service, check in found]
    results += [_verdict_result(report, *one, rank[_VERDICT_RULE]) for one in alone]
    run = {
        "tool": {
            "driver": {
                "name": "prodtui",
                "semanticVersion": version,
                "rules": [_rule(name, checks.get(name), titles.get(name, "")) for name in ids],
            }
        },
        "automationDetails": {"id": f"prodtui/check/{one_line(report.environment)}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": report.decision.exit_code,
                "endTimeUtc": rfc3339(report.moment.now),
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": _message(line)}} for line in (*said(report), *since(report))
                ],
            }
        ],
        "properties": {
            "environment": one_line(report.environment),
            "decision": report.decision.word,
            "verdict": report.decision.verdict.value,
        },
        # Messages are plain text; columns are not given.
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(name: str, check: Check | None, title: str) -> dict[str, Any]:
    if name == _VERDICT_RULE:
        title = "The service as a whole is ready"
    rule: dict[str, Any] = {"id": name, "shortDescription": {"text": _message(title or name)}}
    if check is not None:
        rule["fullDescription"] = {"text": _message(f"{check.title}. {check.why} {check.rule}")}
        rule["help"] = {"text": _message(check.remedy or check.title)}
        rule["defaultConfiguration"] = {"level": "error" if check.blocking else "warning"}
        rule["properties"] = {"tags": [check.pillar], "blocking": check.blocking}
    return rule


def _result(report: GateReport, service: ServiceAssessment, check: CheckResult, rank: int) -> dict[str, Any]:
    text = f"{service.name}: {check.state.value}: {check.reason}"
    if check.remedy and check.state is not State.UNKNOWN:
        text += f" → {check.remedy}"
    result = _plain_result(report, check.id, service.name, rank, text, _level(check))
    result["properties"] = {
        "state": check.state.value,
        "blocking": check.blocking,
        "points": float(check.points),
        "of": float(check.of),
        "threshold": one_line(check.threshold),
        "remedy": one_line(check.remedy),
    }
    if check.waived:
        why = waived(check, report.moment.now)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _verdict_result(report: GateReport, name: str, verdict: Verdict, why: str, rank: int) -> dict[str, Any]:
    text = f"{name}: {verdict.value}: {why}"
    return _plain_result(report, _VERDICT_RULE, name, rank, text, "error")


def _plain_result(report: GateReport, rule: str, service: str, rank: int, text: str, level: str) -> dict[str, Any]:
    path = f"{report.environment}/{service}/{rule}"
    return {
        "ruleId": rule,
        "ruleIndex": rank,
        "level": level,
        "message": {"text": _message(text)},
        "locations": [_location(report, rule, service, path)],
        "partialFingerprints": {"prodtui/v1": hashlib.sha256(path.encode()).hexdigest()},
    }


def _level(check: CheckResult) -> str:
    """A blocking check that is not known is as much in the way as one that fails."""
    if check.state is State.FAIL or (check.state is State.UNKNOWN and check.blocking):
        return "error"
    return "warning"


def _message(text: str) -> str:
    """A plain text message (§3.11) in which nothing from outside makes an embedded link or a placeholder."""
    return _PLACEHOLDER.sub(r"{{\1}}", one_line(text).replace("](", "] ("))


def _location(report: GateReport, rule: str, service: str, path: str) -> dict[str, Any]:
    """The policy's line, else the policy file's first, else only what it is about."""
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": one_line(path), "kind": "resource"}]}
    policy, view = report.policy, report.moment.views.get(service)
    place = policy.place(rule, service, view.tier, view.tags) if view else policy.places.get(rule)
    place = place or (Place(policy.path, 1) if policy.path else None)
    if place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(place.path, report.root)},
            "region": {"startLine": max(1, place.line)},
        }
    return location


def _uri(path: str, root: str) -> str:
    """A path below the root relative to it, as code hosts want it; else a file URI."""
    given = PurePath(path)
    if root and given.is_absolute() and given.is_relative_to(root):
        given = given.relative_to(root)
    return given.as_uri() if given.is_absolute() else quote(given.as_posix())
