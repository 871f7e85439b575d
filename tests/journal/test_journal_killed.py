"""A process that is killed at any time costs a second at most; two that write at once mix nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.journal.keeping import (
    kept,
    mark,
    newest_in,
    output,
    reading,
    sqlite_journal,
    times,
)
from tests.journal.programs import KEEP


async def writes_in(directory: Path, since: float) -> None:
    """Returns once somebody keeps what is read since a time."""
    ends = time.monotonic() + 30
    while True:
        newest = await newest_in(directory) if (directory / "test.journal").exists() else None
        if newest is not None and newest.mark.at > since:
            return
        assert time.monotonic() < ends, "waited in vain"
        await asyncio.sleep(0.2)


@pytest.mark.timeout(120)
async def test_sigkill_at_any_time_costs_about_a_second_and_the_file_opens_clean(open_place: Path) -> None:
    """Twenty times: four files, each killed five times while it is written."""
    await asyncio.gather(*(_killed_again_and_again(open_place / f"{number}", number) for number in range(4)))


async def _killed_again_and_again(directory: Path, number: int) -> None:
    kept_before = 0
    for turn in range(5):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KEEP + "asyncio.run(keep(sys.argv[1], 60))", str(directory)
        )
        file = directory / "test.journal"
        begun = time.time()
        await writes_in(directory, begun)
        # Twenty different parts of the second in which a batch is written.
        await asyncio.sleep(0.5 + (turn * 4 + number) / 20)
        killed = time.time()
        writer.kill()
        await writer.wait()
        found = sqlite3.connect(file)
        assert found.execute("pragma integrity_check").fetchall() == [("ok",)]
        numbers = [each for (each,) in found.execute("select number from prodtui_journal order by number")]
        found.close()
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > kept_before
        kept_before = len(numbers)
        # The batch's second, and what a busy machine is late by.
        assert killed - times(await newest_in(directory))[-1] < 1.0 + 1.0


async def test_of_two_processes_one_writes_and_the_other_takes_over_when_it_is_killed(open_place: Path) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEP + "asyncio.run(keep(sys.argv[1], 60))", str(open_place)
    )
    journal = sqlite_journal(open_place)
    await writes_in(open_place, 0.0)
    assert not await journal.try_lease()
    writer.kill()
    await writer.wait()
    assert await journal.try_lease()
    await kept(journal, mark(time.time()), reading(time.time() + 1, output="ours"))
    assert output(await journal.newest()) == "ours"
    await journal.close()


async def test_two_processes_that_write_at_once_mix_nothing(open_place: Path) -> None:
    program = KEEP + "asyncio.run(keep(sys.argv[1], 4))"
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(open_place), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [(await each.communicate()) for each in writers]
    assert [each.returncode for each in writers] == [0, 0], said
    assert sum(b"another prodtui keeps it" in out for out, _ in said) == 1
    told = times(await newest_in(open_place))
    assert told == sorted(told)
