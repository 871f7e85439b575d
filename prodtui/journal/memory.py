"""A journal in memory: the last minutes, for a dashboard that nobody asked to keep more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from prodtui.model.declared import Declared
from prodtui.model.reading import Reading
from prodtui.model.snapshot import Snapshot, empty, fold


class MemoryJournal:
    """Keeps `keep_s` seconds of readings; what is older is folded into the base that later moments start from."""

    def __init__(self, declared: Declared, *, keep_s: float = 900.0) -> None:
        self._keep_s = keep_s
        self._base = empty(declared)
        self._readings: deque[Reading] = deque()

    def append(self, reading: Reading) -> None:
        self._readings.append(reading)
        while self._readings[0].at < reading.at - self._keep_s:
            self._base, _ = fold(self._base, self._readings.popleft())

    def tail(self, after: float) -> Iterator[Reading]:
        return (reading for reading in tuple(self._readings) if reading.at > after)

    def at(self, time: float) -> Snapshot:
        snapshot = self._base
        for reading in self._readings:
            if reading.at > time:
                break
            snapshot, _ = fold(snapshot, reading)
        return snapshot
