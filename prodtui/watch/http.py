"""A small HTTP server for what a watch tells of itself: GET only, bounded in every way, on one address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from prodtui.model.errors import UsageError

LARGEST_REQUEST_BYTES = 8_192
MOST_CONNECTIONS = 32
DEADLINE_S = 5.0
"""For a request to arrive and its answer to be taken."""
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Reply(NamedTuple):
    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


_FULL = Reply(503, "too many connections\n")
Answer = Callable[[str], Reply | None]
"""From a path to its reply; None: there is no such page."""


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
async def serving(where: Address, answer: Answer) -> AsyncIterator[Address]:
    """Serves while it is entered; yields where, with the port that was found. Raises UsageError where it can't."""
    serving_now: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(serving_now) >= MOST_CONNECTIONS:
            writer.write(_bytes(_FULL))
            writer.close()
            return
        task = asyncio.create_task(_serve(reader, writer, answer))
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


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """One request and its reply, within the deadline."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            writer.write(await _replied(reader, answer))
            await writer.drain()
    except (OSError, TimeoutError):
        writer.transport.abort()  # whoever asked is slow or gone
    finally:
        writer.close()


async def _replied(reader: asyncio.StreamReader, answer: Answer) -> bytes:
    """The bytes of the reply to one request; the connection is closed after it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return _bytes(Reply(431, f"a request has at most {LARGEST_REQUEST_BYTES} bytes\n"))
    except asyncio.IncompleteReadError:
        return b""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _bytes(Reply(400, "this speaks HTTP/1.1\n"))
    method, target, _ = words
    if method not in ("GET", "HEAD"):
        return _bytes(Reply(405, "only GET\n"))
    reply = answer(target.partition("?")[0]) or Reply(404, "there is /healthz and /metrics\n")
    return _bytes(reply, body=method == "GET")


def _bytes(reply: Reply, *, body: bool = True) -> bytes:
    content = reply.body.encode()
    head = [
        f"HTTP/1.1 {reply.status} {_REASONS[reply.status]}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(content)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *(["Allow: GET, HEAD"] if reply.status == 405 else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + (content if body else b"")
