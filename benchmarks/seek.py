"""Going back to any moment of six hours of the lab: what was read for a minute, kept over and over with later times."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.lab import lab_in_use
from benchmarks.table import OURS, Figure, Report
from prodtui.journal.journal import Stretch
from prodtui.journal.kept import KeptJournal
from prodtui.journal.memory import MemoryJournal
from prodtui.journal.places import journal_at, journal_in
from prodtui.lab.state import Lab
from prodtui.model.mark import Looked, Mark, Told
from prodtui.model.reading import Reading
from prodtui.readiness.standard import PLAIN
from prodtui.settings.load import load
from prodtui.watch import Watch, moment_at

BAR_MS = 300
HOURS = 6
RECORDED_S = 60.0
SEEKS = 40
PEER = "every reading up to then from SQLite by json.loads"


def measure() -> Report:
    """Seeks as the dashboard does, from an open journal, and the first time, from the file alone."""
    with lab_in_use() as lab:
        print(f"reading the lab for {RECORDED_S:g} s …", file=sys.stderr, flush=True)
        recorded = asyncio.run(_recorded(lab))
    with tempfile.TemporaryDirectory(prefix="prodtui-seek-") as directory:
        return asyncio.run(_measured(recorded, Path(directory)))


async def _recorded(lab: Lab) -> Stretch:
    """One mark and what followed on it for a minute, of the healthy lab."""
    journal = MemoryJournal()
    async with Watch(load(lab.config_path, {}).environment(), journal=journal) as watch:
        begun = None
        async for moment in watch.moments():
            # The mark at which everything was known is the first after all sources answered.
            if all(state.read_at for state in moment.snapshot.sources.values()):
                begun = begun or moment.now
                if moment.now - begun > 2 * RECORDED_S:
                    break
    stretch = await journal.newest()
    earlier = await journal.before(stretch.mark.at - 0.001) if stretch else None
    assert earlier is not None
    return earlier


async def _measured(recorded: Stretch, directory: Path) -> Report:
    times = await _write(recorded, directory)
    chosen = [times[0], times[-1], *random.Random(1).sample(times, SEEKS - 2)]  # noqa: S311
    file = directory / "lab.journal"
    plain = sqlite3.connect(directory / "plain.db")
    ours: list[float] = []
    anew: list[float] = []
    peer: list[float] = []
    journal = journal_at(str(directory), "lab")
    for at in chosen:
        began = time.perf_counter()
        moment = await moment_at(journal, None, PLAIN, at)
        ours.append((time.perf_counter() - began) * 1000)
        assert abs(moment.now - at) < 1e-6
        assert len(moment.views) > 1
    for at in chosen[: SEEKS // 4]:
        began = time.perf_counter()
        opened = await journal_in(file)
        await moment_at(opened, None, PLAIN, at)
        anew.append((time.perf_counter() - began) * 1000)
        await opened.close()
        began = time.perf_counter()
        for (body,) in plain.execute("select body from readings where at <= ? order by at", (at,)):
            json.loads(body)
        peer.append((time.perf_counter() - began) * 1000)
    await journal.close()
    plain.close()
    size = file.stat().st_size
    return Report(
        f"seek: {SEEKS} moments of a journal of {HOURS} hours, {len(times):,} entries, {size / 1e6:.1f} MB",
        [
            Figure("to a moment, judged", "ms", {OURS: ours, PEER: peer}, BAR_MS, digits=1),
            Figure("the same, the file opened for it", "ms", {OURS: anew, PEER: peer}, BAR_MS, digits=1),
        ],
        [
            f"a real minute of the healthy lab, kept {HOURS * 60} times with later times",
            f"at this pace {size / HOURS * 24 * 7 / 1e6:.0f} MB a week",
            f"slowest of ours {max(*ours, *anew):.0f} ms; the peer only reads, it tells no moment",
        ],
    )


async def _write(recorded: Stretch, directory: Path) -> list[float]:
    """Six hours of it, up to now, in our journal and as plain JSON; when each entry was told."""
    began = time.time() - HOURS * 3600
    plain = sqlite3.connect(directory / "plain.db")
    plain.execute("create table readings (at real, body text)")
    journal = journal_at(str(directory), "lab")
    assert await journal.try_lease()
    times: list[float] = []
    for number in range(int(HOURS * 3600 / RECORDED_S)):
        by = began + number * RECORDED_S - recorded.mark.at
        journal.append(_mark_later(recorded.mark, by))
        second = 0.0
        told = [_later(each, by) for each in recorded.told]
        for each in told:
            # As a watch writes: a batch a second.
            if each.at - second >= 1.0:
                second = each.at
                await _flushed(journal)
            journal.append(each)
        await _flushed(journal)
        plain.executemany(
            "insert into readings values (?, ?)",
            [(each.at, msgspec.json.encode(each).decode()) for each in told if isinstance(each, Reading)],
        )
        times += [each.at for each in told]
    plain.execute("create index by_time on readings (at)")
    plain.commit()
    plain.close()
    await journal.close()
    return times


async def _flushed(journal: KeptJournal) -> None:
    # What `run` does each second: the benchmark has no six hours.
    await journal._writer.write()  # noqa: SLF001


def _later(told: Told, by: float) -> Told:
    if isinstance(told, Looked):
        return Looked(told.at + by)
    return msgspec.structs.replace(told, at=told.at + by, next_at=None if told.next_at is None else told.next_at + by)


def _mark_later(mark: Mark, by: float) -> Mark:
    def moved(at: float | None) -> float | None:
        return None if at is None else at + by

    sources = {
        name: msgspec.structs.replace(
            state, read_at=moved(state.read_at), tried_at=moved(state.tried_at), next_at=moved(state.next_at)
        )
        for name, state in mark.sources.items()
    }
    return msgspec.structs.replace(
        mark,
        at=mark.at + by,
        told_at=mark.told_at + by,
        sources=sources,
        trends={label: {b + int(by // 10): v for b, v in each.items()} for label, each in mark.trends.items()},
    )


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["seek"]))
