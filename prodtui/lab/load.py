"""The lab's customers: `python -m prodtui.lab.load --url URL --rate N`, an open loop of requests."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal

import aiohttp

_IN_FLIGHT = 64
_PATIENCE_S = 5.0


async def run(url: str, rate: float) -> None:
    """Send `rate` requests/s until SIGTERM, whatever the answers; what exceeds the bound in flight is not sent."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    in_flight: set[asyncio.Task[None]] = set()
    limit = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with aiohttp.ClientSession(timeout=limit) as http:
        due = loop.time()
        while not stop.is_set():
            if len(in_flight) < _IN_FLIGHT:
                task = asyncio.create_task(_visit(http, url))
                in_flight.add(task)
                task.add_done_callback(in_flight.discard)
            # People don't come in step; the mean stays. After a pause of the process what was due is not made up for.
            due = max(due + random.uniform(0.5, 1.5) / rate, loop.time() - 1)  # noqa: S311
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await stop.wait()
        for task in in_flight:
            task.cancel()


async def _visit(http: aiohttp.ClientSession, url: str) -> None:
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
        async with http.get(url) as answer:
            await answer.read()


def main() -> None:
    """Drive the given URL."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True, help="requests/s")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.url, arguments.rate))


if __name__ == "__main__":
    main()
