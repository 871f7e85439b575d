"""Any record whole: what is wrong with it, its status since when, all its fields, its history. The raw evidence."""

from __future__ import annotations

from typing import cast

from prodtui.model.assessment import State
from prodtui.model.evidence import (
    AlertRule,
    Certificate,
    CodeScan,
    Configuration,
    DatabaseRole,
    GuardedPath,
    Measurement,
    Migrations,
    Silence,
    Traffic,
)
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.model.records import AnyRecord, Breaker, HealthCheck, HealthStatus, Session
from prodtui.model.snapshot import RECORDS
from prodtui.model.subject import parts
from prodtui.timeline.status import status
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, cut
from prodtui.ui.rows.fields import fields
from prodtui.ui.rows.sign import OF_HEALTH, OF_STATE

MOST_EVENTS = 20
MOST_FINDINGS = 8
BRIEF_OUTPUT = 6
BRIEF_EVENT = 44
"""Cells of what was observed with an event: its line stays one beside a list."""
_WORDS = {"database_server": "database", "health": "health check", "sli": "latency"}


def record_of(name: str, moment: Moment) -> AnyRecord | None:
    """The record of a subject, None where it is gone."""
    tag, source, key = parts(name)
    kind = RECORDS.get(tag)
    return None if kind is None else cast("AnyRecord | None", moment.snapshot.of(kind).get((source, key)))


def title_of(name: str, record: AnyRecord | None) -> str:
    """`pool payments-db`, `certificate of payments-1`."""
    tag, _, key = parts(name)
    kind = _WORDS.get(tag, tag)
    match record:
        case HealthCheck():
            return f"{record.name} of {record.instance or record.node}"
        case Breaker():
            return f"{kind} {record.caller}→{record.callee}"
        case Session():
            return f"pid {record.pid} on {record.database}"
        case Certificate():
            return f"certificate of {record.instance}"
        case GuardedPath():
            return f"{record.path} of {record.instance}"
        case DatabaseRole():
            return f"role {record.role} on {record.database}"
        case AlertRule():
            return f"alert rule {record.name}"
        case Silence():
            return f"silence {record.id}" + (f" of {record.label}" if record.label else "")
        case Traffic():
            return f"traffic of {record.label} over {fmt.age(record.window_s)}"
        case Measurement():
            return f"{record.check} of {record.service}"
        case Configuration():
            return f"configuration of {record.service}: {record.origin}"
        case CodeScan():
            return f"code scan of {record.service}"
        case Migrations():
            return f"migrations of {record.service}"
    return f"{kind} {getattr(record, 'name', '') or key}"


def since_line(name: str, record: AnyRecord, moment: Moment, *, quiet: bool = False) -> Line:
    """The status in its colour, and since when. `quiet`: a good status stays plain, as something else is wrong."""
    found = status(record)
    since = moment.since.get(name)
    if found is None:
        return ()
    style = {True: "dim" if quiet else "good", False: "bad", None: "dim"}[found.good]
    if isinstance(record, HealthCheck) and not (quiet and found.good):
        style = OF_HEALTH[record.status].style
    said = ""
    if since is not None:
        said = f" since {'before ' if since.censored else ''}{fmt.moment(since.at, moment.now)}"
    _, source, _ = parts(name)
    state = moment.snapshot.sources[source]
    old = state.freshness(moment.now)
    if old is Freshness.LIVE:
        return ((found.word, f"strong {style}"), (said, style))
    return ((found.word, "dim"), (f"{said} · {source} {old}, {fmt.age(state.age_s(moment.now))} old", "warn"))


def findings(name: str, moment: Moment) -> list[Line]:
    """What checks found wrong with it, the worst first: of records of one kind a check speaks of the first."""
    tag = f"{parts(name)[0]}:"
    found: list[tuple[int, bool, Line]] = []
    for service in moment.assessment.services:
        if service.score == 100:
            continue
        for pillar in service.pillars:
            for check in pillar.checks:
                sign = OF_STATE[check.state]
                if not sign.badness or check.state is State.INFO:
                    continue
                if next((subject for subject in check.subjects if subject.startswith(tag)), None) == name:
                    said: Line = (
                        (f"{sign.glyph} ", sign.style),
                        (check.reason, f"strong {sign.style}"),
                        (f"  {service.name} {check.id}", "dim"),
                    )
                    found.append((-sign.badness, not check.blocking, said))
    found.sort(key=lambda finding: finding[:2])
    return [said for *_, said in found[:MOST_FINDINGS]]


def lines_of(name: str, record: AnyRecord, moment: Moment, *, quiet: bool, whole: bool) -> list[Line]:
    """A record as evidence: title, status, and where it is wanted `whole` the head of its output or its row."""
    found: list[Line] = [((f"{title_of(name, record)}  ", "strong"), *since_line(name, record, moment, quiet=quiet))]
    if not isinstance(record, HealthCheck):
        return found + (fields(record, moment.now) if whole else [])
    if record.status is HealthStatus.PASSING:
        return found
    output = output_lines(record)
    found += [*definition(record), (("output", "dim"),), *output[:BRIEF_OUTPUT]]
    if len(output) > BRIEF_OUTPUT:
        found.append(((f"… {len(output) - BRIEF_OUTPUT} more lines: enter", "dim"),))
    return found


def definition(check: HealthCheck) -> list[Line]:
    """How the check is made."""
    made = check.definition
    if made.url is None and made.interval_s is None:
        return [((f"{check.kind or 'no'} definition reported by the registry", "dim"),)]
    said = f"{made.method} {made.url}" if made.url else check.kind
    if made.interval_s is not None:
        said += f"   every {made.interval_s:g} s"
    if made.timeout_s is not None:
        said += f", timeout {made.timeout_s:g} s"
    return [((said, "dim"),)]


def output_lines(check: HealthCheck) -> list[Line]:
    """The output as reported, line by line; an empty one is said to be empty, never taken for good."""
    if not check.output.strip():
        return [(("(the registry reports no output yet)", "dim"),)]
    return [((line, ""),) for line in check.output.rstrip("\n").split("\n")]


def history(name: str, moment: Moment) -> list[Line]:
    """Its own events, newest first."""
    found: list[Line] = []
    for event in moment.events:
        if event.key == name:
            turn = f"  {event.before or '–'} → {event.after or 'gone'}"
            when = (fmt.moment(event.at, moment.now), "dim")
            said = (f"  {cut(event.text, BRIEF_EVENT)}", "dim")
            found.append((when, (turn, "bad" if event.bad else ""), said))
    return found[:MOST_EVENTS]
