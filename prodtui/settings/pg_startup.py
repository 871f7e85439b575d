"""Telling PostgreSQL and PgBouncer apart without credentials, by how each answers a session's first message.

The message asks for a parameter that neither knows. PgBouncer refuses it before it authenticates (08P01, "unsupported
startup parameter"); PostgreSQL looks at parameters after authentication, and its errors name a source routine.
https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import asyncio
import struct
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

_PROTOCOL_3 = 196608
_PARAMETER = "prodtui_discovery"
_LARGEST = 8192
_METHODS = {0: "no password", 3: "a password", 5: "an MD5 password", 7: "GSSAPI", 9: "SSPI", 10: "SCRAM"}


class Said(NamedTuple):
    """Which system answered; `kind` is None where it was neither."""

    kind: str | None
    evidence: str = ""


async def ask(url: str) -> Said:
    """Asks the server at a libpq URL. Raises OSError, EOFError; ValueError where url or answer make no sense."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    socket = next(iter(query.get("host", ())), "")
    port = parts.port or int(next(iter(query.get("port", ())), "5432"))
    if socket.startswith("/"):
        where = f"{socket}/.s.PGSQL.{port}"
        reader, writer = await asyncio.open_unix_connection(where)
    else:
        where = f"{parts.hostname or '127.0.0.1'}:{port}"
        reader, writer = await asyncio.open_connection(parts.hostname or "127.0.0.1", port)
    try:
        user = unquote(parts.username or "") or "postgres"
        writer.write(_startup(user, unquote(parts.path.lstrip("/")) or user))
        await writer.drain()
        kind, length = struct.unpack("!cI", await reader.readexactly(5))
        if not 4 <= length <= _LARGEST:
            raise ValueError("not PostgreSQL's protocol")
        return _said(kind, await reader.readexactly(length - 4), where)
    finally:
        writer.transport.abort()


def _startup(user: str, database: str) -> bytes:
    words = ("user", user, "database", database, "application_name", "prodtui", _PARAMETER, "1")
    body = struct.pack("!I", _PROTOCOL_3) + b"".join(word.encode() + b"\0" for word in words) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def _said(kind: bytes, body: bytes, where: str) -> Said:
    if kind == b"R" and len(body) >= 4:
        method = struct.unpack_from("!I", body)[0]
        if method in _METHODS:
            return Said("postgresql", f"PostgreSQL asks for {_METHODS[method]} at {where}")
    if kind == b"E":
        fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
        message = fields.get(b"M", "")
        if b"R" in fields and b"C" in fields:
            return Said("postgresql", f"PostgreSQL answered ({message}) at {where}")
        if fields.get(b"C") == "08P01" and _PARAMETER in message:
            return Said("pgbouncer", f"PgBouncer answered at {where}")
    return Said(None)
