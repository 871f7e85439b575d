"""The formats of the gate's report."""

from __future__ import annotations

from enum import StrEnum

from prodtui.reports.gate_report import GateReport


class GateFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    NAGIOS = "nagios"
    PROMETHEUS = "prometheus"


def rendered(report: GateReport, to: GateFormat) -> str:
    """The report in one format. Only the modules of that format are loaded."""
    match to:
        case GateFormat.TEXT:
            from prodtui.reports.check_text import check_text

            return check_text(report)
        case GateFormat.JSON:
            from prodtui.reports.check_json import check_json

            return check_json(report)
        case GateFormat.JUNIT:
            from prodtui.reports.junit import check_junit

            return check_junit(report)
        case GateFormat.MARKDOWN:
            from prodtui.reports.markdown import check_markdown

            return check_markdown(report)
        case GateFormat.SARIF:
            from importlib.metadata import version

            from prodtui.readiness.custom import check_of
            from prodtui.readiness.pillars import checks
            from prodtui.reports.sarif import check_sarif

            declared = {**checks(), **{custom.id: check_of(custom) for custom in report.policy.customs}}
            return check_sarif(report, declared, version("prodtui"))
        case GateFormat.NAGIOS:
            from prodtui.reports.nagios import check_nagios

            return check_nagios(report)
        case GateFormat.PROMETHEUS:
            from prodtui.reports.prometheus import check_prometheus

            return check_prometheus(report)
