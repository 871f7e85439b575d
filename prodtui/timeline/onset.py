"""Onsets: since when each record and check shows its entity failing, kept as readings come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from prodtui.model.incident import EntityKind, Onset
from prodtui.model.kept import Trouble
from prodtui.model.records import Session
from prodtui.model.snapshot import Change, Snapshot
from prodtui.model.subject import subject
from prodtui.timeline.status import BLOCKED_S
from prodtui.timeline.trouble import QUIET, SHOWING, Look, Seen, Unsure, Well, look

SETTLED_S = 5.0
"""What is well for shorter has not recovered: a pool's queue and a breaker come and go between two reads."""
FORGOTTEN_S = 15.0
"""What was only quiet for so long and fails again has failed all along."""
Troubles = Mapping[str, Trouble]
"""By the subject of the record, or `check:service:id`, that shows it."""


def troubles_after(
    troubles: Troubles, snapshot: Snapshot, changes: Iterable[Change], at: float, last_read: float | None
) -> Troubles:
    """The troubles after one reading, the same object where it changed none.

    `last_read`: when the source was read before; None: never, so that nobody knows since when what is bad is bad.
    """
    edited: dict[str, Trouble] = {}
    sessions: set[str] = set()
    for change in changes:
        record = change.after if change.after is not None else change.before
        if isinstance(record, Session):
            sessions.add(change.source)
        elif record is not None and type(record) in SHOWING:
            key = subject(change.source, record)
            found = look(change.after) if change.after is not None else QUIET
            told = after(troubles.get(key), found, change.source, at, last_read)
            if told is not None:
                edited[key] = told
    for source in sessions:
        edited.update(_sessions_after(troubles, snapshot, source, at))
    return {**troubles, **edited} if edited else troubles


def after(trouble: Trouble | None, found: Look, source: str, at: float, last_good: float | None) -> Trouble | None:
    """A trouble after one more look at what shows it; None where there is nothing new to keep."""
    if isinstance(found, Unsure):
        return None
    if isinstance(found, Well):
        return None if trouble is None else _well(trouble, found, at)
    told = _trouble(found, source, _onset(found, at, last_good))
    if trouble is not None and not trouble.recovered and not forgotten(trouble, at):
        told = msgspec.structs.replace(told, onset=trouble.onset)
    return None if told == trouble else told


def _well(trouble: Trouble, found: Well, at: float) -> Trouble | None:
    """A trouble of which nothing shows any more; None where that is known already."""
    recovered = found.plainly and not trouble.fleeting
    if trouble.well_at is None:
        return msgspec.structs.replace(trouble, well_at=at, recovered=recovered)
    return msgspec.structs.replace(trouble, recovered=True) if recovered and not trouble.recovered else None


def _trouble(seen: Seen, source: str, onset: Onset) -> Trouble:
    return Trouble(
        kind=seen.kind,
        name=seen.name,
        what=seen.what,
        onset=onset,
        source=source,
        service=seen.service,
        deaf=seen.deaf,
        unproven=seen.unproven,
        fleeting=seen.fleeting,
    )


def _onset(seen: Seen, at: float, last_good: float | None) -> Onset:
    """The interval (last good, first bad], moved back by what the record itself says of its age."""
    not_after = at - seen.for_s
    if last_good is None:
        return Onset(None, not_after)
    return Onset(min(last_good, not_after - (at - last_good)) if seen.for_s else last_good, not_after)


def forgotten(trouble: Trouble, now: float) -> bool:
    """Whether it has been well for so long that a new failure is another one."""
    return trouble.well_at is not None and now - trouble.well_at > FORGOTTEN_S


def fails(trouble: Trouble, now: float) -> bool:
    """Whether its entity counts as failing at `now`; a judgement has waited already before it called it well."""
    settled_s = 0.0 if trouble.kind in (EntityKind.SLI, EntityKind.SERVICE) else SETTLED_S
    return trouble.well_at is None or now - trouble.well_at < settled_s


def remembered(troubles: Troubles, now: float) -> Troubles:
    """The troubles without those that are over for good."""
    if any(forgotten(trouble, now) for trouble in troubles.values()):
        return {key: trouble for key, trouble in troubles.items() if not forgotten(trouble, now)}
    return troubles


def session_name(session: Session) -> str:
    """A session as a person names it."""
    return " ".join(part for part in (f"pid {session.pid}", session.application or session.user) if part)


def _sessions_after(troubles: Troubles, snapshot: Snapshot, source: str, at: float) -> dict[str, Trouble]:
    """Roots of blocking chains: they hold what others wait for and wait for nobody themselves.

    Such a one holds its lock since its transaction began at the earliest, and since its first waiter waits at the
    latest: no reading of ours is needed to order it.
    """
    held = {(s.server, s.pid): s for (owner, _), s in snapshot.of(Session).items() if owner == source}
    waiting: dict[tuple[str, int], list[Session]] = {}
    for session in held.values():
        if session.blocked_s is not None and session.blocked_s >= BLOCKED_S:
            for pid in session.blocked_by:
                waiting.setdefault((session.server, pid), []).append(session)
    edited: dict[str, Trouble] = {}
    for place, waiters in waiting.items():
        root = held.get(place)
        if root is None or root.blocked_by:
            continue
        many = f"{len(waiters)} session{'s' if len(waiters) > 1 else ''}"
        longest_s = max(waiter.blocked_s or 0.0 for waiter in waiters)
        began = root.transaction_at
        first_bad = max(began or 0.0, at - longest_s)
        seen = Seen(EntityKind.SESSION, session_name(root), f"holds a lock, blocks {many}", root.database)
        key = subject(source, root)
        known = troubles.get(key)
        told = _trouble(seen, source, Onset(began, first_bad))
        if known is not None and known.onset.at == began:
            told = msgspec.structs.replace(told, onset=known.onset)
        edited[key] = told
    for key, trouble in troubles.items():
        blocked = trouble.kind is EntityKind.SESSION and trouble.source == source and trouble.well_at is None
        if blocked and key not in edited:
            edited[key] = msgspec.structs.replace(trouble, well_at=at)
    return {key: told for key, told in edited.items() if troubles.get(key) != told}
