"""Where a journal's rows are: what a file and a team's server do differently."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from prodtui.journal.database import Database, Step


class Limits(NamedTuple):
    """How much is kept: what is older or more is dropped, the oldest first."""

    keep_s: float = 7 * 86_400.0
    most_bytes: int = 256_000_000


class Ground(Protocol):
    """Each method raises StoreError where the database can't be used."""

    @property
    def writing(self) -> Database: ...

    @property
    def reading(self) -> Database:
        """Another connection, so that who looks back waits for no write."""
        ...

    @property
    def tail_s(self) -> float:
        """How often whoever follows may ask for more."""
        ...

    async def lock(self) -> bool:
        """Whether no other process has what only one may have, besides the lease's row."""
        ...

    async def unlock(self) -> None:
        """Lets others have it."""
        ...

    def claim(self, environment: str, holder: str) -> Step:
        """Takes the lease; it changes a row where that worked."""
        ...

    def renewal(self, environment: str, holder: str) -> Step:
        """Keeps the lease; it changes no row where another one took it, or the tables are new."""
        ...

    async def used(self, environment: str) -> int:
        """Bytes that count against the limit."""
        ...

    async def give_back(self, most_bytes: int) -> None:
        """Gives room that is free back, a little at a time, where more is taken than may be."""
        ...
