"""PgBouncer's admin console, by psycopg: asyncpg speaks the extended protocol only, which the console refuses.

Imported when first needed, since psycopg takes 120 to 230 ms.
"""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncClientCursor, AsyncConnection, waiting
from psycopg.abc import PQGen
from psycopg.rows import DictRow, dict_row

from prodtui.sources.pools.connection_settings import ConnectionSettings

RV = TypeVar("RV")
Row = dict[str, Any]


class Console(AsyncConnection[DictRow]):
    """One connection to the console."""

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's, but a cancelled wait ends at once and takes the connection with it.

        psycopg asks the server to cancel and waits up to 10 s for that, which a hung PgBouncer never answers.
        """
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise

    async def show(self, command: LiteralString) -> list[Row]:
        """The rows of one SHOW; one command a call is all that the console takes. Raises psycopg.Error."""
        cursor = await self.execute(command)
        # Before 1.12 some answers are notices, not rows.
        return await cursor.fetchall() if cursor.description else []


async def connect(settings: ConnectionSettings) -> Console:
    """Logs in to the console. Raises psycopg.Error."""
    return await Console.connect(
        settings.url,
        # What is None here libpq takes from the url, the environment or ~/.pgpass.
        password=settings.secret,
        sslmode=settings.tls,
        sslrootcert=str(settings.ca_file) if settings.ca_file else None,
        dbname="pgbouncer",
        application_name="prodtui",
        autocommit=True,  # else psycopg sends BEGIN, an "invalid command" to the console
        prepare_threshold=None,  # a prepared statement is the extended protocol
        cursor_factory=AsyncClientCursor,
        row_factory=dict_row,
    )
