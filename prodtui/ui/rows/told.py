"""Whatever a subject names, as a heading and lines: a record, a service's check, a source, a service."""

from __future__ import annotations

from prodtui.model.assessment import CheckResult, ServiceAssessment
from prodtui.model.freshness import SourceState
from prodtui.model.moment import Moment
from prodtui.model.records import AnyRecord, HealthCheck, Pool
from prodtui.model.subject import parts
from prodtui.ui.line import Line
from prodtui.ui.rows import demand, evidence, health_body, record, sources
from prodtui.ui.rows.behind import behind
from prodtui.ui.rows.fields import fields

CHECK = "check:"
"""What a service's check is named by: `check:service:id`."""


def heading(subject: str, moment: Moment) -> Line | None:
    """What the subject is; None where it names nothing that is known now."""
    if (judged := _check(subject, moment)) is not None:
        service, check = judged
        return ((service.name, "strong"), (" ", ""), *evidence.heading(check))
    if (state := _source(subject, moment)) is not None:
        return sources.title(state, moment.now)
    found = _record(subject, moment)
    if found is None:
        return None
    return ((record.title_of(subject, found), "strong"), (f" from {parts(subject)[1]}", "dim"))


def lines(subject: str, moment: Moment, width: int) -> list[Line]:
    """All there is of it; nothing where it names nothing that is known now."""
    if (judged := _check(subject, moment)) is not None:
        service, check = judged
        return evidence.lines(check, service, moment, width)
    if (state := _source(subject, moment)) is not None:
        return sources.lines(state, moment)
    found = _record(subject, moment)
    return [] if found is None else of_record(subject, found, moment, width)


def of_record(subject: str, found: AnyRecord, moment: Moment, width: int) -> list[Line]:
    """What is wrong first; then its status, its plot, its fields, what stands behind it, and its past."""
    findings = record.findings(subject, moment)
    since = record.since_line(subject, found, moment, quiet=bool(findings))
    lines = [*findings, *([since] if since else [])]
    stands = behind(subject, found, moment)
    behind_it: list[Line] = []
    if stands is not None:
        behind_it = [(), ((stands.title, "strong bad" if stands.wrong else "dim"),), *stands.lines]
    if stands is not None and stands.wrong:
        lines += behind_it
    if isinstance(found, Pool):
        lines += demand.lines(subject, found, moment, width)
    if isinstance(found, HealthCheck):
        lines += [(), *record.definition(found), (), (("output", "dim"),), *record.output_lines(found)]
        tree = health_body.lines(found.output)
        lines += [(), *tree] if tree else []
    else:
        lines += [(), *fields(found, moment.now)]
    if stands is not None and not stands.wrong:
        lines += behind_it
    past = record.history(subject, moment)
    if past:
        lines += [(), (("history", "dim"),), *past]
    return [line for n, line in enumerate(lines) if line or n]


def gone(subject: str, moment: Moment) -> list[Line]:
    """What is left of a record that its source no longer reports: its past."""
    past = record.history(subject, moment) if subject.count(":") > 1 else []
    return [(("Its source no longer reports it.", ""),), (), *past]


def _check(subject: str, moment: Moment) -> tuple[ServiceAssessment, CheckResult] | None:
    if not subject.startswith(CHECK):
        return None
    name, _, check_id = subject.removeprefix(CHECK).partition(":")
    service = moment.assessment.service(name)
    check = next((check for check in service.checks if check.id == check_id), None) if service else None
    return None if service is None or check is None else (service, check)


def _source(subject: str, moment: Moment) -> SourceState | None:
    return (
        moment.snapshot.sources.get(subject.removeprefix(sources.PREFIX))
        if subject.startswith(sources.PREFIX)
        else None
    )


def _record(subject: str, moment: Moment) -> AnyRecord | None:
    return record.record_of(subject, moment) if subject.count(":") > 1 else None
