"""The evidence of one check: what decided, what to do, what it stands on, what would raise the score."""

from __future__ import annotations

from prodtui.model.assessment import CheckResult, ServiceAssessment
from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck, Session
from prodtui.model.subject import parts
from prodtui.readiness.explain import gains
from prodtui.readiness.words import percent
from prodtui.ui import format as fmt
from prodtui.ui.line import Line
from prodtui.ui.rows import plot, standing
from prodtui.ui.rows.fields import LABEL
from prodtui.ui.rows.record import lines_of, record_of
from prodtui.ui.rows.sign import OF_STATE

MOST_SUBJECTS = 4
PLOTTED = ("availability", "data", "resilience", "performance")
"""Pillars whose failures show in the latency."""


def heading(check: CheckResult) -> Line:
    said = f" {'blocking · ' if check.blocking else ''}{check.state.value}{' · waived' if check.waived else ''}"
    return ((check.id, "strong"), (said, OF_STATE[check.state].style))


def lines(check: CheckResult, service: ServiceAssessment, moment: Moment, width: int) -> list[Line]:
    """The lines of the evidence pane."""
    sign = OF_STATE[check.state]
    recovering = standing.recovering(check, service.name, moment.assessment)
    reason = f"{recovering} · {standing.reason(check)}" if recovering else check.reason
    found: list[Line] = [((check.title, "dim"),), ((reason, f"strong {'accent' if recovering else sign.style}"),)]
    if check.remedy and sign.badness and not recovering:
        found.append((("→ ", "accent"), (check.remedy, "")))
    records, facts = _records(check, moment), _facts(check, service, moment)
    # What a health check said is why; of any other record the reason holds the number that decided.
    said_by_check = bool(check.subjects) and parts(check.subjects[0])[0] == "health"
    for block in (records, facts) if said_by_check else (facts, records):
        found += [(), *block] if block else []
    evidence = _not_shown(check, moment)
    if evidence:
        found += [(), (("evidence", "dim"),)]
        found += [((f"{name:<{LABEL}}  ", "dim"), (value, "")) for name, value in evidence]
    view = moment.views.get(service.name)
    if view is not None and check.pillar in PLOTTED:
        found += plot.lines(service, view, moment, width)
    return found


def _records(check: CheckResult, moment: Moment) -> list[Line]:
    found: list[Line] = []
    quiet = OF_STATE[check.state].badness > 0
    for subject in check.subjects[:MOST_SUBJECTS]:
        record = record_of(subject, moment)
        if record is not None:
            found += [
                *([()] if found else []),
                *lines_of(subject, record, moment, quiet=quiet, whole=not found or isinstance(record, Session)),
            ]
    if len(check.subjects) > MOST_SUBJECTS:
        found += [(), ((f"and {len(check.subjects) - MOST_SUBJECTS} more", "dim"),)]
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
    """What decided, by name: the waiver, the value between its threshold and its baseline, the version, the time."""
    facts: list[tuple[str, str, str]] = []
    if check.waived:
        ends = "" if check.waiver_ends is None else f" until {fmt.moment(check.waiver_ends, moment.now)}"
        facts.append(("waived", f"{standing.waived(check, moment.now).removeprefix('waived ')}{ends}", "accent"))
    if check.held is not None:
        facts.append(("held", f"{check.state.value}, last seen {check.held.value}", "accent"))
    for name, said in (
        ("threshold", check.threshold),
        ("value", _value(check)),
        ("baseline", _baseline(check)),
        ("accepted", _accepted(check, service, moment)),
        ("version", check.version),
        ("seen", _seen(check, moment)),
    ):
        if said:
            facts.append((name, said, ""))
    gain = next((gain for gain in gains(service) if gain.check is not None and gain.check.id == check.id), None)
    if gain is not None and gain.lost:
        facts.append(("raises to", f"{fmt.score(gain.score)} when it passes", ""))
    return [((f"{name:<11}", "dim"), (said, style)) for name, said, style in facts]


def _value(check: CheckResult) -> str:
    """`412 ms, limit 250 ms`; empty where nothing was measured against one number."""
    limit = standing.value(check.limit, check.unit)
    return f"{standing.value(check.value, check.unit) or '?'}, limit {limit}" if limit else ""


def _baseline(check: CheckResult) -> str:
    """`180 ms, +129 % since`."""
    if check.baseline is None:
        return ""
    said = standing.value(check.baseline, check.unit)
    if check.value is None or not check.baseline:
        return said
    change = (check.value - check.baseline) / abs(check.baseline)
    return f"{said}, now {'+' if change >= 0 else '−'}{percent(abs(change))}"


def _accepted(check: CheckResult, service: ServiceAssessment, moment: Moment) -> str:
    """`PASS 180 ms at 2026-11-20 14:02:11`: as it was when last accepted."""
    before = standing.accepted(check, service.name, moment)
    if before is None or moment.accepted is None:
        return ""
    said = " ".join(part for part in (before.state.value, standing.value(before.value, before.unit)) if part)
    return f"{said} at {fmt.moment(moment.accepted.at, moment.now)}"


def _seen(check: CheckResult, moment: Moment) -> str:
    if check.observed_at is None:
        return f"never, by {check.source}" if check.source else ""
    old = "" if moment.now - check.observed_at < 10 else f", {fmt.age(moment.now - check.observed_at)} ago"
    by = f" by {check.source}" if check.source else ""
    return f"{fmt.moment(check.observed_at, moment.now)}{by}{old}"
