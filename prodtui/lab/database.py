"""A service's database behind PgBouncer."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from prodtui.lab.environment import Environment

# Together below Consul's 800 ms, so that the check's output is our answer, not its timeout.
PING_PATIENCE_S = 0.4
_CANCEL_PATIENCE_S = 0.2


class Unavailable(Exception):  # noqa: N818
    """Something the service needs does not do its part; the component and why."""

    def __init__(self, component: str, reason: str) -> None:
        super().__init__(f"{component}: {reason}")
        self.component = component
        self.reason = reason


class Database:
    """A pool that connects when it is first used, so that a service starts while its database is down."""

    def __init__(self, environment: Environment, application_name: str) -> None:
        self._url = environment.text("DATABASE_URL")
        self._password = environment.secret("DATABASE_PASSWORD_FILE")
        self._size = environment.number("DATABASE_POOL_SIZE")
        self._patience_s = environment.seconds("STATEMENT_TIMEOUT")
        self.name = urlsplit(self._url).path.lstrip("/")
        self._application_name = application_name
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def value(self, sql: str, *args: object, patience_s: float | None = None) -> Any:  # noqa: ANN401
        """The first value of the first row, within the environment's STATEMENT_TIMEOUT unless told otherwise.

        Raises Unavailable, and asyncpg.PostgresError when the server refuses.
        """
        patience_s = self._patience_s if patience_s is None else patience_s
        try:
            async with asyncio.timeout(patience_s):
                pool = await self._connected()
                connection = await pool.acquire()
                try:
                    return await connection.fetchval(sql, *args)
                finally:
                    # A query cut short is cancelled in the server. PgBouncer ignores that of a client which still
                    # waits for a connection: that one is closed instead of waited for.
                    await pool.release(connection, timeout=_CANCEL_PATIENCE_S)
        except TimeoutError:
            raise Unavailable(self.name, f"no answer from the database within {patience_s * 1000:.0f} ms") from None
        except (
            OSError,
            asyncpg.InterfaceError,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
        ) as error:
            raise Unavailable(self.name, f"{type(error).__name__}: {error}") from error

    async def ping(self, table: str) -> None:
        """Nothing, when the database answers and the table can be read; raises as `value` does."""
        await self.value(f"SELECT 1 FROM {table} LIMIT 1", patience_s=PING_PATIENCE_S)  # noqa: S608 -- a name of ours

    async def close(self) -> None:
        """Drop the connections."""
        if self._pool is not None:
            self._pool.terminate()

    async def _connected(self) -> asyncpg.Pool[asyncpg.Record]:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    password=self._password,
                    ssl=False,
                    min_size=0,
                    max_size=self._size,
                    timeout=self._patience_s,
                    # In transaction pooling the next transaction runs in another session: nothing prepared is there,
                    # and there is nothing to reset.
                    statement_cache_size=0,
                    reset=_leave_as_is,
                    server_settings={"application_name": self._application_name},
                )
        return self._pool


async def _leave_as_is(_: object) -> None:
    return
