"""The evidence of one check: what decided, what it stands on, when it was seen, what would raise the score."""

from __future__ import annotations

from prodtui.model.assessment import CheckResult, ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck
from prodtui.model.subject import parts
from prodtui.ui import format as fmt
from prodtui.ui.line import Line
from prodtui.ui.rows import plot
from prodtui.ui.rows.record import LABEL, lines_of, record_of
from prodtui.ui.rows.sign import OF_STATE

MOST_SUBJECTS = 4


def heading(check: CheckResult) -> Line:
    said = f" {'blocking · ' if check.blocking else ''}{check.state.value}{' · waived' if check.waived else ''}"
    return ((check.id, "strong"), (said, OF_STATE[check.state].style))


def lines(check: CheckResult, service: ServiceAssessment, moment: Moment, width: int) -> list[Line]:
    """The lines of the evidence pane."""
    sign = OF_STATE[check.state]
    found: list[Line] = [((check.title, "dim"),), ((check.reason, f"strong {sign.style}"),)]
    view = moment.views.get(service.name)
    for subject in check.subjects[:MOST_SUBJECTS]:
        record = record_of(subject, moment)
        if record is not None:
            found += [(), *lines_of(subject, record, moment, brief=True)]
    if len(check.subjects) > MOST_SUBJECTS:
        found += [(), ((f"and {len(check.subjects) - MOST_SUBJECTS} more", "dim"),)]
    found += [(), *_facts(check, service, moment)]
    evidence = _not_shown(check, moment)
    if evidence:
        found += [(), (("evidence", "dim"),)]
        found += [((f"{name:<{LABEL}}  ", "dim"), (value, "")) for name, value in evidence]
    if view is not None:
        found += plot.lines(service, view, moment, width)
    return found


def _not_shown(check: CheckResult, moment: Moment) -> list[tuple[str, str]]:
    """The check's evidence without what the records above it say already."""
    said: set[str] = set()
    for subject in check.subjects[:MOST_SUBJECTS]:
        record = record_of(subject, moment)
        if record is not None:
            said |= {parts(subject)[0], *record.__struct_fields__}
            if isinstance(record, HealthCheck):
                said.add(record.instance)  # the registry's checks put an instance's output under its name
    return [(name, value) for name, value in check.evidence.items() if name not in said]


def _facts(check: CheckResult, service: ServiceAssessment, moment: Moment) -> list[Line]:
    facts: list[tuple[str, str]] = []
    if check.threshold:
        facts.append(("threshold", check.threshold))
    if check.observed_at is not None:
        old = "" if moment.now - check.observed_at < 10 else f", {fmt.age(moment.now - check.observed_at)} ago"
        by = f" by {check.source}" if check.source else ""
        facts.append(("seen", f"{fmt.moment(check.observed_at, moment.now)}{by}{old}"))
    elif check.source:
        facts.append(("source", check.source))
    if check.of > check.points and check.state.scored:
        # Points are shares of the service's 100, so what one check lost is what it can give back.
        facts.append(("raises to", f"{fmt.score(service.score + check.of - check.points)} when it passes"))
    return [((f"{name:<11}", "dim"), (value, "")) for name, value in facts]
