"""What a journal keeps: what each source said, when it was looked at, and now and then the whole state as a mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from prodtui.model.assessment import State, Streak, Verdict
from prodtui.model.declared import Declared
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.kept import Kept
from prodtui.model.moment import Event, Since
from prodtui.model.reading import Reading
from prodtui.model.records import AnyRecord


class Looked(msgspec.Struct, frozen=True, tag="looked", tag_field="entry"):
    """A moment was told: what time alone turns (freshness, windows, streaks) turned then."""

    at: float


class JudgedWindow(msgspec.Struct, frozen=True):
    """A check over a window, as last judged: by it the next judgement's event is told."""

    id: str
    state: State
    observed_at: float | None


class JudgedBefore(msgspec.Struct, frozen=True):
    """A service as last judged."""

    name: str
    verdict: Verdict
    windows: tuple[JudgedWindow, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of an environment's course at one time: another course goes on from it as if it were the same."""

    at: float
    declared: Declared
    told_at: float = 0.0
    """Time of the newest reading."""
    sources: Mapping[str, SourceState] = {}
    records: Sequence[tuple[str, AnyRecord]] = ()
    """(source, record), in the snapshot's order."""
    events: tuple[Event, ...] = ()
    """Newest first."""
    since: Mapping[str, Since] = {}
    trends: Mapping[str, Mapping[int, float | None]] = {}
    """p99 in seconds by metrics label and number of the ten seconds."""
    freshness: Mapping[str, Freshness] = {}
    turns: Mapping[str, tuple[float, ...]] = {}
    """When each health check turned bad within the last hour."""
    streaks: Mapping[str, Streak] = {}
    verdict: Verdict | None = None
    """As last judged; None: nothing was judged yet."""
    judged: Sequence[JudgedBefore] = ()
    incident: Kept = Kept()
    """What fails, since when, and what was named for it."""


Told = Reading | Looked
"""What follows on a mark."""
Entry = Told | Mark
