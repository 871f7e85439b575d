"""What k6 tells while it runs: once a second, as server-sent events of its own dashboard (`--out web-dashboard`).

Every event's data is a list with one entry for each metric known so far, in the order of their names; an entry holds
its statistics in the order that the first event (`param`) gives for the metric's kind. Times are in milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import msgspec

from prodtui.load.measured import Numbers
from prodtui.model.load import Tick

_log = logging.getLogger(__name__)
AGAIN_S = 0.1
LONGEST_EVENT = 1024 * 1024
Statistics = Mapping[str, Mapping[str, float]]
"""By metric and statistic."""


class Telling:
    """Makes ticks of events. Pure: it keeps what earlier events said of later ones."""

    def __init__(self) -> None:
        self._orders: dict[str, list[str]] = {}
        self._kinds: dict[str, str] = {}
        self._began: float | None = None
        self._so_far: Statistics = {}

    def tell(self, event: str, data: bytes) -> tuple[Tick, Numbers] | None:
        """What a second's last event comes to: the second, and all so far. Raises ValueError for what k6 never says."""
        if event not in ("param", "metric", "start", "cumulative", "snapshot"):
            return None
        try:
            value = msgspec.json.decode(data)
            if event == "param":
                self._orders = value["aggregates"]
            elif event == "metric":
                self._kinds.update({name: metric["type"] for name, metric in value.items()})
            else:
                return self._told(event, self._named(value))
        except (msgspec.MsgspecError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"event {event} of k6 can't be read: {error!r}") from error
        return None

    def _told(self, event: str, found: Statistics) -> tuple[Tick, Numbers] | None:
        at = found["time"]["value"] / 1000
        if event == "start" or self._began is None:
            self._began = at
        if event == "cumulative":
            self._so_far = found
        if event != "snapshot":
            return None
        return tick(found, self._so_far, at, at - self._began), numbers(self._so_far, at - self._began)

    def _named(self, values: list[list[float]]) -> Statistics:
        names = sorted(self._kinds)
        if len(names) != len(values):
            raise LookupError(f"{len(values)} metrics, {len(names)} known")
        return {
            name: dict(zip(self._orders[self._kinds[name]], value, strict=False))
            for name, value in zip(names, values, strict=True)
        }


def tick(last: Statistics, so_far: Statistics, at: float, elapsed_s: float) -> Tick:
    """One second."""
    length = last.get("http_req_duration", {})
    users = (last.get("vus") or so_far.get("vus") or {}).get("value")
    return Tick(
        at=at,
        elapsed_s=elapsed_s,
        users=None if users is None else int(users),
        requests=int(so_far.get("http_reqs", {}).get("count", 0)),
        rate_per_s=last.get("http_reqs", {}).get("rate"),
        p50_s=_seconds(length.get("med")),
        p95_s=_seconds(length.get("p(95)")),
        p99_s=_seconds(length.get("p(99)")),
        error_ratio=last.get("http_req_failed", {}).get("rate"),
    )


def numbers(so_far: Statistics, elapsed_s: float) -> Numbers:
    """All so far."""
    length = so_far.get("http_req_duration", {})
    requests = int(so_far.get("http_reqs", {}).get("count", 0))
    return Numbers(
        requests=requests,
        duration_s=elapsed_s,
        avg_s=_seconds(length.get("avg")),
        p50_s=_seconds(length.get("med")),
        p95_s=_seconds(length.get("p(95)")),
        p99_s=_seconds(length.get("p(99)")),
        error_ratio=so_far.get("http_req_failed", {}).get("rate"),
        rate_per_s=requests / elapsed_s if elapsed_s > 0 else None,
    )


async def follow(port: int, tell: Callable[[Tick, Numbers], None]) -> None:
    """Tells each second of the engine on this port of this host, until it ends or says what nobody can read.

    The load goes on without: its result comes from elsewhere.
    """
    telling = Telling()
    # It waits at its end for whoever listens: they must be gone then.
    async with aclosing(events(port)) as heard:
        async for event, data in heard:
            if event == "stop":
                return
            try:
                told = telling.tell(event, data)
            except ValueError as error:
                _log.warning("%s", error)
                return
            if told is not None:
                tell(*told)


async def events(port: int) -> AsyncGenerator[tuple[str, bytes], None]:
    """Server-sent events as name and data; once connected, until the other end closes."""
    reader, writer = await _connected(port)
    try:
        # As HTTP/1.0 the answer is not in chunks.
        writer.write(b"GET /events HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        await writer.drain()
        name, data = "", b""
        while line := await reader.readline():
            field, _, value = line.rstrip(b"\r\n").partition(b": ")
            if field == b"event":
                name = value.decode("utf-8", "replace")
            elif field == b"data":
                data = value
            elif not field and name:
                yield name, data
                name, data = "", b""
    except (OSError, ValueError):
        return  # it ended, or says more than anybody can read
    finally:
        writer.close()


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """It takes connections a while after it was started."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_EVENT)
        except OSError:
            await asyncio.sleep(AGAIN_S)


def _seconds(milliseconds: Any) -> float | None:  # noqa: ANN401 — whatever k6 says
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None
