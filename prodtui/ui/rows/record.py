"""Any record whole: its status since when, all its fields, what stands behind it. The raw evidence."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import cast

import msgspec

from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.model.records import (
    AnyRecord,
    Breaker,
    Cluster,
    DatabaseServer,
    HealthCheck,
    HealthStatus,
    Pool,
    Session,
)
from prodtui.model.snapshot import RECORDS
from prodtui.model.subject import parts
from prodtui.timeline.status import status
from prodtui.ui import format as fmt
from prodtui.ui.line import Line
from prodtui.ui.rows.sign import OF_HEALTH

LABEL = 13
MOST_EVENTS = 20
_WORDS = {"database_server": "database", "health": "health check", "sli": "latency"}


def record_of(name: str, moment: Moment) -> AnyRecord | None:
    """The record of a subject, None where it is gone."""
    tag, source, key = parts(name)
    kind = RECORDS.get(tag)
    return None if kind is None else cast("AnyRecord | None", moment.snapshot.of(kind).get((source, key)))


def title_of(name: str, record: AnyRecord | None) -> str:
    """`pool payments-db`, `health check ready of payments-2`."""
    tag, _, key = parts(name)
    kind = _WORDS.get(tag, tag)
    if isinstance(record, HealthCheck):
        return f"{record.name} of {record.instance or record.node}"
    if isinstance(record, Breaker):
        return f"{kind} {record.caller}→{record.callee}"
    if isinstance(record, Session):
        return f"pid {record.pid} on {record.database}"
    return f"{kind} {getattr(record, 'name', '') or key}"


def since_line(name: str, record: AnyRecord, moment: Moment) -> Line:
    """The status in its colour, and since when."""
    found = status(record)
    since = moment.since.get(name)
    if found is None:
        return ()
    style = {True: "good", False: "bad", None: "dim"}[found.good]
    if isinstance(record, HealthCheck):
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


def lines_of(name: str, record: AnyRecord, moment: Moment, *, brief: bool = False) -> list[Line]:
    """A record: title, status, then its output or its row."""
    found: list[Line] = [((f"{title_of(name, record)}  ", "strong"), *since_line(name, record, moment))]
    if isinstance(record, HealthCheck):
        if brief and record.status is HealthStatus.PASSING:
            return found
        found += definition(record)
        output = output_lines(record)
        found += [(("output", "dim"),), *(output[:6] if brief else output)]
        if brief and len(output) > 6:
            found.append(((f"… {len(output) - 6} more lines: enter", "dim"),))
        return found
    return found + fields(record)


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


def fields(record: AnyRecord) -> list[Line]:
    """Every field of a record by its name, as it was read; what is not known reads `?`."""
    found: list[Line] = []
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            continue
        found.append(((f"{field.name:<{LABEL}}  ", "dim"), _value(field.name, value)))
    return found


def _value(name: str, value: object) -> tuple[str, str]:
    if value is None:
        return "?", "unknown"
    if isinstance(value, Enum):
        return str(value.value), ""
    if isinstance(value, bool):
        return ("yes" if value else "no"), ""
    if isinstance(value, float):
        if name.endswith("_at") or name == "since":
            return fmt.clock(value), ""
        if name.endswith("_s") and not name.endswith("per_s"):
            return fmt.duration(value), ""
        if name.endswith("ratio") or name == "headroom":
            return fmt.percent(value), ""
        return f"{value:.3g}", ""
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value) or "–", ""
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items()) or "–", ""
    return str(value) or "–", ""


def behind(name: str, record: AnyRecord, moment: Moment) -> list[Line]:
    """The sessions or hosts behind a record: who blocks whom, which host is out and why."""
    _, source, _ = parts(name)
    if isinstance(record, Cluster):
        return [
            ((("● " if host.healthy else "✖ "), "good" if host.healthy else "bad"), (host.address, ""),
             ("  " + " ".join(host.flags), "bad"))
            for host in record.hosts
        ]  # fmt: skip
    sessions = moment.snapshot.of(Session)
    if isinstance(record, DatabaseServer):
        return _chains(s for (owner, _), s in sessions.items() if owner == source and s.server == record.name)
    if isinstance(record, Pool):
        return _chains(s for s in sessions.values() if s.database == record.database)
    if isinstance(record, Session):
        return _chains(s for (owner, _), s in sessions.items() if owner == source and s.server == record.server)
    return []


def _chains(sessions: Iterable[Session]) -> list[Line]:
    """Sessions as trees: who holds, below it who waits for it."""
    by_pid = {session.pid: session for session in sessions}
    waiting: dict[int, list[Session]] = {}
    for session in by_pid.values():
        for pid in session.blocked_by:
            waiting.setdefault(pid, []).append(session)
    found: list[Line] = []
    seen: set[int] = set()

    def tell(session: Session, depth: int) -> None:
        if session.pid in seen:  # a deadlock is a circle
            return
        seen.add(session.pid)
        who = " ".join(part for part in (session.user, session.application, session.state) if part)
        waits = f" waits {fmt.age(session.blocked_s)}" if session.blocked_s is not None else ""
        found.append(
            (
                ("  " * depth + f"pid {session.pid}", "strong"),
                (f" {who}", "dim"),
                (waits, "bad"),
                (f"  {session.query}", ""),
            )
        )
        for other in waiting.get(session.pid, []):
            tell(other, depth + 1)

    for session in by_pid.values():
        if not any(pid in by_pid for pid in session.blocked_by):
            tell(session, 0)
    for session in by_pid.values():
        tell(session, 0)
    return found


def history(name: str, moment: Moment) -> list[Line]:
    """Its own events, newest first."""
    _, source, key = parts(name)
    found: list[Line] = []
    for event in moment.events:
        if event.source == source and event.key == key:
            turn = f"  {event.before or '–'} → {event.after or 'gone'}"
            found.append(((fmt.clock(event.at), "dim"), (turn, "bad" if event.bad else ""), (f"  {event.text}", "dim")))
    return found[:MOST_EVENTS]
