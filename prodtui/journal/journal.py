"""The seam behind which an environment's readings are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from prodtui.model.incident import Acknowledgement
from prodtui.model.mark import Entry, Mark, Told
from prodtui.model.moment import Event


class Stretch(NamedTuple):
    """A mark and what followed on it: what it takes to tell a moment."""

    mark: Mark
    told: Sequence[Told]
    number: int
    """Of the last row in it, from which the journal is followed on."""


class Tail(NamedTuple):
    """What was kept after a number."""

    mark: Mark | None
    """Where one is among it, the last: what came before it need not be told."""
    told: Sequence[Told]
    number: int


class Journal(Protocol):
    """What was read of one environment, in the order it was told. Times are Unix seconds.

    One at a time writes: who holds the lease. What reads raises StoreError where the journal can't be read.
    """

    @property
    def where(self) -> str:
        """Its path or address, without credentials."""
        ...

    @property
    def notice(self) -> str:
        """Why nothing is kept just now, and what to do; empty while all is well."""
        ...

    @property
    def tail_s(self) -> float:
        """How often whoever follows may ask for more."""
        ...

    @property
    def acknowledged(self) -> tuple[Acknowledgement, ...]:
        """Who has seen what, newest first, as last looked up: by `run` and by `tail`."""
        ...

    async def try_lease(self) -> bool:
        """Whether it is ours to write from now on; False: another prodtui writes it. Raises StoreError."""
        ...

    def due(self, at: float) -> bool:
        """Whether the next entry had better be a mark. What follows on no mark is never kept."""
        ...

    def append(self, entry: Entry | Event) -> None:
        """Keeps one more entry, soon. It never blocks and never raises: what goes wrong is the notice."""
        ...

    async def run(self) -> None:
        """Writes what is appended, about once a second, until it is cancelled."""
        ...

    async def before(self, at: float) -> Stretch | None:
        """What tells the moment at a time (of the oldest mark, if earlier); None where nothing is kept."""
        ...

    async def newest(self) -> Stretch | None:
        """What tells the last that was kept, whatever its time: a clock may have jumped."""
        ...

    async def tail(self, after: int) -> Tail:
        """What was kept after a number; cheap where that is nothing."""
        ...

    async def span(self) -> tuple[float, float] | None:
        """From when to when something is kept."""
        ...

    async def turn(self, at: float, *, forward: bool) -> float | None:
        """The time of the next event after, or of the last one before a time; None where there is none."""
        ...

    async def events(self, since: float, until: float) -> tuple[Event, ...]:
        """The events between two times, newest first."""
        ...

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Keeps that somebody has seen it; who follows may too. Raises StoreError where it can't be kept."""
        ...

    async def acknowledged_at(self, at: float) -> tuple[Acknowledgement, ...]:
        """Who had seen what at a time, newest first."""
        ...

    async def close(self) -> None:
        """Writes what is still to be written, and lets go of lease and database; within seconds, whatever they do."""
        ...
