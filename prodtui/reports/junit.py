"""The gate's report as JUnit XML, by the schema of Jenkins' xUnit plugin (junit-10.xsd): one suite a service."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from prodtui.model.assessment import CheckResult, ServiceAssessment, State, Verdict
from prodtui.reports.fields import floored, one_line
from prodtui.reports.gate_report import GateReport, said, since, unexplained, waived

# What XML 1.0 (§2.2, Char) has no place for, also not as a reference.
_NO_CHAR = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_junit(report: GateReport) -> str:
    """FAIL is a failure, UNKNOWN an error, waived and N/A are skipped; WARN passes and says so in its output."""
    root = Element("testsuites", name=_text(f"prodtui {report.environment}"))
    alone = {name: (verdict, why) for name, verdict, why in unexplained(report)}
    for service in report.assessment.services:
        _suite(root, report, service, alone.get(service.name))
    if not report.assessment.services:
        _empty_suite(root, report, *alone[report.environment])
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(
    root: Element, report: GateReport, service: ServiceAssessment, unexplained: tuple[Verdict, str] | None
) -> None:
    suite = SubElement(root, "testsuite", name=_text(service.name))
    _properties(suite, report, service)
    for check in service.checks:
        _case(suite, service.name, check, report.moment.now)
    if unexplained is not None:
        _verdict_case(suite, service.name, *unexplained)
    _told(suite, report)
    _count(suite, report)


def _empty_suite(root: Element, report: GateReport, verdict: Verdict, why: str) -> None:
    suite = SubElement(root, "testsuite", name=_text(report.environment))
    _verdict_case(suite, report.environment, verdict, why)
    _told(suite, report)
    _count(suite, report)


def _properties(suite: Element, report: GateReport, service: ServiceAssessment) -> None:
    properties = SubElement(suite, "properties")
    for name, value in {
        "environment": report.environment,
        "decision": report.decision.word,
        "verdict": service.verdict.value,
        "tier": service.tier.value,
        "score": f"{floored(service.score):.1f}",
        "score_max": f"{floored(service.score_max):.1f}",
        "coverage": f"{floored(service.coverage, 3):.3f}",
        "policy": report.policy.path or "default",
        "candidate": report.candidate or "",
    }.items():
        SubElement(properties, "property", name=name, value=_text(value))


def _case(suite: Element, service: str, check: CheckResult, now: float) -> None:
    case = SubElement(suite, "testcase", name=check.id, classname=_text(service), time="0")
    reason = _text(check.reason)
    match check.state:
        case State.FAIL if not check.waived:
            SubElement(case, "failure", type=_kind(check), message=reason).text = _detail(check)
        case State.UNKNOWN:
            SubElement(case, "error", type=_kind(check), message=reason).text = _detail(check)
        case State.FAIL:
            SubElement(case, "skipped", message=_text(f"{waived(check, now)}: {check.reason}"))
        case State.NOT_APPLICABLE:
            SubElement(case, "skipped", message=_text(f"not applicable: {check.reason}"))
        case State.WARN | State.INFO:
            SubElement(case, "system-out").text = f"{check.state.value}: {reason}\n{_detail(check)}".rstrip()
        case State.PASS:
            pass


def _verdict_case(suite: Element, service: str, verdict: Verdict, why: str) -> None:
    """What no single check says: the service is not ready all the same."""
    case = SubElement(suite, "testcase", name="verdict", classname=_text(service), time="0")
    kind = "failure" if verdict is Verdict.NOT_READY else "error"
    SubElement(case, kind, type=verdict.value, message=_text(why or verdict.value))


def _told(suite: Element, report: GateReport) -> None:
    lines = [*said(report), *since(report)]
    if lines:
        SubElement(suite, "system-out").text = "\n".join(map(_text, lines))


def _count(suite: Element, report: GateReport) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{element}"))))
    suite.set("time", "0")
    suite.set("timestamp", datetime.fromtimestamp(report.moment.now, UTC).strftime("%Y-%m-%dT%H:%M:%S"))


def _kind(check: CheckResult) -> str:
    return f"{check.state.value}{', blocking' if check.blocking else ''}"


def _detail(check: CheckResult) -> str:
    threshold = f"threshold: {_text(check.threshold)}" if check.threshold else ""
    remedy = f"remedy: {_text(check.remedy)}" if check.remedy else ""
    return "\n".join(line for line in (threshold, remedy) if line)


def _text(text: str) -> str:
    return _NO_CHAR.sub("\ufffd", one_line(text))
