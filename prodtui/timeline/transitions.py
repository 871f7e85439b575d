"""Transitions: an entity changed status, as seen between two readings or two assessments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment, State
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Event, Since
from prodtui.model.records import (
    Alert,
    AnyRecord,
    Breaker,
    Cluster,
    DatabaseServer,
    HealthCheck,
    Instance,
    Pool,
    Session,
    Target,
)
from prodtui.model.snapshot import Change
from prodtui.model.subject import subject
from prodtui.timeline.status import Status, status

_GONE = "gone"


OVER_A_WINDOW = frozenset(
    f"performance.{name}" for name in ("latency_p99", "latency_p95", "error_ratio", "throughput", "burn_page")
)
"""Checks of what only a window shows; what a record shows, its own transition tells."""


def record_events(changes: Iterable[Change], at: float, *, first: bool) -> list[Event]:
    """The events in one reading's changes. A source's first reading tells how things stand, not that they changed."""
    if first:
        return []
    events: list[Event] = []
    for change in changes:
        before = status(change.before) if change.before is not None else None
        after = status(change.after) if change.after is not None else None
        if (word := _word(before)) != _word(after):
            record = change.after if change.after is not None else change.before
            if record is not None and _worth_telling(record, before, after):
                events.append(_event(change, record, word, after, before, at))
        events.extend(_version_events(change, at))
    return events


def sources_after(
    sources: Mapping[str, SourceState], known: Mapping[str, Freshness], now: float
) -> tuple[list[Event], dict[str, Freshness]]:
    """Events of sources whose freshness changed since `known`, and the freshness now.

    A source that was not tried yet has no freshness to change, but the one it was left with; the first failure of one
    is told.
    """
    fresh = {name: state.freshness(now) for name, state in sources.items() if state.tried_at is not None}
    events = [
        Event(
            at=now,
            kind="source",
            name=name,
            before=known.get(name),
            after=after,
            text=cause.message if (cause := sources[name].cause) and after is not Freshness.LIVE else "",
            bad=after is not Freshness.LIVE,
            source=name,
        )
        for name, after in fresh.items()
        if known.get(name, Freshness.LIVE) is not after
    ]
    return events, {**known, **fresh}


def check_events(before: Assessment | None, after: Assessment) -> list[Event]:
    """Events of what is judged over a window (latency, errors): a check's state is their status."""
    if before is None:
        return []
    judged = {service.name: service for service in before.services}
    return [
        event
        for service in after.services
        # A service that was not judged again is the same object: nothing to compare among thousands.
        if (was := judged.get(service.name)) is not None and was is not service
        for event in _turns(was, service, after.at)
    ]


def _turns(before: ServiceAssessment, after: ServiceAssessment, at: float) -> Iterable[Event]:
    then = {check.id: check for check in before.checks if check.id in OVER_A_WINDOW}
    for check in after.checks:
        was = then.get(check.id)
        if was is None or was.state is check.state or was.observed_at is None:
            continue
        # That too little was asked in a window comes and goes with the traffic: it turns nothing.
        if check.state.scored and was.state.scored and {was.state, check.state} != {State.PASS, State.UNKNOWN}:
            yield _check_event(after.name, was, check, at)


def since_after(
    since: Mapping[str, Since], changes: Iterable[Change], at: float, *, first: bool, last_read: float | None = None
) -> dict[str, Since] | None:
    """Since when each subject has its status, after one reading; None where nothing changed.

    `last_read`: when the source was read before.
    """
    edited: dict[str, Since] | None = None
    for change in changes:
        record = change.after if change.after is not None else change.before
        if record is None:
            continue
        key = subject(change.source, record)
        after = status(change.after) if change.after is not None else None
        before = status(change.before) if change.before is not None else None
        if _word(before) == _word(after) and key in since:
            continue
        if edited is None:
            edited = dict(since)
        if after is None:
            edited.pop(key, None)
        else:
            edited[key] = Since(at, censored=first, last_good=last_read)
    return edited


def _word(found: Status | None) -> str | None:
    return found.word if found else None


def _worth_telling(record: AnyRecord, before: Status | None, after: Status | None) -> bool:
    if isinstance(record, (Session, Alert)):
        return True
    if before is None:
        # Something new that is well is news only where somebody scaled or deployed.
        return isinstance(record, Instance) or bool(after and after.good is False)
    return True


def _event(
    change: Change, record: AnyRecord, word: str | None, after: Status | None, before: Status | None, at: float
) -> Event:
    kind, name, service = _entity(record)
    now = after.word if after else ("released" if isinstance(record, Session) else _GONE)
    return Event(
        at=at,
        kind=kind,
        name=name,
        before=word,
        after=now,
        text=after.text if after else "",
        bad=_turn(before, after),
        source=change.source,
        key=subject(change.source, record),
        service=service,
    )


def _turn(before: Status | None, after: Status | None) -> bool | None:
    if after is None:
        return False if before and before.good is False else None
    if after.good is False:
        return True
    return False if after.good and before and before.good is not True else None


def _entity(record: AnyRecord) -> tuple[str, str, str]:
    """(kind, name, service) as a person would name it."""
    match record:
        case HealthCheck():
            return "health", f"{record.instance or record.node} {record.name}", record.service
        case Instance():
            return "instance", record.id, record.service
        case Pool():
            return "pool", record.name, ""
        case DatabaseServer():
            return "database", record.name, ""
        case Session():
            return "session", f"pid {record.pid} on {record.database}", ""
        case Breaker():
            return "breaker", record.called, ""
        case Cluster():
            return "cluster", record.name, ""
        case Target():
            return "target", f"{record.job} {record.instance}", record.label
        case Alert():
            return "alert", f"{record.name} {record.label}".strip(), record.label
        case _:
            return "service", record.key, record.key


def _version_events(change: Change, at: float) -> list[Event]:
    before, after = change.before, change.after
    if not isinstance(before, Instance) or not isinstance(after, Instance) or before.version == after.version:
        return []
    return [
        Event(
            at=at,
            kind="change",
            name=after.id,
            before=before.version,
            after=after.version,
            text="deploy, from the registry's metadata",
            source=change.source,
            key=subject(change.source, after),
            service=after.service,
        )
    ]


def _check_event(service: str, was: CheckResult, check: CheckResult, at: float) -> Event:
    bad = {State.FAIL: True, State.WARN: True, State.PASS: False}.get(check.state)
    return Event(
        at=at,
        kind="sli",
        name=f"{service} {check.id.partition('.')[2]}",
        before=was.state,
        after=check.state,
        text=check.reason,
        bad=bad,
        source=check.source,
        key=f"check:{service}:{check.id}",
        service=service,
    )
