"""The recorded incident that the screens are drawn from: `make recording` records it anew, on a lab of its own.

The lab is watched as `prodtui watch` does it. It is well, its pool is exhausted, it is well again, payments gets a new
version and the instance that has it dies, it is well again. In tests/data are then the journal, and when what was done.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from prodtui.cli.gate import policy_of
from prodtui.journal.places import file_of, journal_at
from prodtui.lab import faults, service_settings, stack
from prodtui.lab.health import wait_until_well
from prodtui.lab.processes import end, launch
from prodtui.lab.state import Lab, load
from prodtui.model.assessment import Verdict
from prodtui.model.moment import Moment
from prodtui.readiness.standard import Standard
from prodtui.settings.load import load as settings_in
from prodtui.watch import Following, Watch, opened, read_once
from tests.journal.plain import plain

HERE = Path(__file__).parent / "data"
JOURNAL = HERE / "incident.journal"
MOST_BYTES = 700_000
HEALTHY_S, EXHAUSTED_S, BETWEEN_S, RELEASED_S, KILLED_S = 40, 45, 30, 12, 30
WELL_WITHIN_S = 120.0
RELEASED, VERSION = "payments-2", "1.5.0"
_TIMES = HERE / "incident.json"


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When what was done to the lab, Unix seconds."""

    began: float
    exhausted: float
    freed: float
    released: float
    killed: float
    restarted: float
    ended: float


def times() -> Times:
    """When what was done in the recording that is kept."""
    return msgspec.json.decode(_TIMES.read_bytes(), type=Times)


class Looking:
    """Somebody who looks at a watch's moments, without whom it makes none."""

    def __init__(self, watch: Watch | Following) -> None:
        self._watch = watch
        self._well = asyncio.Event()

    async def look(self) -> None:
        """Until it is cancelled."""
        async for moment in self._watch.moments():
            if _well(moment):
                self._well.set()
            else:
                self._well.clear()

    async def until_well(self) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(WELL_WITHIN_S):
            await self._well.wait()


def _well(moment: Moment) -> bool:
    return moment.assessment.verdict in (Verdict.READY, Verdict.WARN) and not moment.first


async def _recorded(lab: Lab, folder: Path) -> Times:
    """Breaks and mends the lab while it is watched; the journal is in the folder then."""
    environment = settings_in(lab.config_path, {}).environment()
    standard = Standard(policy=policy_of(environment, None))
    async with asyncio.timeout(WELL_WITHIN_S):
        while not _well(await read_once(environment, standard, readings=2)):  # its first window is measured
            pass
    journal = journal_at(str(folder), environment.name)
    began = time.time()
    async with await opened(environment, standard, journal) as watch, asyncio.TaskGroup() as tasks:
        looking = Looking(watch)
        look = tasks.create_task(looking.look())
        await asyncio.sleep(HEALTHY_S)
        exhausted = await _done("pool-exhausted", lambda: faults.inject(lab, "pool-exhausted"))
        await asyncio.sleep(EXHAUSTED_S)
        freed = await _done("healed", lambda: faults.heal(lab, "pool-exhausted"))
        await looking.until_well()
        await asyncio.sleep(BETWEEN_S)
        released = await _done(f"{RELEASED} gets {VERSION}", lambda: _release(lab))
        await asyncio.sleep(RELEASED_S)
        killed = await _done("instance-killed", lambda: faults.inject(lab, "instance-killed"))
        await asyncio.sleep(KILLED_S)
        restarted = await _done("healed", lambda: faults.heal(lab, "instance-killed"))
        await looking.until_well()
        await asyncio.sleep(RELEASED_S)
        look.cancel()
    await journal.close()
    return Times(
        began=began,
        exhausted=exhausted,
        freed=freed,
        released=released,
        killed=killed,
        restarted=restarted,
        ended=time.time(),
    )


async def _done(what: str, act: Callable[[], object]) -> float:
    """Does it and says so; returns when it began."""
    at = time.time()
    _say(what)
    await asyncio.to_thread(act)
    return at


def _release(lab: Lab) -> None:
    """One instance with another version, as a rolling release begins: the old one ends in its own way."""
    state = load(lab.directory)
    if state is None:
        raise LookupError(f"no lab runs in {lab.directory}")
    process = state.process(RELEASED)
    file = Path(process.argv[-1])
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(service_settings.read(file), version=VERSION)))
    end([process])
    launch(lab.directory, msgspec.structs.replace(process, version=VERSION))
    wait_until_well(lab, alerts=False)


def _secrets(lab: Lab) -> list[bytes]:
    return [file.read_bytes().strip() for file in (lab.directory / "secrets").iterdir()]


def _whole(file: Path, secrets: list[bytes]) -> bytes:
    """The journal as one file that is read where nothing may be written. Raises ValueError where it can't be kept."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("pragma journal_mode = delete")
        database.execute("vacuum")
    if any(secret in plain(file) for secret in secrets):
        raise ValueError("a secret of the lab is in the journal: it is not kept")
    kept = file.read_bytes()
    if len(kept) > MOST_BYTES:
        raise ValueError(f"the journal has {len(kept)} bytes: {MOST_BYTES} may be kept")
    return kept


@contextmanager
def _lab() -> Iterator[Lab]:
    place = Path(tempfile.mkdtemp(prefix="prodtui-"))
    if os.geteuid() == 0:
        place.chmod(0o711)  # PostgreSQL runs as another user
    try:
        yield stack.up(place / "lab", say=_say)
    finally:
        stack.down(place / "lab", say=_say)
        shutil.rmtree(place)


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def main() -> int:
    """Records, and keeps both files."""
    with tempfile.TemporaryDirectory(prefix="prodtui-") as folder, _lab() as lab:
        when = asyncio.run(_recorded(lab, Path(folder)))
        kept = _whole(file_of(folder, "lab"), _secrets(lab))
    HERE.mkdir(exist_ok=True)
    JOURNAL.write_bytes(kept)
    _TIMES.write_bytes(msgspec.json.format(msgspec.json.encode(when)) + b"\n")
    _say(f"{JOURNAL.name}: {len(kept)} bytes of {when.ended - when.began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
