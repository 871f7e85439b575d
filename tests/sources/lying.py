"""Real TCP and HTTP servers that misbehave: what a source must survive. Each behaviour is a function of one connection.

async with lying(hangs) as server:
    ...  # server.url, server.port, server.connections
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Connection:
    """One accepted connection of a lying server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: LyingServer

    async def request(self) -> str:
        """Head of the next HTTP request, its body read and dropped."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        for line in head.lower().split("\r\n"):
            if line.startswith("content-length:"):
                await self.reader.readexactly(int(line.split(":")[1]))
        self.server.requests.append(head)
        return head

    async def send(self, content: bytes) -> None:
        """Sends, as fast as the peer takes it."""
        self.writer.write(content)
        await self.writer.drain()


Behaviour = Callable[[Connection], Awaitable[None]]


@dataclass
class LyingServer:
    """A server on a free loopback port."""

    port: int
    behaviour: Behaviour
    """May be changed while it runs; the next connection gets it."""
    requests: list[str] = field(default_factory=list)
    """Heads of the HTTP requests that it heard."""
    connections: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def lying(behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[LyingServer]:
    """The server, running; every connection is dropped at the end."""
    open_now: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        writers.append(writer)
        lying_server.connections += 1
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await lying_server.behaviour(Connection(reader, writer, lying_server))
        finally:
            open_now.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    lying_server = LyingServer(
        port=server.sockets[0].getsockname()[1], behaviour=behaviour, scheme="https" if tls else "http"
    )
    try:
        yield lying_server
    finally:
        server.close()
        for task in tuple(open_now):
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()  # what the peer never took would keep the socket open past the loop's end
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


def refused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def head(status: int, *headers: str) -> bytes:
    """An HTTP response's head."""
    lines = (f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *headers, "", "")
    return "\r\n".join(lines).encode()


async def hangs(connection: Connection) -> None:  # noqa: ARG001
    """Accepts, and never says a word."""
    await asyncio.Event().wait()


async def closes(connection: Connection) -> None:
    """Closes at once, unasked."""


async def resets(connection: Connection) -> None:
    """Resets the connection after the request."""
    await connection.reader.read(1)
    sock = connection.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


async def half_closes(connection: Connection) -> None:
    """Shuts its sending side after half of what it promised, and keeps reading."""
    await connection.request()
    await connection.send(head(200, "content-type: application/json", "content-length: 1000") + b'[{"half":')
    connection.writer.write_eof()
    await connection.reader.read()
    await asyncio.Event().wait()


async def drips(connection: Connection) -> None:
    """Sends one byte of an endless JSON answer ten times a second: no single read ever times out."""
    await connection.request()
    await connection.send(head(200, "content-type: application/json", "transfer-encoding: chunked") + b"1\r\n[\r\n")
    while True:
        await asyncio.sleep(0.1)
        await connection.send(b"1\r\n \r\n")


async def babbles(connection: Connection) -> None:
    """Speaks some other protocol."""
    await connection.reader.read(65536)
    await connection.send(b"220 mail.example ESMTP\r\n\r\n")


def answers(
    body: bytes | str | object, status: int = 200, content_type: str = "application/json", *headers: str
) -> Behaviour:
    """Answers every HTTP request with this body (anything but bytes and str as JSON)."""
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()

    async def behaviour(connection: Connection) -> None:
        while True:
            await connection.request()
            length = f"content-length: {len(content)}"
            await connection.send(head(status, f"content-type: {content_type}", length, *headers) + content)

    return behaviour


answers_html = answers(HTML, 200, "text/html")
truncated_json = answers(b'[{"Node": "lab", "CheckID": "serf', 200)
wrong_types = answers([{"Node": 1, "CheckID": None, "Status": ["passing"], "Name": {"a": 1}}])
empty = answers(b"")


def junk(megabytes: int = 10, fill: bytes = b"\x00\xffjunk") -> Behaviour:
    """Answers so much of `fill`, in chunks, with status 200 and the content type of JSON."""

    async def behaviour(connection: Connection) -> None:
        await connection.request()
        await connection.send(head(200, "content-type: application/json", "transfer-encoding: chunked"))
        chunk = (fill * (65536 // len(fill) + 1))[:65536]
        for _ in range(megabytes * 16):
            await connection.send(b"10000\r\n" + chunk + b"\r\n")
        await connection.send(b"0\r\n\r\n")

    return behaviour


def relays(port: int, *, swallows: bytes) -> Behaviour:
    """Passes everything on to a real server on that port, but for the answers to requests that contain `swallows`."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        while chunk := await reader.read(65536):
            if swallows in chunk:
                deaf.set()
            writer.write(chunk)
            await writer.drain()

    async def behaviour(connection: Connection) -> None:
        deaf = asyncio.Event()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = asyncio.create_task(pump(connection.reader, writer, deaf))
        try:
            while chunk := await reader.read(65536):
                if not deaf.is_set():
                    await connection.send(chunk)
        finally:
            sent.cancel()
            await asyncio.gather(sent, return_exceptions=True)
            writer.close()

    return behaviour
