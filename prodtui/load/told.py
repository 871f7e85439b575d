"""What k6 tells while it runs: its counters, asked for once a second over its REST API.

Its trends can be asked too, but for their quantiles k6 sorts all values of the run under the lock that its users wait
for, and its other outputs cost 6 µs a request and more (measured; a request costs it some 90). So the script counts a
random part of its requests by how long they took (`scenario.BOUNDS_MS`), which tells every quantile of a second.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from prodtui.load.measured import Numbers
from prodtui.model.load import Tick

_log = logging.getLogger(__name__)
EVERY_S = 1.0
AGAIN_S = 0.1
LONGEST_ANSWER = 256 * 1024
REQUESTS, FAILED, USERS, LENGTH = "http_reqs", "http_req_failed", "vus", "http_req_duration"
TOOK = "took_"
"""Begins the counters of requests by how long they took."""
Samples = Mapping[str, Mapping[str, float]]
"""What each metric is now, by its name; one that has no sample yet is left out."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The counters at one time."""

    at: float
    requests: int = 0
    failed: float = 0.0
    users: int | None = None
    took: tuple[float, ...] = ()
    """Requests by how long they took; the last ones took longer than every bound. A part of all."""
    so_far: Mapping[str, float] = {}
    """Of a script that does not count them: k6's own statistics of the whole run, in ms."""


def counted(samples: Samples, at: float, bounds: int) -> Counted:
    """The counters of an answer."""
    requests = samples.get(REQUESTS, {}).get("count", 0.0)
    users = samples.get(USERS, {}).get("value")
    return Counted(
        at=at,
        requests=int(requests),
        failed=samples.get(FAILED, {}).get("rate", 0.0) * requests,
        # Of a rate k6 counts those that are at work in that instant: mostly none, which says nothing of the load.
        users=int(users) if users else None,
        took=tuple(samples.get(f"{TOOK}{n}", {}).get("count", 0.0) for n in range(bounds + 1)) if bounds else (),
        so_far=samples.get(LENGTH, {}),
    )


def tick(before: Counted, now: Counted, began: float, bounds_ms: Sequence[float]) -> Tick:
    """What happened between two looks."""
    requests, took = now.requests - before.requests, _difference(now.took, before.took)

    def slow(share: float) -> float | None:
        return quantile(took, bounds_ms, share) if bounds_ms else _so_far(now, share)

    return Tick(
        at=now.at,
        elapsed_s=now.at - began,
        users=now.users,
        requests=now.requests,
        rate_per_s=requests / (now.at - before.at) if now.at > before.at else None,
        p50_s=slow(0.5),
        p95_s=slow(0.95),
        p99_s=slow(0.99),
        error_ratio=min(1.0, max(0.0, (now.failed - before.failed) / requests)) if requests > 0 else None,
    )


def numbers(now: Counted, began: float, bounds_ms: Sequence[float]) -> Numbers:
    """All so far. The average is known at the end."""

    def slow(share: float) -> float | None:
        return quantile(now.took, bounds_ms, share) if bounds_ms else _so_far(now, share)

    elapsed_s = now.at - began
    return Numbers(
        requests=now.requests,
        duration_s=elapsed_s,
        p50_s=slow(0.5),
        p95_s=slow(0.95),
        p99_s=slow(0.99),
        error_ratio=now.failed / now.requests if now.requests else None,
        rate_per_s=now.requests / elapsed_s if now.requests and elapsed_s > 0 else None,
    )


def quantile(took: Sequence[float], bounds_ms: Sequence[float], share: float) -> float | None:
    """Seconds within which a share of the requests was answered, within a bucket by its logarithm."""
    total = sum(took)
    if total <= 0:
        return None
    wanted, below = share * total, 0.0
    for place, many in enumerate(took):
        if below + many >= wanted and many > 0:
            upper = bounds_ms[min(place, len(bounds_ms) - 1)]
            lower = bounds_ms[place - 1] if place else upper / 2
            if place == len(bounds_ms):
                return upper / 1000  # at least
            return math.exp(math.log(lower) + math.log(upper / lower) * (wanted - below) / many) / 1000
        below += many
    return bounds_ms[-1] / 1000


def _difference(now: Sequence[float], before: Sequence[float]) -> tuple[float, ...]:
    return tuple(n - b for n, b in zip(now, before or [0.0] * len(now), strict=True))


def _so_far(now: Counted, share: float) -> float | None:
    """k6 itself tells the median and the 95th percentile, of the whole run."""
    value = now.so_far.get({0.5: "med", 0.95: "p(95)"}.get(share, ""))
    return None if value is None else value / 1000


async def follow(
    port: int, tell: Callable[[Tick, Numbers], None], bounds_ms: Sequence[float], every_s: float = EVERY_S
) -> None:
    """Tells each second of the engine on this port of this host, until it ends or says what nobody can read.

    The load goes on without: its result comes from elsewhere.
    """
    names = [REQUESTS, FAILED, USERS, *(f"{TOOK}{n}" for n in range(len(bounds_ms) + 1) if bounds_ms)]
    names += [] if bounds_ms else [LENGTH]
    reader, writer = await _connected(port)
    before, began = Counted(at=time.time()), time.time()
    try:
        while True:
            asked = time.monotonic()
            samples = await _asked(reader, writer, names)
            now = counted(samples, time.time(), len(bounds_ms))
            if not before.requests:
                began = before.at  # nothing was sent until then
            if now.requests:
                tell(tick(before, now, began, bounds_ms), numbers(now, began, bounds_ms))
            before = now
            # What takes k6 long to tell is asked for less often: a hundredth of its time at most.
            spent = time.monotonic() - asked
            await asyncio.sleep(max(every_s - spent, 100 * spent if not bounds_ms else 0.0))
    except (OSError, EOFError):
        return  # it ended
    except (ValueError, asyncio.LimitOverrunError) as error:
        _log.warning("k6 says what can't be read: %s", error)
    finally:
        writer.close()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, names: Sequence[str]) -> Samples:
    """Every metric's sample: all asked for at once, answered one after the other. Raises ValueError, OSError."""
    writer.write(b"".join(f"GET /v1/metrics/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for name in names))
    await writer.drain()
    found = {}
    for name in names:
        status, body = await _answer(reader)
        if status == 200:
            found[name] = _sample(body)
    return found


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    length = next((line.partition(":")[2] for line in head if line.startswith("content-length:")), None)
    if not head[0].startswith("http/1.1 ") or length is None or not 0 <= int(length) <= LONGEST_ANSWER:
        raise ValueError(f"no answer of k6: {head[0][:80]!r}")
    return int(head[0].split()[1]), await reader.readexactly(int(length))


def _sample(body: bytes) -> Mapping[str, float]:
    try:
        sample: dict[str, Any] = msgspec.json.decode(body)["data"]["attributes"]["sample"]
        return {name: float(value) for name, value in sample.items()}
    except (msgspec.MsgspecError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no metric of k6: {error!r}") from error


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """It takes connections a while after it was started."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(AGAIN_S)
