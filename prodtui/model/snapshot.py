"""Everything known now: the fold of readings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar, cast, get_args

import msgspec

from prodtui.model.declared import Declared
from prodtui.model.freshness import SourceState
from prodtui.model.reading import About, Answer, Reading, Removed
from prodtui.model.records import AnyRecord, Record

R = TypeVar("R", bound=Record)
Key = tuple[str, str]
"""(source, the record's own key)."""
Table = Mapping[Key, AnyRecord]

RECORDS: Mapping[str, type[Record]] = MappingProxyType(
    {cast("str", kind.__struct_config__.tag): kind for kind in get_args(AnyRecord)}
)
"""Record types by tag."""
_NONE: Table = MappingProxyType({})


class Change(msgspec.Struct, frozen=True):
    """One record before and after a reading; None on the side where it is absent."""

    source: str
    before: AnyRecord | None
    after: AnyRecord | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known at one time. Tables are never changed in place; an unchanged table is the same object."""

    declared: Declared
    at: float = 0.0
    """Time of the newest reading."""
    sources: Mapping[str, SourceState] = {}
    tables: Mapping[type[Record], Table] = {}

    def of(self, kind: type[R]) -> Mapping[Key, R]:
        """The records of one type, by (source, key)."""
        return cast("Mapping[Key, R]", self.tables.get(kind, _NONE))


def empty(declared: Declared) -> Snapshot:
    """The snapshot before any reading: every declared source never read."""
    return Snapshot(declared=declared, sources={s.name: SourceState(declared=s) for s in declared.sources})


def fold(snapshot: Snapshot, reading: Reading) -> tuple[Snapshot, tuple[Change, ...]]:
    """The snapshot after one more reading, and what changed.

    A failed reading keeps the last values and marks the source.

    Raises KeyError for a reading of a source that the environment does not declare.
    """
    state = snapshot.sources[reading.source]
    answer = reading.answer
    changes: tuple[Change, ...] = ()
    if answer is None:
        state = msgspec.structs.replace(
            state,
            tried_at=reading.at,
            cause=reading.cause,
            failing_since=state.failing_since if state.failing_since is not None else reading.at,
            latency_s=reading.latency_s,
            next_at=reading.next_at,
            requests=state.requests + 1,
            failures=state.failures + 1,
            rest=None,
        )
        tables = snapshot.tables
    else:
        state = msgspec.structs.replace(
            state,
            read_at=reading.at,
            tried_at=reading.at,
            cause=None,
            failing_since=None,
            latency_s=state.latency_s if reading.latency_s is None else reading.latency_s,
            next_at=reading.next_at,
            requests=state.requests + answer.requests,
            about=_about(state.about, answer.about),
            rest=None,
        )
        tables, changes = _apply(snapshot.tables, reading)
    return (
        Snapshot(
            declared=snapshot.declared,
            at=max(snapshot.at, reading.at),
            sources={**snapshot.sources, reading.source: state},
            tables=tables,
        ),
        changes,
    )


def _about(known: About, said: About | None) -> About:
    return known if said is None else said


def _apply(
    tables: Mapping[type[Record], Table], reading: Reading
) -> tuple[Mapping[type[Record], Table], tuple[Change, ...]]:
    answer, source = reading.answer, reading.source
    assert answer is not None  # noqa: S101 — the caller has branched on it
    changes: list[Change] = []
    edited: dict[type[Record], dict[Key, AnyRecord]] = {}

    def table(kind: type[Record]) -> dict[Key, AnyRecord]:
        if kind not in edited:
            edited[kind] = dict(tables.get(kind, _NONE))
        return edited[kind]

    told: set[tuple[type[Record], str]] = set()
    gone: list[tuple[type[Record], str]] = [(RECORDS[r.record], r.key) for r in answer.removed]
    if answer.keyframe:
        gone += [(kind, key) for kind, held in tables.items() for owner, key in held if owner == source]
    kind: type[Record]
    for record in answer.records:
        kind, key = type(record), record.key
        told.add((kind, key))
        before = tables.get(kind, _NONE).get((source, key))
        if before != record:
            table(kind)[source, key] = record
            changes.append(Change(source, before, record))
    for kind, key in gone:
        if (kind, key) in told:
            continue
        before = table(kind).pop((source, key), None)
        if before is not None:
            changes.append(Change(source, before, None))
    return ({**tables, **edited} if edited else tables), tuple(changes)


def thinned(reading: Reading, changes: tuple[Change, ...]) -> Reading:
    """The reading as a delta that folds to the same snapshot: only what changed, so that a journal stays small."""
    answer = reading.answer
    if answer is None:
        return reading
    records = tuple(change.after for change in changes if change.after is not None)
    removed = tuple(
        Removed(cast("str", type(change.before).__struct_config__.tag), change.before.key)
        for change in changes
        if change.before is not None and change.after is None
    )
    thin = Answer(records=records, removed=removed, keyframe=False, about=answer.about, requests=answer.requests)
    return msgspec.structs.replace(reading, answer=thin)
