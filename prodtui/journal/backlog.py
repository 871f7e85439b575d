"""What waits to be written, and the rows it becomes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from prodtui.journal.entries import packed, packed_mark
from prodtui.model.mark import Entry, Looked, Mark, Told
from prodtui.model.moment import Event
from prodtui.model.reading import Reading

HELD = 200_000
"""Records and entries that wait at most: of the lab half a day, of 50,000 health checks two whole readings."""


class Row(NamedTuple):
    """A mark, or a batch of what followed on it, as it is kept."""

    mark: bool
    at: float
    until: float
    body: bytes
    events: tuple[tuple[float, bytes], ...] = ()


class Backlog:
    """Entries in the order they were told. What does not fit is dropped whole: nothing can follow on a gap."""

    def __init__(self, held: int = HELD) -> None:
        self._held = held
        self._entries: list[Entry | Event] = []
        self._weight = 0
        self.dropped = 0
        """Readings that were never written, since it was last full of what could be."""

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry | Event) -> bool:
        """Whether there was room; if not, all is dropped and what comes next must be a mark."""
        self._entries.append(entry)
        self._weight += _weight(entry)
        if self._weight <= self._held or isinstance(entry, Mark):
            return True
        self.drop()
        return False

    def drop(self) -> None:
        """Gives up all that waits."""
        self.dropped += sum(isinstance(entry, Reading) for entry in self._entries)
        self._entries, self._weight = [], 0

    def taken(self) -> list[Entry | Event]:
        """All that waits, from now on in the hands of who writes it."""
        taken, self._entries, self._weight = self._entries, [], 0
        return taken


def _weight(entry: Entry | Event) -> int:
    if isinstance(entry, Reading) and entry.answer is not None:
        return 1 + len(entry.answer.records) + len(entry.answer.removed)
    return 1


def rows_of(entries: Iterable[Entry | Event], dictionary: bytes | None) -> tuple[list[Row], bytes | None]:
    """The entries as rows, and the dictionary of what follows. `dictionary`: of the mark before; None: there is none.

    What comes before the first mark is left out where there is none before it: nobody could tell a moment by it.
    """
    rows: list[Row] = []
    told: list[Told] = []
    events: list[Event] = []

    def close_batch() -> None:
        if dictionary is not None and (told or events):
            times = [each.at for each in (*told, *events)]
            found = tuple((event.at, packed(event)) for event in events)
            rows.append(Row(False, min(times), max(times), packed(told, dictionary), found))
        told.clear()
        events.clear()

    for entry in entries:
        if isinstance(entry, (Reading, Looked)):
            told.append(entry)
        elif isinstance(entry, Event):
            events.append(entry)
        else:
            close_batch()
            body, dictionary = packed_mark(entry)
            rows.append(Row(True, entry.at, entry.at, body))
    close_batch()
    return rows, dictionary
