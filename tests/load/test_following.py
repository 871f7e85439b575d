"""An engine's events over a real connection: whole, in pieces, senseless, cut off."""

from __future__ import annotations

import asyncio
import json

from prodtui.load.measured import Numbers
from prodtui.load.told import follow
from prodtui.model.load import Tick
from tests.load.test_told import BEGAN, FIRST, PARAM
from tests.sources.lying import Connection, lying


def event(name: str, value: object) -> bytes:
    return f"id: 1\nevent: {name}\ndata: {json.dumps(value)}\n\n".encode()


BEGUN = [
    event("param", PARAM),
    event("metric", {"time": {"type": "gauge"}}),
    event("start", [[BEGAN]]),
    event("metric", FIRST),
]


def second(number: int) -> list[bytes]:
    values = [[100.0 * number, 100.0], [BEGAN + 1_000 * number], [5.0]]
    return [event("cumulative", values), event("snapshot", values)]


async def heard(*said: bytes, closes: bool = True) -> list[Tick]:
    """What is told of what a server says."""
    ticks: list[Tick] = []

    async def speaks(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for part in said:
            await connection.send(part)
            await asyncio.sleep(0)
        if not closes:
            await connection.reader.read()  # until whoever listens goes

    def tell(tick: Tick, _: Numbers) -> None:
        ticks.append(tick)

    async with lying(speaks) as server:
        async with asyncio.timeout(10):
            await follow(server.port, tell)
    return ticks


async def test_seconds_are_told_as_they_come() -> None:
    ticks = await heard(*BEGUN, *second(1), *second(2))
    assert [(tick.requests, tick.elapsed_s, tick.users) for tick in ticks] == [(100, 1.0, 5), (200, 2.0, 5)]


async def test_at_its_stop_nobody_listens_any_more() -> None:
    assert len(await heard(*BEGUN, *second(1), event("stop", [[BEGAN]]), closes=False)) == 1


async def test_pieces_make_a_whole() -> None:
    whole = b"".join([*BEGUN, *second(1)])
    assert len(await heard(*(whole[at : at + 7] for at in range(0, len(whole), 7)))) == 1


async def test_what_makes_no_sense_ends_the_telling_and_nothing_else() -> None:
    assert len(await heard(*BEGUN, *second(1), event("snapshot", [[1.0]]), *second(2))) == 1
    assert await heard(b"\xff\x00garbage\n\n", b"event: snapshot\ndata: {\n\n") == []
    assert len(await heard(*BEGUN, *second(1), b"data: " + b"x" * 2_000_000 + b"\n\n")) == 1
