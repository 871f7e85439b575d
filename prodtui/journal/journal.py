"""The seam behind which readings are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from prodtui.model.reading import Reading
from prodtui.model.snapshot import Snapshot


class Journal(Protocol):
    """Append-only readings of one environment, in the order they were made."""

    def append(self, reading: Reading) -> None:
        """Keeps one more reading."""
        ...

    def tail(self, after: float) -> Iterator[Reading]:
        """The kept readings made after a Unix time, oldest first."""
        ...

    def at(self, time: float) -> Snapshot:
        """Everything known at a Unix time: the fold of the readings up to it (of the oldest kept one, if earlier)."""
        ...
