"""Who changed production: versions, configurations, numbers of instances, silences, drains, seen between readings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from prodtui.model.evidence import Configuration, Silence
from prodtui.model.incident import ChangeSeen, FirstCause
from prodtui.model.records import Instance, Phase
from prodtui.model.snapshot import Change, Snapshot

KEPT = 200
ONE_ROLLOUT_S = 600.0
"""Changes of one service to the same end this close together are one."""
SUSPECT_S = 1_800.0
HASHES = ("config_hash", "config_sha", "config_version", "config")
"""Names in an instance's metadata under which deployments write their configuration's hash."""


def changes_after(
    known: tuple[ChangeSeen, ...], snapshot: Snapshot, changes: Iterable[Change], at: float, *, first: bool
) -> tuple[ChangeSeen, ...]:
    """The changes after one reading, newest first. What a source says first, or after it was away, is no change."""
    if first:
        return known
    for seen in _seen(snapshot, tuple(changes), at):
        known = _with(known, seen)
    return known[:KEPT]


def _with(known: tuple[ChangeSeen, ...], seen: ChangeSeen) -> tuple[ChangeSeen, ...]:
    for place, one in enumerate(known):
        if seen.at - one.at > ONE_ROLLOUT_S:
            break
        if (one.kind, one.service) != (seen.kind, seen.service):
            continue
        if one.after == seen.after:
            return known  # one more instance of the same rollout
        if one.after == seen.before and seen.kind == "scale":
            # Instances that are replaced come and go: only where it ends counts.
            rest = (*known[:place], *known[place + 1 :])
            return rest if one.before == seen.after else (msgspec.structs.replace(seen, before=one.before), *rest)
        break
    return (seen, *known)


def _seen(snapshot: Snapshot, changes: Sequence[Change], at: float) -> Iterator[ChangeSeen]:
    came: dict[str, int] = defaultdict(int)
    for change in changes:
        before, after = change.before, change.after
        record = after if after is not None else before
        if isinstance(record, Instance):
            came[record.service] += (after is not None) - (before is not None)
        if isinstance(before, Instance) and isinstance(after, Instance):
            yield from _of_instance(before, after, at)
        elif isinstance(after, Instance):
            yield from _of_newcomer(after, snapshot, changes, at)
        elif isinstance(before, Configuration) and isinstance(after, Configuration):
            if before.keys != after.keys and not before.trouble and not after.trouble:
                yield ChangeSeen(at=at, kind="config", service=after.service, before=None, after=after.origin)
        elif isinstance(record, Silence) and (before is None or after is None):
            words = f"by {record.by}: {record.comment}" if record.by else record.comment
            gone = after is None
            yield ChangeSeen(
                at=at,
                kind="silence",
                service=record.label,
                before=words if gone else None,
                after=None if gone else words,
            )
    for service, difference in came.items():
        if difference:
            now = sum(one.service == service for one in snapshot.of(Instance).values())
            was = now - difference
            # What was not there at all, or is gone altogether, was not scaled.
            if was and now:
                yield ChangeSeen(at=at, kind="scale", service=service, before=str(was), after=str(now))


def _of_newcomer(newcomer: Instance, snapshot: Snapshot, changes: Sequence[Change], at: float) -> Iterator[ChangeSeen]:
    """A rollout that replaces instances: old ones leave the registry, and who comes has a version like none before."""
    came = {c.after.id for c in changes if c.before is None and isinstance(c.after, Instance)}
    before = [one for one in snapshot.of(Instance).values() if one.id not in came]
    before += [c.before for c in changes if c.after is None and isinstance(c.before, Instance)]
    versions = {one.version for one in before if one.service == newcomer.service and one.version}
    if newcomer.version and versions and newcomer.version not in versions:
        yield ChangeSeen(at=at, kind="deploy", service=newcomer.service, before=max(versions), after=newcomer.version)


def _of_instance(before: Instance, after: Instance, at: float) -> Iterator[ChangeSeen]:
    if before.version != after.version:
        yield ChangeSeen(at=at, kind="deploy", service=after.service, before=before.version, after=after.version)
    old, new = _hash(before), _hash(after)
    if old != new:
        yield ChangeSeen(at=at, kind="config", service=after.service, before=old, after=new)
    out = (Phase.DRAINING, Phase.MAINTENANCE)
    if before.phase is not after.phase and (before.phase in out or after.phase in out):
        text = (f"{after.id} {before.phase}", f"{after.id} {after.phase}")
        yield ChangeSeen(at=at, kind="drain", service=after.service, before=text[0], after=text[1])


def _hash(instance: Instance) -> str | None:
    return next((value for name in HASHES if (value := instance.meta.get(name))), None)


def suspects(first: FirstCause, changes: Iterable[ChangeSeen]) -> tuple[ChangeSeen, ...]:
    """The changes of the cause's service, or of one that follows, within 30 minutes before it was seen bad."""
    touched = {first.cause.service, *(one.failing.service for one in first.chain)}
    touched |= {one.service for one in first.candidates}
    until = first.cause.onset.not_after
    return tuple(
        one for one in changes if one.service and one.service in touched and until - SUSPECT_S <= one.at <= until
    )
