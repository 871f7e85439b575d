"""The server of a watch: real connections, some of which are slow, large, many or no HTTP at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from prodtui.model.errors import UsageError
from prodtui.watch import http
from prodtui.watch.http import Address, Reply, Request, address, serving

PAGES = {"/healthz": Reply(200, "well\n"), "/bad": Reply(503, "ill\n")}


def _page(request: Request) -> Reply | None:
    if request.path == "/echo":
        return Reply(200, repr((list(request.query), request.body)))
    return PAGES.get(request.path)


@pytest.fixture
async def served() -> AsyncIterator[Address]:
    async with serving(Address("127.0.0.1", 0), _page, lambda path: path == "/echo") as where:
        yield where


@pytest.fixture
async def hurried() -> AsyncIterator[Address]:
    """Lets go of whoever is slow after half a second."""
    async with serving(Address("127.0.0.1", 0), _page, lambda path: path == "/echo", deadline_s=0.5) as where:
        yield where


async def _said(where: Address, request: bytes) -> bytes:
    """All that is answered to these bytes."""
    reader, writer = await asyncio.open_connection(*where)
    writer.write(request)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b""  # refused while we were still speaking
    finally:
        writer.close()


async def test_a_page_is_answered_with_its_status(served: Address) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        well = await client.get(f"http://{served}/healthz?from=probe")
        assert (well.status_code, well.text) == (200, "well\n")
        assert (await client.get(f"http://{served}/bad")).status_code == 503
        assert (await client.get(f"http://{served}/../etc/passwd")).status_code == 404
        head = await client.head(f"http://{served}/healthz")
        assert (head.status_code, head.headers["content-length"], head.text) == (200, "5", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
async def test_nothing_but_get_is_allowed(served: Address, method: str) -> None:
    assert (await _said(served, f"{method} /healthz HTTP/1.1\r\n\r\n".encode())).startswith(b"HTTP/1.1 405 ")


def _post(body: bytes, *fields: str, path: str = "/echo") -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", *fields, "", ""]).encode() + body


async def test_a_page_that_takes_a_post_is_handed_its_body_and_its_query(served: Address) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        said = await client.post(f"http://{served}/echo?a=1&a=%20b", content=b"x" * http.LARGEST_BODY_BYTES)
        assert (said.status_code, eval(said.text)) == (  # noqa: S307 — what we wrote
            200,
            ([("a", "1"), ("a", " b")], b"x" * http.LARGEST_BODY_BYTES),
        )
        assert (await client.post(f"http://{served}/healthz", content=b"x")).status_code == 405
        assert (await client.put(f"http://{served}/echo", content=b"x")).headers["allow"] == "GET, HEAD, POST"


async def test_a_body_may_come_in_pieces(served: Address) -> None:
    reader, writer = await asyncio.open_connection(*served)
    for piece in (b"POST /echo HTTP/1.1\r\nContent-", b"Length: 6\r\n\r\nab", b"cdef"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        assert (await reader.read()).endswith(b"b'abcdef')")
    writer.close()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((), 411),
        (("Transfer-Encoding: chunked",), 411),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), 411),
        (("Content-Length: five",), 400),
        (("Content-Length: -1",), 400),
        (("Content-Length: ５",), 400),
        (("Content-Length: 5", "content-length: 6"), 400),
        ((f"Content-Length: {http.LARGEST_BODY_BYTES + 1}",), 413),
        (("Content-Length: " + "9" * 4_000,), 413),
    ],
)
async def test_a_body_of_no_certain_or_too_great_a_length_is_not_taken(
    served: Address, fields: tuple[str, ...], status: int
) -> None:
    assert (await _said(served, _post(b"", *fields))).startswith(f"HTTP/1.1 {status} ".encode())


async def test_a_body_that_never_comes_whole_is_let_go(hurried: Address) -> None:
    assert await _said(hurried, _post(b"half", "Content-Length: 8")) == b""
    assert (await _said(hurried, b"GET /healthz HTTP/1.1\r\n\r\n")).endswith(b"well\n")


async def test_a_query_of_too_many_fields_is_refused(served: Address) -> None:
    query = "&".join(f"a{n}=1" for n in range(http.MOST_FIELDS + 1))
    assert (await _said(served, f"GET /echo?{query} HTTP/1.1\r\n\r\n".encode())).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("request_", [b"\x16\x03\x01\x02\r\n\r\n", b"GET /healthz\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n"])
async def test_what_is_no_http_is_told_so(served: Address, request_: bytes) -> None:
    assert (await _said(served, request_)).startswith(b"HTTP/1.1 400 ")


async def test_a_request_without_end_is_cut_off(served: Address) -> None:
    endless = b"GET /healthz HTTP/1.1\r\n" + b"x: " + b"y" * 2 * http.LARGEST_REQUEST_BYTES
    assert (await _said(served, endless)).startswith(b"HTTP/1.1 431 ")


async def test_who_says_nothing_is_let_go_and_delays_nobody(hurried: Address) -> None:
    reader, writer = await asyncio.open_connection(*hurried)
    began = time.monotonic()
    assert (await _said(hurried, b"GET /healthz HTTP/1.1\r\n\r\n")).endswith(b"well\n")
    assert time.monotonic() - began < 0.4
    try:
        async with asyncio.timeout(5):
            assert await reader.read() == b""
    except ConnectionResetError:
        pass  # as abrupt, as good
    writer.close()


async def test_more_connections_than_there_is_room_for_are_refused_at_once(served: Address) -> None:
    held = [await asyncio.open_connection(*served) for _ in range(http.MOST_CONNECTIONS)]
    assert (await _said(served, b"")).startswith(b"HTTP/1.1 503 ")
    for _, writer in held:
        writer.close()
    async with asyncio.timeout(5):
        while b"well" not in await _said(served, b"GET /healthz HTTP/1.1\r\n\r\n"):
            pass  # asked again


async def test_leaving_it_lets_go_of_who_is_still_there() -> None:
    before = asyncio.all_tasks()
    async with serving(Address("127.0.0.1", 0), _page) as where:
        _, writer = await asyncio.open_connection(*where)
        await _said(where, b"GET /healthz HTTP/1.1\r\n\r\n")
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() if not task.done()} == before
    writer.close()
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection(*where)


async def test_an_address_that_is_taken_is_told(served: Address) -> None:
    with pytest.raises(UsageError, match="can't be used"):
        async with serving(served, _page):
            pass


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("127.0.0.1:9707", "127.0.0.1:9707"),
        (":0", "127.0.0.1:0"),
        ("[::1]:9707", "[::1]:9707"),
        ("0.0.0.0:80", "0.0.0.0:80"),
    ],
)
def test_an_address_is_read(written: str, found: str) -> None:
    assert str(address(written)) == found


@pytest.mark.parametrize("written", ["", "9707", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", ":-1"])
def test_what_is_no_address_is_told_with_one_that_is(written: str) -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9707"):
        address(written)
