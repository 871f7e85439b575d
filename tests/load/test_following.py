"""An engine's answers over a real connection: whole, in pieces, senseless, cut off."""

from __future__ import annotations

import asyncio
import json

import pytest

from prodtui.load.measured import Numbers
from prodtui.load.told import follow
from prodtui.model.load import Tick
from tests.sources.lying import Connection, lying

BOUNDS = (10.0, 20.0)


def answer(**sample: float) -> bytes:
    body = json.dumps({"data": {"type": "metrics", "id": "x", "attributes": {"type": "counter", "sample": sample}}})
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"


def look(requests: int) -> bytes:
    """Answers to all that is asked: requests, failed, users, and what took how long."""
    return answer(count=requests) + answer(rate=0.0) + answer(value=5) + MISSING + answer(count=requests) + MISSING


async def heard(*said: bytes, pieces: int = 100_000) -> list[Tick]:
    """What is told of what a server answers, look by look, before it closes."""
    ticks: list[Tick] = []

    async def speaks(connection: Connection) -> None:
        for part in said:
            for _ in range(6):
                await connection.request()
            for start in range(0, len(part), pieces):
                await connection.send(part[start : start + pieces])
                await asyncio.sleep(0)

    def tell(tick: Tick, _: Numbers) -> None:
        ticks.append(tick)

    async with lying(speaks) as server:
        async with asyncio.timeout(10):
            await follow(server.port, tell, BOUNDS, every_s=0.02)
    return ticks


async def test_seconds_are_told_as_they_come() -> None:
    ticks = await heard(look(100), look(250))
    assert [(tick.requests, tick.users) for tick in ticks] == [(100, 5), (250, 5)]
    assert ticks[1].p50_s is not None
    assert 0.01 < ticks[1].p50_s < 0.02


async def test_pieces_make_a_whole() -> None:
    assert len(await heard(look(100), pieces=7)) == 1


async def test_nothing_is_told_before_anything_was_sent() -> None:
    assert await heard(MISSING * 6, answer(count=0) + MISSING * 5) == []


@pytest.mark.parametrize(
    "senseless",
    [
        b"\xff\x00garbage\r\n\r\n" * 6,
        b"HTTP/1.1 200 OK\r\n\r\n" * 6,
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]" * 6,
        b"x" * 200_000,
    ],
)
async def test_what_makes_no_sense_ends_the_telling_and_nothing_else(senseless: bytes) -> None:
    assert len(await heard(look(100), senseless, look(200))) == 1
