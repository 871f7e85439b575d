"""Store and journal in PostgreSQL, for a team: one connection, made anew when it was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from prodtui.journal import migrations
from prodtui.journal.database import Step, StoreError
from prodtui.model.text import neutralise_name

if TYPE_CHECKING:
    from asyncpg import Connection, Record

T = TypeVar("T")
PATIENCE_S = 5.0
CLOSING_S = 0.5
_LOCK = 0x70726F64747569
"""Of the migrations, PostgreSQL-wide: `prodtui` in ASCII."""
_VERSIONS = "create table if not exists prodtui_versions (version integer primary key)"
_VERSION = "select coalesce(max(version), 0) from prodtui_versions"

_ADVICE = "check the URL and that the server can be reached, or give another {}"
# Class or code: https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_SQLSTATE = {
    "28": "give the right user and password (the URL, PGPASSWORD or ~/.pgpass)",
    "3D000": "name a database that exists in the URL",
    "42501": "grant our role the tables prodtui_…, or the right to make them in its schema",
    "25006": "it takes no writes: name the primary in the URL",
    "23505": "it has an evaluation with this id already",
    "53": "it lacks disk, memory or connections",
    "57": "it ended our session or takes no new one; try again",
}


class PostgresqlDatabase:
    """Tables `prodtui_…` in the schema that the role's search_path names first. A pooler may be in between."""

    def __init__(self, url: str, *, called: str = "store", patience_s: float = PATIENCE_S) -> None:
        """`patience_s`: how long the server may take to let us in, and for a statement with the locks it waits for.

        `called`: what it is to a person, in messages.
        """
        self._called = called
        self._url = url
        self._patience_s = patience_s
        self._connection: Connection[Record] | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def where(self) -> str:
        # The last @ of all: a password may hold what it should not, such as a slash.
        return neutralise_name("postgresql://" + self._url.partition("://")[2].rpartition("@")[2].partition("?")[0])

    @property
    def _what(self) -> str:
        return f"{self._called} {self.where}"

    async def rows(self, step: Step) -> Sequence[Sequence[Any]]:
        async def fetch(connection: Connection[Record]) -> Sequence[Sequence[Any]]:
            return [tuple(row) for row in await connection.fetch(step.statement, *step.values)]

        return await self._asked(fetch)

    async def change(self, *steps: Step) -> int:
        async def write(connection: Connection[Record]) -> int:
            done = ""
            await connection.execute("begin")
            for step in steps:
                done = await connection.execute(step.statement, *step.values)
            await connection.execute("commit")
            return int(done.rpartition(" ")[2])

        return await self._asked(write)

    async def close(self) -> None:
        """Says goodbye, and goes without an answer if that takes long."""
        if self._connection is None:
            return
        from asyncpg import InterfaceError, PostgresError

        try:
            await self._connection.close(timeout=CLOSING_S)
        except (PostgresError, InterfaceError, OSError):
            pass
        finally:
            self._drop()

    async def _asked(self, work: Callable[[Connection[Record]], Awaitable[T]]) -> T:
        from asyncpg import InterfaceError, InternalClientError, PostgresError

        async with self._one_at_a_time:
            try:
                return await work(await self._connected())
            except (PostgresError, InterfaceError, InternalClientError, OSError, ValueError) as error:
                self._drop()
                advice = _advice(error).format(self._called)
                raise StoreError(f"{self._called} {self.where}: {_said(error)}; {advice}") from error
            except BaseException:
                # Cancelled: what the server still sends would be taken for the next answer.
                self._drop()
                raise

    def _drop(self) -> None:
        """Ends the connection, and so any transaction that is open on it."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connected(self) -> Connection[Record]:
        if self._connection is None or self._connection.is_closed():
            import asyncpg

            self._connection = await asyncpg.connect(
                self._url,
                timeout=self._patience_s,
                command_timeout=self._patience_s,
                server_settings={"application_name": "prodtui"},
                # A prepared statement lives in one server connection, and a pooler changes them.
                statement_cache_size=0,
            )
            await self._migrate(self._connection)
        return self._connection

    async def _migrate(self, connection: Connection[Record]) -> None:
        # First without the right to make tables, which whoever only uses the store need not have.
        known = await connection.fetchval("select to_regclass('prodtui_versions') is not null")
        if known and not migrations.missing(await connection.fetchval(_VERSION), self._what):
            return
        await connection.execute("begin")
        # Of the transaction, not the session: a pooler hands sessions to others.
        await connection.execute(f"select pg_advisory_xact_lock({_LOCK})")
        await connection.execute(_VERSIONS)
        for migration in migrations.missing(await connection.fetchval(_VERSION), self._what):
            for statement in migration:
                await connection.execute(statement)
        await connection.execute(
            "insert into prodtui_versions (version) values ($1) on conflict do nothing", migrations.NEWEST
        )
        await connection.execute("commit")


def _said(error: Exception) -> str:
    # What of the URL can't be understood may be a password: it is not quoted.
    if isinstance(error, ValueError):
        return "its URL can't be understood"
    return neutralise_name(" ".join(str(error).split()) or "no answer in time")


def _advice(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "write postgresql://USER@HOST:5432/DATABASE, with %40 for @ and %2F for / in a password"
    sqlstate = getattr(error, "sqlstate", None) or ""
    return next((text for begin, text in _BY_SQLSTATE.items() if sqlstate.startswith(begin)), _ADVICE)
