"""The seam between prodtui and a real system."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

from prodtui.model.asks import Asks
from prodtui.model.reading import Answer
from prodtui.model.records import Plane
from prodtui.settings.source import SourceSettings


class Source(Protocol):
    """Reads one real system. Made once per environment by `kind`, read again and again, closed once.

    `read` is awaited by one task at a time, under a deadline that cancels it: a cancelled read leaves the source
    usable. It raises SourceError for every failure that it foresees. It never acts on the system: GET, SHOW, SELECT.
    """

    kind: ClassVar[str]
    plane: ClassVar[Plane]
    Settings: ClassVar[type[SourceSettings]]
    waits: ClassVar[bool]
    """True where `read` itself waits (about one interval) for a change, as a blocking query does."""
    counts: ClassVar[bool]
    """True where some of what it says comes from two readings of a counter: one look reads it twice."""
    needs: ClassVar[tuple[str, ...]]
    """Modules that take long to import; they are there before the first read, and count for no deadline."""

    def __init__(self, name: str, settings: Any) -> None:  # noqa: ANN401 — each source takes its own Settings
        ...

    async def read(self) -> Answer:
        """One poll. The first answer of a source, and each after a failure, is a keyframe and comes without waiting.

        Raises SourceError.
        """
        ...

    async def close(self) -> None:
        """Lets go of every connection, within a second, also when the system hangs."""
        ...


@runtime_checkable
class Askable(Protocol):
    """A source that can be asked for more than it reads by itself.

    `ask` is called before the first read and whenever the asks change, also while a read is under way; later reads
    answer them. What cannot be answered is a record with its `trouble`, never the source's failure.
    """

    def ask(self, asks: Asks) -> None:
        """Takes all that is asked from now on, in place of what was asked before."""
        ...
