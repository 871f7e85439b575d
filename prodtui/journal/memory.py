"""A journal in memory: the last minutes, where nobody asked to keep more."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from prodtui.journal.journal import Stretch, Tail
from prodtui.model.incident import Acknowledgement
from prodtui.model.mark import Entry, Mark, Told
from prodtui.model.moment import Event

MARK_S = 60.0


class MemoryJournal:
    """Keeps `keep_s` seconds: whole stretches from a mark to the next."""

    where = "memory"
    notice = ""
    tail_s = 1.0

    def __init__(self, *, keep_s: float = 900.0) -> None:
        self._keep_s = keep_s
        self._stretches: deque[tuple[Mark, list[Told]]] = deque()
        self._events: deque[Event] = deque()
        self.acknowledged: tuple[Acknowledgement, ...] = ()

    async def try_lease(self) -> bool:
        return True

    def due(self, at: float) -> bool:
        return not self._stretches or not 0 <= at - self._stretches[-1][0].at < MARK_S

    def append(self, entry: Entry | Event) -> None:
        if isinstance(entry, Event):
            self._events.append(entry)
        elif isinstance(entry, Mark):
            self._stretches.append((entry, []))
            while len(self._stretches) > 1 and self._stretches[1][0].at <= entry.at - self._keep_s:
                self._stretches.popleft()
            while self._events and self._events[0].at < self._stretches[0][0].at:
                self._events.popleft()
        elif self._stretches:
            self._stretches[-1][1].append(entry)

    async def run(self) -> None:
        """Nothing is written."""

    async def before(self, at: float) -> Stretch | None:
        if not self._stretches:
            return None
        earlier = [place for place, (mark, _) in enumerate(self._stretches) if mark.at <= at]
        if not earlier:
            return Stretch(self._stretches[0][0], (), 1)
        place = max(earlier, key=lambda each: (self._stretches[each][0].at, each))
        return self._stretch(place, [told for told in self._stretches[place][1] if told.at <= at])

    async def newest(self) -> Stretch | None:
        return self._stretch(len(self._stretches) - 1, self._stretches[-1][1]) if self._stretches else None

    def _stretch(self, place: int, told: Sequence[Told]) -> Stretch:
        return Stretch(self._stretches[place][0], tuple(told), place + 1)

    async def tail(self, after: int) -> Tail:
        """Nobody else follows what is in memory."""
        return Tail(None, (), after)

    async def span(self) -> tuple[float, float] | None:
        if not self._stretches:
            return None
        mark, told = self._stretches[-1]
        return self._stretches[0][0].at, max(mark.at, told[-1].at if told else mark.at)

    async def turn(self, at: float, *, forward: bool) -> float | None:
        times = (event.at for event in self._events)
        if forward:
            return min((time for time in times if time > at), default=None)
        return max((time for time in times if time < at), default=None)

    async def events(self, since: float, until: float) -> tuple[Event, ...]:
        return tuple(event for event in reversed(self._events) if since <= event.at <= until)

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        self.acknowledged = (acknowledgement, *self.acknowledged)

    async def acknowledged_at(self, at: float) -> tuple[Acknowledgement, ...]:
        return tuple(each for each in self.acknowledged if each.at <= at)

    async def close(self) -> None:
        """There is nothing to let go of."""
