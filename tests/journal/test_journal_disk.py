"""A disk where nothing can be written is a notice; what waits meanwhile is bounded, and nothing else stops."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from prodtui.journal.backlog import Backlog
from prodtui.journal.kept import KeptJournal
from prodtui.journal.sqlite_ground import SqliteGround
from tests.builders import NOW
from tests.journal.keeping import (
    kept,
    mark,
    newest_in,
    reading,
    running,
    sqlite_journal,
    times,
    until,
)
from tests.journal.programs import said_by


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[KeptJournal]:
    opened = sqlite_journal(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the journal of `test` is."""
    return tmp_path / "test.journal"


def test_a_directory_that_may_only_be_read_is_said(open_place: Path) -> None:
    said = said_by("if not os.geteuid(): os.seteuid(65534)\nasyncio.run(keep(sys.argv[1], 1.5))", open_place)
    assert "make its directory writable, or give another journal" in said
    assert list(open_place.iterdir()) == []


def test_a_file_where_nothing_may_be_written_is_read(open_place: Path) -> None:
    said_by("asyncio.run(keep(sys.argv[1], 1.5))", open_place)
    file = open_place / "test.journal"
    file.chmod(0o444)
    (open_place / "test.journal.lease").unlink()
    read = """
async def read(file):
    from pathlib import Path
    from prodtui.journal.places import journal_in
    journal = await journal_in(Path(file))
    print(len((await journal.newest()).told))
    await journal.close()

if not os.geteuid(): os.seteuid(65534)
asyncio.run(read(sys.argv[1] + "/test.journal"))
"""
    assert int(said_by(read, open_place)) > 10
    assert [path.name for path in open_place.iterdir()] == ["test.journal"]


def test_a_file_that_may_not_grow_is_said_and_what_was_kept_stays(open_place: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\nasyncio.run(keep(sys.argv[1], 4))"
    assert "make room, or give another journal" in said_by(limit, open_place)
    assert len(times(asyncio.run(newest_in(open_place)))) > 10


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own with room for 1 MB."""
    place = Path(tempfile.mkdtemp(prefix="prodtui-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "prodtui", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)
    place.rmdir()


async def test_a_full_disk_is_a_notice_and_nothing_is_lost_once_there_is_room(small_disk: Path) -> None:
    journal = sqlite_journal(small_disk)
    await kept(journal, mark(), reading(NOW + 1))
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    async with running(journal):
        for second in range(2, 100):
            journal.append(reading(NOW + second, output=os.urandom(1000).hex()))
        await until(lambda: journal.notice)
        assert "make room, or give another journal" in journal.notice
        filler.unlink()
        await until(lambda: not journal.notice)
    assert times(await journal.newest()) == [NOW + second for second in range(100)]
    await journal.close()


def test_what_waits_is_bounded_and_what_is_dropped_is_counted() -> None:
    backlog = Backlog(held=10)
    assert all(backlog.add(reading(NOW + second)) for second in range(3))
    assert not backlog.add(reading(NOW + 4))
    assert len(backlog) == 0
    assert backlog.dropped == 4
    assert backlog.add(mark())


async def test_a_person_is_told_how_many_readings_are_lost(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    journal = KeptJournal("test", SqliteGround(tmp_path / "file" / "test.journal"))
    journal._backlog._held = 20
    for second in range(30):
        if journal.due(NOW + second):
            journal.append(mark(NOW + second))
        journal.append(reading(NOW + second))
    async with running(journal):
        await until(lambda: journal.notice)
        assert "readings are lost" in journal.notice
        (tmp_path / "file").unlink()
        await until(lambda: not journal.notice)
    assert times(await journal.newest())[-1] == NOW + 29
    await journal.close()
