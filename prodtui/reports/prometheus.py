"""The gate's report as a textfile for Prometheus' node exporter, in its exposition format 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from prodtui.reports.fields import floored
from prodtui.reports.gate_report import GateReport

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def check_prometheus(report: GateReport) -> str:
    """Scores, a one-hot state of every check, a one-hot verdict, and when it was."""
    environment = {"environment": report.environment}
    services = report.assessment.services
    lines = family(
        "prodtui_readiness_score",
        "Readiness score of a service, 0 to 100; what is not known counts as 0.",
        (({**environment, "service": s.name}, floored(s.score)) for s in services),
    )
    lines += family(
        "prodtui_check_state",
        "State of a readiness check: 1 for the state that it is in, else 0.",
        (
            sample
            for service in services
            for check in service.checks
            for sample in one_hot({**environment, "service": service.name, "check": check.id}, check.state, "state")
        ),
    )
    lines += family(
        "prodtui_gate_verdict",
        "Verdict of the readiness gate: 1 for the one that it gave, else 0.",
        one_hot(environment, report.decision.verdict, "verdict"),
    )
    lines += family(
        "prodtui_last_run_timestamp_seconds",
        "When the readiness gate last ran, in Unix time.",
        [(environment, round(report.moment.now, 3))],
    )
    return "\n".join(lines) + "\n"


def one_hot(labels: Mapping[str, str], found: StrEnum, label: str) -> Iterable[tuple[Mapping[str, str], float]]:
    """A sample for each member of the enumeration: 1 for the one that was found, else 0."""
    kinds: type[StrEnum] = type(found)
    return (({**labels, label: kind.value}, 1 if kind is found else 0) for kind in kinds)


def family(
    name: str, words: str, samples: Iterable[tuple[Mapping[str, str], float | None]], kind: str = "gauge"
) -> list[str]:
    """The lines of one metric; a sample that nobody knows (None) is not there, and a metric without samples neither."""
    lines = [f"{name}{{{_labels(labels)}}} {value}" for labels, value in samples if value is not None]
    return [f"# HELP {name} {words}", f"# TYPE {name} {kind}", *lines] if lines else []


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
