"""Whether anybody looked: moments that only show that nobody did tell nothing of production."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Event, Moment

SETTLES_S = 15.0
"""Within so long after somebody looks again every source answers or fails: its deadline is shorter."""


class Unseen(msgspec.Struct, frozen=True):
    """A stretch in which nobody looked."""

    began: float
    """When a source was asked last."""
    ended: float


class Looking:
    """Takes moments, oldest first."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._again: float | None = None
        """Since when somebody looks, while not every source was asked since."""
        self._nobody: float | None = None
        """Since when nobody looks."""
        self._unseen: list[Unseen] = []

    def take(self, moment: Moment) -> bool:
        """Whether the moment counts."""
        now, sources = moment.now, tuple(moment.snapshot.sources.values())
        silent = [source for source in sources if _silent(source, now)]
        if not silent:
            self._again = None
        elif nobody_looks(sources, now):
            self._again = None
            return self._is_nobody_s(_asked(sources), now)
        else:
            self._again = now if self._again is None else self._again
            if now - self._again < SETTLES_S:
                return self._is_nobody_s(_asked(silent), now)
        self._looked(now)
        return True

    def _is_nobody_s(self, asked: float | None, now: float) -> bool:
        if self._nobody is None:
            self._nobody = max(self._began, now if asked is None else min(now, asked))
        return False

    def until(self, ended: float) -> tuple[Unseen, ...]:
        """The stretches in which nobody looked, up to an end."""
        self._looked(ended)
        return tuple(self._unseen)

    def _looked(self, now: float) -> None:
        if self._nobody is not None and now > self._nobody:
            self._unseen.append(Unseen(self._nobody, now))
        self._nobody = None


def nobody_looks(sources: Sequence[SourceState], now: float) -> bool:
    """Whether a source's word counts no more though none of its reads failed, and no other was asked for as long."""
    if not any(_silent(source, now) for source in sources):
        return False
    asked = _asked(sources)
    return asked is None or now - asked > min(source.declared.stale_after_s for source in sources)


def without_unseen(events: Iterable[Event], unseen: Sequence[Unseen]) -> list[Event]:
    """Events, oldest first, without those that only tell that nobody looked, or that somebody looks again."""
    told: list[Event] = []
    before: dict[tuple[str, str], str | None] = {}
    """What an entity was before nobody looked."""
    for event in events:
        key = event.kind, event.name
        if _only_unseen(event) and any(one.began <= event.at <= one.ended for one in unseen):
            before.setdefault(key, event.before)
        elif key not in before:
            told.append(event)
        elif (was := before.pop(key)) != event.after:
            told.append(msgspec.structs.replace(event, before=was))
    return told


def told_once(events: Iterable[Event]) -> list[Event]:
    """Events, oldest first, without those that tell an entity's last turn again: two moments may judge it."""
    told: list[Event] = []
    last: dict[tuple[str, ...], tuple[str | None, str | None]] = {}
    for event in events:
        key, turn = (event.kind, event.name, event.source, event.key), (event.before, event.after)
        if event.kind != "sli" or last.get(key) != turn:
            told.append(event)
        last[key] = turn
    return told


def _only_unseen(event: Event) -> bool:
    if event.kind == "source":
        return not event.text and event.after in (Freshness.STALE, Freshness.LOST)
    return event.after == "UNKNOWN" and event.text.endswith((" lost (no news)", " lost (never read)"))


def _asked(sources: Iterable[SourceState]) -> float | None:
    """When any source was asked last; a watch that was started anew remembers only what it read."""
    return max((at for source in sources for at in (source.tried_at, source.read_at) if at is not None), default=None)


def _silent(source: SourceState, now: float) -> bool:
    return source.cause is None and source.freshness(now) is Freshness.LOST
