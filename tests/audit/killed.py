"""A program that appends to a trail and is killed at a random moment, again and again; each time the trail is verified.

    python -m tests.audit.killed STORE HEADS TIMES SEED

It prints a line for each time: how many entries the trail has, how many of these the heads prove, the number of the
newest that an append told of before its process was killed, and what is broken.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from prodtui.audit.chain import Checked
from prodtui.audit.heads import Heads
from tests.audit.trails import deed, trail_at

LONGEST_S = 0.03


async def _appending(store: str, heads: Heads, told: int) -> None:
    """Appends until it is killed, and tells the number of each entry that it was told is kept."""
    trail = trail_at(store, heads)
    while True:
        written = await trail.append(deed(), deed())
        os.write(told, b"%d\n" % written.entries[-1].number)


def _killed(store: str, heads: Heads, after_s: float) -> int:
    """Two processes that append, killed so long after one told of an entry; the newest that either told of."""
    reading, writing = os.pipe()
    children = []
    for _ in range(2):
        child = os.fork()  # a start of the interpreter would take longer than all the rest
        if child == 0:
            os.close(reading)
            asyncio.run(_appending(store, heads, writing))
        children.append(child)
    os.close(writing)
    told = os.read(reading, 1_000)
    time.sleep(after_s)
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as rest:
        return max(map(int, (told + rest.read()).split()))


def main() -> None:
    store, heads = sys.argv[1], Heads(Path(sys.argv[2]))
    chance = random.Random(int(sys.argv[4]))  # noqa: S311 — when to kill
    for _ in range(int(sys.argv[3])):
        newest = _killed(store, heads, chance.uniform(0, LONGEST_S))
        found = asyncio.run(_verified(store, heads))
        print(found.entries, found.proven, newest, found.broken or "whole", flush=True)  # noqa: T201


async def _verified(store: str, heads: Heads) -> Checked:
    trail = trail_at(store, heads)
    try:
        return await trail.verified(heads.all())
    finally:
        await trail.close()


if __name__ == "__main__":
    main()
