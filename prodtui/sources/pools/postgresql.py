"""PostgreSQL: its connections, blocked sessions, transactions, deadlocks and replication."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

import msgspec

from prodtui.model.asks import Ask, Asks, Language
from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.reading import About, Answer
from prodtui.model.records import DatabaseServer, Plane
from prodtui.model.text import neutralise_name
from prodtui.settings.source import SourceSettings
from prodtui.sources.pools import postgresql_queries as queries
from prodtui.sources.pools.causes import source_error
from prodtui.sources.pools.connection_settings import ConnectionSettings
from prodtui.sources.pools.postgresql_questions import LOCK_TIMEOUT_MS, Questions
from prodtui.sources.pools.postgresql_records import about, database_server, roles, sessions

if TYPE_CHECKING:
    from asyncpg import Connection, Record
    from asyncpg.exceptions import TooManyConnectionsError

PATIENCE = 0.8
"""Share of our deadline after which the server itself ends a statement: the connection then survives."""
CLOSING_S = 0.5
SHARE = 0.9
"""Of our deadline, what a read with all its questions may take."""


class PostgreSQLSettings(ConnectionSettings):
    """A PostgreSQL server, by any one of its databases; its role should have pg_monitor."""


class PostgreSQL:
    """Reads one server over one connection, kept for life: a full server would not let a new one in."""

    kind: ClassVar[str] = "postgresql"
    plane: ClassVar[Plane] = Plane.POOLS
    Settings: ClassVar[type[SourceSettings]] = PostgreSQLSettings
    waits: ClassVar[bool] = False
    counts: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("prodtui.sources.pools.login",)

    def __init__(self, name: str, settings: PostgreSQLSettings) -> None:
        self._settings = settings
        self._connection: Connection[Record] | None = None
        self._pooled = False
        """Whether a pooler is in between: then session settings are refused or lost, and transactions carry them."""
        self._known = DatabaseServer(
            name=name,
            address=settings.address,
            databases=(settings.database,) if settings.database else (),
        )
        self._deadlocks: tuple[float, int] | None = None
        self._asked: tuple[Ask, ...] = ()
        self._questions = Questions(self._open_database, self._what)

    def ask(self, asks: Asks) -> None:
        """Takes the questions in SQL that are for this source, or for any."""
        here = (self._known.name, "")
        self._asked = tuple(one for one in asks.questions if one.language is Language.SQL and one.source in here)

    async def read(self) -> Answer:
        """The server, its sessions worth showing, its roles, and what was asked. Raises SourceError.

        That it has no free connection (53300) is an answer too.
        """
        end = time.monotonic() + SHARE * self._settings.timeout
        answer = await self._read_server()
        known = self._known.databases
        self._questions.ask([one for one in self._asked if one.source or not one.database or one.database in known])
        left_s = end - time.monotonic()
        asked = await self._questions.answer(left_s) if left_s > self._settings.timeout / 4 else 0
        records = (*answer.records, *self._questions.answers())
        return msgspec.structs.replace(answer, records=records, requests=answer.requests + asked)

    async def _read_server(self) -> Answer:
        """Raises SourceError."""
        from asyncpg import InterfaceError, InternalClientError, PostgresError
        from asyncpg.exceptions import TooManyConnectionsError

        while True:
            kept = self._connection
            try:
                return await self._read(kept or await self._connect())
            except TooManyConnectionsError as error:
                self._drop()
                return self._exhausted(error)
            except (PostgresError, InterfaceError, InternalClientError, OSError, ValueError) as error:
                # After a statement's error, such as its timeout, the connection is as good as before.
                fatal = not isinstance(error, PostgresError) or error.severity_en in ("FATAL", "PANIC")
                lost = kept is None or kept.is_closed() or fatal
                if lost:
                    self._drop()
                # A kept connection may have died of age or of a restart: only a new one tells how the server is.
                if kept is None or not lost:
                    raise source_error(error, self._what, requires_tls=self._settings.requires_tls) from error
            except BaseException:
                # Cancelled: what the server still sends would be taken for the next answer. terminate() also drops the
                # request to cancel, which asyncpg would send over another connection and wait for.
                self._drop()
                raise

    async def close(self) -> None:
        """Says goodbye to the server, and goes without its answer if that takes long."""
        self._questions.drop()
        if self._connection is None:
            return
        from asyncpg import InterfaceError, PostgresError

        try:
            await self._connection.close(timeout=CLOSING_S)
        except (PostgresError, InterfaceError, OSError):
            pass
        finally:
            self._drop()

    @property
    def _what(self) -> str:
        return f"PostgreSQL at {self._known.address or 'its default address'}"

    async def _connect(self) -> Connection[Record]:
        from asyncpg import PostgresError

        if not self._pooled:
            try:
                self._connection = connection = await self._open(self._session_settings())
            except PostgresError as error:
                # PgBouncer's words for settings that it does not know; 08P01 is the SQLSTATE of all that it says.
                if "unsupported startup parameter" not in str(error):
                    raise
            else:
                # The server reports this setting by itself (from 14 on). Off: a pooler has swallowed what we asked for
                # (ignore_startup_parameters).
                if getattr(connection.get_settings(), "default_transaction_read_only", "") == "on":
                    return connection
                self._drop()
            self._pooled = True
        self._connection = connection = await self._open({})
        return connection

    async def _open_database(self, database: str) -> Connection[Record]:
        """A connection for questions; through a pooler their transactions carry the settings."""
        return await self._open({} if self._pooled else self._session_settings(), database or None)

    async def _open(self, server_settings: dict[str, str], database: str | None = None) -> Connection[Record]:
        from prodtui.sources.pools.login import log_in

        return await log_in(
            self._settings,
            self._what,
            database=database,
            server_settings=server_settings,
            # A prepared statement lives in one server connection, and a pooler changes them.
            statement_cache_size=0 if self._pooled else 100,
        )

    def _session_settings(self) -> dict[str, str]:
        return {
            "default_transaction_read_only": "on",
            "statement_timeout": str(self._statement_timeout_ms),
            "lock_timeout": str(LOCK_TIMEOUT_MS),
            "idle_in_transaction_session_timeout": "5000",
        }

    @property
    def _statement_timeout_ms(self) -> int:
        return max(1, int(PATIENCE * self._settings.timeout * 1000))

    async def _read(self, connection: Connection[Record]) -> Answer:
        if not self._pooled:
            return await self._ask(connection)
        from asyncpg import PostgresError

        # Not asyncpg's transaction(): cancelled, it would wait for a ROLLBACK that a hung server never answers.
        await connection.execute(
            f"begin read only; set local statement_timeout = {self._statement_timeout_ms};"
            f" set local lock_timeout = {LOCK_TIMEOUT_MS}"
        )
        try:
            answer = await self._ask(connection)
        except PostgresError:
            await connection.execute("rollback")
            raise
        await connection.execute("rollback")
        return answer

    async def _ask(self, connection: Connection[Record]) -> Answer:
        answered = await connection.fetchrow(queries.SERVER)
        now, version = time.time(), neutralise_name(connection.get_settings().server_version)
        if answered is None:
            raise SourceError(CauseClass.PROTOCOL, f"{self._what}: answered a SELECT without a row")
        row = dict(answered)
        # Without rights every session looks idle and free: an empty list would be a false all-clear.
        shown = [dict(r) for r in await connection.fetch(queries.SESSIONS)] if row["sees_all"] else []
        held = [dict(r) for r in await connection.fetch(queries.ROLES)]
        known = msgspec.structs.replace(self._known, version=version)
        server = database_server(known, row, self._deadlock_rate(row["deadlocks"]))
        # What stays true while it can't be asked.
        self._known = msgspec.structs.replace(known, databases=server.databases)
        return Answer(
            records=(
                server,
                *sessions(server.name, shown),
                *roles(server.name, held, sees_all=row["sees_all"]),
            ),
            about=about(version, row, shown, pooled=self._pooled, ahead_s=row["clock"] - now),
            requests=3 if row["sees_all"] else 2,
        )

    def _deadlock_rate(self, total: int | None) -> float | None:
        """Deadlocks per second since the reading before; None at the first and after a reset of the counter."""
        at, before = time.monotonic(), self._deadlocks
        self._deadlocks = None if total is None else (at, total)
        if total is None or before is None or total < before[1] or at <= before[0]:
            return None
        return (total - before[1]) / (at - before[0])

    def _exhausted(self, error: TooManyConnectionsError) -> Answer:
        """The finding that the server has no free connection. Raises SourceError where only our own limit is reached.

        Which limit it was, PostgreSQL says in a language of its choice; where it says it is not translated.
        """
        where = error.server_source_function
        if where is None or where == "InitializeSessionUserId":
            # Without a place in PostgreSQL's source it is a pooler's word; the other is our role's limit.
            raise source_error(error, self._what) from error
        server = self._known
        if where == "CheckMyDatabase":
            server = msgspec.structs.replace(server, databases=(self._settings.database,))
        said = neutralise_name(str(error))
        return Answer(
            records=(msgspec.structs.replace(server, exhausted=True),),
            about=About(
                version=server.version,
                notes=(
                    f"no free connection: {said}; pg_use_reserved_connections keeps one for our role (16 and later)",
                ),
            ),
        )

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
