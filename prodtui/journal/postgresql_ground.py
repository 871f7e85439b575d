"""A journal in PostgreSQL, for a team: all its environments in the same tables."""

from __future__ import annotations

from prodtui.journal import statements
from prodtui.journal.database import Database, Step
from prodtui.journal.postgresql_database import PATIENCE_S, PostgresqlDatabase

LEASE_S = 10.0
"""A writer that renewed it this long ago is gone. It is renewed with each batch."""


class PostgresqlGround:
    """The lease is a row with an end, by the server's clock.

    An advisory lock would be a session's: behind a pooler that is somebody else's by the next statement, and of a host
    that lost its network the server keeps it for hours.
    """

    tail_s = 1.0

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S, lease_s: float = LEASE_S) -> None:
        self.writing: Database = PostgresqlDatabase(url, called="journal", patience_s=patience_s)
        self.reading: Database = PostgresqlDatabase(url, called="journal", patience_s=patience_s)
        self._lease_s = lease_s

    async def lock(self) -> bool:
        return True

    async def unlock(self) -> None:
        return

    def claim(self, environment: str, holder: str) -> Step:
        return Step(statements.CLAIM, (environment, holder, self._lease_s))

    def renewal(self, environment: str, holder: str) -> Step:
        return Step(statements.RENEW, (environment, holder, self._lease_s))

    async def used(self, environment: str) -> int:
        return int((await self.writing.rows(Step(statements.KEPT_BYTES, (environment,))))[0][0])

    async def give_back(self, most_bytes: int) -> None:
        """The server's own vacuum does."""
