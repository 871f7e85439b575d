"""A reading: what one source said at one time."""

from __future__ import annotations

import msgspec

from prodtui.model.cause import Cause
from prodtui.model.records import AnyRecord


class Removed(msgspec.Struct, frozen=True):
    """A record that its source no longer reports, by the record's tag and key."""

    record: str
    key: str


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of itself."""

    version: str | None = None
    rights: str | None = None
    """What our credentials may see; None when not known."""
    notes: tuple[str, ...] = ()
    """Limits of what was read that a person must know, one line each: "restricted: no pg_monitor"."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One successful read of a source: a keyframe holds all its records, a delta only what changed."""

    records: tuple[AnyRecord, ...] = ()
    removed: tuple[Removed, ...] = ()
    keyframe: bool = True
    about: About | None = None
    """None in a delta: as last said."""
    requests: int = 1
    """Requests it took."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, tag="reading", tag_field="entry"):
    """An answer or a failure of one source, stamped by the poll that made it."""

    source: str
    at: float
    """When the answer arrived or the failure was certain."""
    latency_s: float | None
    """How long the system took; None where the read waited for a change, which says nothing of the system."""
    answer: Answer | None = None
    cause: Cause | None = None
    """Exactly one of answer and cause is given."""
    next_at: float | None = None
    """When the source is asked again."""
