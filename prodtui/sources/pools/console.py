"""PgBouncer's admin console: asyncpg logs in, and what is asked then goes by the simple query protocol.

asyncpg itself asks by the extended protocol only, which the console refuses. A second driver beside it, for four SHOW
commands, cost 12 MB and 120 to 230 ms.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

import asyncpg

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.sources.pools.login import log_in

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from prodtui.sources.pools.connection_settings import ConnectionSettings

Row = dict[str, str | None]

CONSOLE = "pgbouncer"
"""The database whose name leads to the console."""
LIMIT_BYTES = 16 * 1024 * 1024
"""Longest answer that is read: some 50,000 pools."""
_HEAD = struct.Struct("!ci")
_COUNT = struct.Struct("!h")
_LENGTH = struct.Struct("!i")
_AFTER_NAME = 18
"""Bytes of a column's description that follow its name."""


class Console:
    """One connection to the console, from the moment it is logged in."""

    def __init__(self, login: Connection[Record]) -> None:
        self._login = login
        # Taken over, for which asyncpg has no word.
        self._transport: asyncio.Transport = login._transport  # type: ignore[attr-defined]  # noqa: SLF001
        self._said = asyncio.StreamReader()
        talk = asyncio.StreamReaderProtocol(self._said)
        self._transport.set_protocol(talk)
        talk.connection_made(self._transport)

    async def show(self, command: str) -> list[Row]:
        """The rows of one SHOW; one command a call is all that the console takes.

        Raises asyncpg.PostgresError, OSError, EOFError, ValueError.
        """
        self._transport.write(_query(command))
        columns: tuple[str, ...] = ()
        rows: list[Row] = []
        refusal: asyncpg.PostgresError | None = None
        left = LIMIT_BYTES
        while True:
            try:
                kind, length = _HEAD.unpack(await self._said.readexactly(_HEAD.size))
                left -= length
                if length < _LENGTH.size or left < 0:
                    raise ValueError(f"no answer of the console's: a message of {length:,} bytes")
                body = await self._said.readexactly(length - _LENGTH.size)
            except (EOFError, OSError) as ended:
                raise refusal or ended from None  # the last words of a server that hangs up say why
            match kind:
                case b"T":
                    columns = tuple(_columns(body))
                case b"D":
                    rows.append(dict(zip(columns, _values(body), strict=True)))
                case b"E":
                    refusal = asyncpg.PostgresError.new(_fields(body))
                case b"Z" if refusal is not None:
                    raise refusal
                case b"Z":
                    return rows  # none before 1.12, where some answers are notices

    def drop(self) -> None:
        """Lets go of the connection at once."""
        self._login.terminate()


async def connect(settings: ConnectionSettings, what: str) -> Console:
    """Logs in to the console; `what` is asked, in a person's words. Raises SourceError and whatever asyncpg raises."""
    try:
        return Console(await log_in(settings, what, database=CONSOLE))
    except asyncpg.InvalidCatalogNameError as error:
        told = f"{what}: {error}; this is no PgBouncer, perhaps PostgreSQL itself"
        raise SourceError(CauseClass.NOT_FOUND, told) from error


def _query(command: str) -> bytes:
    text = command.encode() + b"\0"
    return _HEAD.pack(b"Q", len(text) + _LENGTH.size) + text


def _columns(body: bytes) -> Iterator[str]:
    at = _COUNT.size
    while at < len(body):
        end = body.index(b"\0", at)
        yield body[at:end].decode()
        at = end + 1 + _AFTER_NAME


def _values(body: bytes) -> Iterator[str | None]:
    at = _COUNT.size
    while at < len(body):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if length < 0:
            yield None
            continue
        yield body[at : at + length].decode()
        at += length


def _fields(body: bytes) -> dict[str, str]:
    """An error's fields by their letters: C the SQLSTATE, M the text."""
    told = [field.decode(errors="replace") for field in body.split(b"\0") if field]
    return {field[0]: field[1:] for field in told}
