"""A small HTTP server for what a watch tells: GET, POST where a page takes it; bounded in every way, on one address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from prodtui.model.errors import UsageError

LARGEST_REQUEST_BYTES = 8_192
LARGEST_BODY_BYTES = 16_384
MOST_FIELDS = 16
"""Of a query."""
MOST_CONNECTIONS = 32
DEADLINE_S = 5.0
"""For a request to arrive and its answer to be taken."""
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Reply(NamedTuple):
    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


class Request(NamedTuple):
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    """Of a POST."""


_FULL = Reply(503, "too many connections\n")
Answer = Callable[[Request], Reply | None]
"""From a request to its reply; None: there is no such page."""
Posted = Callable[[str], bool]
"""Whether a page takes a POST."""


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(written: str) -> Address:
    """`127.0.0.1:9707`, `:9707` (loopback), `[::1]:9707`; port 0 is any that is free. Raises UsageError."""
    host, colon, port = written.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise UsageError(f'--listen "{written}" is no address; write HOST:PORT, as 127.0.0.1:9707 or [::1]:9707')
    return Address(host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port))


@asynccontextmanager
async def serving(
    where: Address, answer: Answer, posted: Posted = lambda _: False, *, deadline_s: float = DEADLINE_S
) -> AsyncIterator[Address]:
    """Serves while it is entered; yields where, with the port that was found. Raises UsageError where it can't.

    `deadline_s`: whoever has not said what it wants, or not taken the answer, by then is let go.
    """
    serving_now: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(serving_now) >= MOST_CONNECTIONS:
            writer.write(_bytes(_FULL))
            writer.close()
            return
        task = asyncio.create_task(_serve(reader, writer, answer, posted, deadline_s))
        serving_now.add(task)
        task.add_done_callback(serving_now.discard)

    try:
        server = await asyncio.start_server(connected, where.host, where.port, limit=LARGEST_REQUEST_BYTES)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--listen {where} can't be used: {error}; give another address") from error
    try:
        yield Address(where.host, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        ending = tuple(serving_now)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, posted: Posted, deadline_s: float
) -> None:
    """One request and its reply, within the deadline."""
    try:
        async with asyncio.timeout(deadline_s):
            writer.write(await _replied(reader, answer, posted))
            await writer.drain()
    except (OSError, TimeoutError):
        writer.transport.abort()  # whoever asked is slow or gone
    finally:
        writer.close()


async def _replied(reader: asyncio.StreamReader, answer: Answer, posted: Posted) -> bytes:
    """The bytes of the reply to one request; the connection is closed after it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return _bytes(Reply(431, f"a request has at most {LARGEST_REQUEST_BYTES} bytes\n"))
    except asyncio.IncompleteReadError:
        return b""
    first, *fields = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _bytes(Reply(400, "this speaks HTTP/1.1\n"))
    method, target, _ = words
    path, _, asked = target.partition("?")
    path = unquote(path)
    allowed = ("GET", "HEAD", "POST") if posted(path) else ("GET", "HEAD")
    if method not in allowed:
        return _bytes(Reply(405, f"only {', '.join(allowed)}\n"), allowed=allowed)
    try:
        query = parse_qsl(asked, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        body = await _body(reader, fields) if method == "POST" else b""
    except ValueError:
        return _bytes(Reply(400, f"a query has at most {MOST_FIELDS} fields\n"))
    except asyncio.IncompleteReadError:
        return b""
    if isinstance(body, Reply):
        return _bytes(body)
    reply = answer(Request(path, query, body)) or Reply(404, "there is /healthz, /metrics and /check\n")
    return _bytes(reply, body=method != "HEAD")


async def _body(reader: asyncio.StreamReader, fields: Sequence[str]) -> bytes | Reply:
    """The body of a POST, or why it is not taken. Raises IncompleteReadError where whoever asks is gone."""
    named = [field.partition(":") for field in fields]
    said = {name.strip().lower(): value.strip() for name, _, value in named}
    lengths = {value.strip() for name, _, value in named if name.strip().lower() == "content-length"}
    if "transfer-encoding" in said or not lengths:
        return Reply(411, "a body comes with its Content-Length\n")
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()):
        return Reply(400, "Content-Length is one number\n")
    if len(length) > 9 or int(length) > LARGEST_BODY_BYTES:
        return Reply(413, f"a body has at most {LARGEST_BODY_BYTES} bytes\n")
    return await reader.readexactly(int(length))


def _bytes(reply: Reply, *, body: bool = True, allowed: Sequence[str] = ()) -> bytes:
    content = reply.body.encode()
    head = [
        f"HTTP/1.1 {reply.status} {_REASONS[reply.status]}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(content)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *([f"Allow: {', '.join(allowed)}"] if allowed else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + (content if body else b"")
