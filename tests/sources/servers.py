"""Real servers that a test starts for itself, on free ports, and ends."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import httpx

from prodtui.lab.programs import find


@cache
def program(name: str) -> str:
    """Path of a real server's program, fetched if need be."""
    return find("etcd", print)[1][name]


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens now, each once."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@asynccontextmanager
async def running(
    *command: str, answers: str, log: Path, within_s: float = 15.0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program, once `answers` (a URL) does with 200; killed at the end."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out)
    try:
        async with httpx.AsyncClient(trust_env=False) as client:

            async def answered() -> bool:
                assert process.returncode is None, f"{command[0]} ended, see {log}"
                try:
                    return (await client.get(answers)).status_code == 200
                except httpx.HTTPError:
                    return False

            await until(answered, within_s=within_s)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until(condition: Callable[[], Awaitable[bool]], *, within_s: float = 10.0, every_s: float = 0.05) -> None:
    """Waits until the condition holds; fails when it does not in time."""
    end = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < end, f"{getattr(condition, '__name__', condition)} not within {within_s} s"
        await asyncio.sleep(every_s)
