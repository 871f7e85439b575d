"""What a policy asks in SQL: read-only, bounded in time and rows, over connections of its own."""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from prodtui.model.asks import Ask
from prodtui.model.errors import SourceError
from prodtui.model.evidence import Measurement
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.pools.causes import source_error

if TYPE_CHECKING:
    from asyncpg import Connection, Record
    from asyncpg.prepared_stmt import PreparedStatement

EVERY_S = 5.0
"""A policy's question may be a heavy one: it is asked no more often."""
MOST_ROWS = 10_000
MOST_COLUMNS = 2
ROWS_AT_ONCE = 100
LOCK_TIMEOUT_MS = 500
_LATE = "not asked yet: earlier questions took the time"


class Questions:
    """Answers that are kept until they are asked anew; each database has one connection while it is asked."""

    def __init__(self, open_database: Callable[[str], Awaitable[Connection[Record]]], what: str) -> None:
        self.every_s = EVERY_S
        """How often one is asked anew."""
        self._open_database = open_database
        """Raises as asyncpg.connect does, and SourceError; an empty name is the source's own database."""
        self._what = what
        self._asked: tuple[Ask, ...] = ()
        self._told: dict[Ask, tuple[float, Measurement]] = {}
        """With the time (monotonic) at which it was asked."""
        self._connections: dict[str, Connection[Record]] = {}

    def ask(self, asked: Sequence[Ask]) -> None:
        """Takes what is asked from now on; answers to what is asked still are kept."""
        self._asked = tuple(asked)
        self._told = {one: self._told[one] for one in self._asked if one in self._told}
        for database in self._connections.keys() - {one.database for one in self._asked}:
            self._drop(database)

    async def answer(self, limit_s: float) -> int:
        """Asks what is due, those first that have waited longest; how many were asked. Raises for no question."""
        due: dict[str, list[Ask]] = defaultdict(list)
        for one in sorted(self._asked, key=self._asked_at):
            if time.monotonic() - self._asked_at(one) >= self.every_s:
                due[one.database].append(one)
        async with asyncio.TaskGroup() as group:
            counts = [group.create_task(self._of_database(name, asked, limit_s)) for name, asked in due.items()]
        return sum(count.result() for count in counts)

    def answers(self) -> tuple[Measurement, ...]:
        """The last answer to every question."""
        return tuple(self._told[one][1] if one in self._told else _trouble(one, _LATE) for one in self._asked)

    def drop(self) -> None:
        """Lets go of every connection; says nothing to a server that may hang."""
        for database in tuple(self._connections):
            self._drop(database)

    def _drop(self, database: str) -> None:
        if (connection := self._connections.pop(database, None)) is not None:
            connection.terminate()

    def _asked_at(self, one: Ask) -> float:
        return self._told[one][0] if one in self._told else -math.inf

    async def _of_database(self, database: str, asked: Sequence[Ask], limit_s: float) -> int:
        """As many of its questions as fit in the time: one is begun only while half of that is left."""
        began = time.monotonic()
        count = 0
        for one in asked:
            left_s = limit_s - (time.monotonic() - began)
            if count and left_s < limit_s / 2:
                break
            self._told[one] = (time.monotonic(), await self._bounded(one, database, left_s))
            count += 1
        return count

    async def _bounded(self, one: Ask, database: str, limit_s: float) -> Measurement:
        """The answer, or why there is none; after anything but a statement's own error the connection is new."""
        from asyncpg import InterfaceError, InternalClientError, PostgresError

        finished = False
        try:
            async with asyncio.timeout(limit_s):
                answer = await _answer(await self._connection(database), one, limit_s)
            finished = True
        except SourceError as error:
            return _trouble(one, error.cause.message)
        except (PostgresError, InterfaceError, InternalClientError, OSError, ValueError) as error:
            where = f"{self._what}, database {database}" if database else self._what
            return _trouble(one, source_error(error, where).cause.message)
        else:
            return answer
        finally:
            if not finished:
                self._drop(database)

    async def _connection(self, database: str) -> Connection[Record]:
        kept = self._connections.get(database)
        if kept is None or kept.is_closed():
            self._connections[database] = kept = await self._open_database(database)
        return kept


async def _answer(connection: Connection[Record], one: Ask, limit_s: float) -> Measurement:
    """Asked in a transaction that is rolled back. What the server refuses of the statement itself is its answer.

    Raises asyncpg's errors where it is the connection that failed.
    """
    from asyncpg import InterfaceError, PostgresError

    at = time.time()
    await connection.execute(
        f"begin read only; set local statement_timeout = {max(1, int(0.8 * limit_s * 1000))};"
        f" set local lock_timeout = {LOCK_TIMEOUT_MS}"
    )
    try:
        statement = await connection.prepare(one.query)
        found = await (_rows(one, statement, at) if one.rows else _number(one, statement, at))
    except (PostgresError, InterfaceError) as error:
        if connection.is_closed() or getattr(error, "severity_en", "") in ("FATAL", "PANIC"):
            raise
        said = " ".join(str(error).split())
        found = _trouble(one, f"{getattr(error, 'sqlstate', None) or 'not asked'}: {said}")
    await connection.execute("rollback")
    return found


async def _number(one: Ask, statement: PreparedStatement[Record], at: float) -> Measurement:
    columns = statement.get_attributes()
    if len(columns) != 1:
        return _trouble(one, f"{len(columns)} columns where one was asked for")
    found = await (await statement.cursor()).fetch(2)
    if len(found) != 1:
        return _trouble(one, f"{'several rows' if found else 'no row'} where one was asked for")
    value = found[0][0]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        came = "NULL" if value is None else columns[0].type.name
        return _trouble(one, f"{came} where a number was asked for")
    if not math.isfinite(value):
        return _trouble(one, f"{value} where a number was asked for")
    return _told(one, at, value=float(value))


async def _rows(one: Ask, statement: PreparedStatement[Record], at: float) -> Measurement:
    columns = len(statement.get_attributes())
    if not 1 <= columns <= MOST_COLUMNS:
        return _trouble(one, f"{columns} columns where at most {MOST_COLUMNS} were asked for")
    cursor = await statement.cursor()
    rows: list[str] = []
    while some := await cursor.fetch(ROWS_AT_ONCE):
        rows += (neutralise_name("NULL" if row[0] is None else str(row[0])) for row in some)
        if len(rows) > MOST_ROWS:
            return _trouble(one, f"more than {MOST_ROWS:,} rows")
    return _told(one, at, rows=tuple(rows))


def _told(one: Ask, at: float, *, value: float | None = None, rows: tuple[str, ...] = ()) -> Measurement:
    query = neutralise(one.query)
    return Measurement(check=one.check, service=one.service, query=query, value=value, rows=rows, observed_at=at)


def _trouble(one: Ask, trouble: str) -> Measurement:
    query = neutralise(one.query)
    return Measurement(check=one.check, service=one.service, query=query, trouble=neutralise_name(trouble))
