"""A journal that can't be kept or read is a notice or one clear error; nothing else stops, nothing is lost by it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from prodtui.journal.backlog import Backlog
from prodtui.journal.database import StoreError
from prodtui.journal.ground import Limits
from prodtui.journal.journal import Journal, Stretch
from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_at, journal_in
from prodtui.journal.postgresql_ground import PostgresqlGround
from prodtui.journal.sqlite_ground import SqliteGround
from prodtui.model.mark import Looked
from tests.builders import NOW
from tests.journal.keeping import event, kept, mark, output, reading, sqlite_journal, times
from tests.sources.pools.servers import PASSWORD, PostgresServer

HOSTILE = "\x1b]0;owned\x07\x1b[2J \u202egnp.exe\u202c [bold]&amp;\x00 \ud83d\ude92"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[KeptJournal]:
    opened = sqlite_journal(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the journal of `test` is."""
    return tmp_path / "test.journal"


@asynccontextmanager
async def running(journal: Journal) -> AsyncIterator[None]:
    """The journal is written for as long as this is entered."""
    task = asyncio.create_task(journal.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def until(condition: Callable[[], object], within_s: float = 15.0) -> None:
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        await asyncio.sleep(0.02)


async def _writes(directory: Path, since: float) -> None:
    """Returns once somebody keeps what is read since a time."""
    ends = time.monotonic() + 30
    while True:
        newest = await _newest(directory) if (directory / "test.journal").exists() else None
        if newest is not None and newest.mark.at > since:
            return
        assert time.monotonic() < ends, "waited in vain"
        await asyncio.sleep(0.2)


async def _notice(journal: KeptJournal, *, begun: float = NOW) -> str:
    """What a person is told of a journal that can't be written."""
    journal.append(mark(begun))
    async with running(journal):
        await until(lambda: journal.notice)
    return journal.notice


async def _filled(journal: KeptJournal, batches: int = 60) -> None:
    """Closed again, so that all is in the file."""
    await kept(journal, mark())
    for second in range(batches):
        await kept(journal, reading(NOW + second, output=os.urandom(300).hex()), event(NOW + second))
    await journal.close()


# The file


async def test_a_truncated_file_is_said_and_left_alone(journal: KeptJournal, file: Path) -> None:
    await _filled(journal)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match=f"journal {file}: .*move it away, or give another journal"):
        await sqlite_journal(file.parent).newest()
    said = await _notice(sqlite_journal(file.parent))
    assert "the file is damaged; move it away" in said
    assert file.read_bytes() == whole[: len(whole) // 2]


@pytest.mark.parametrize("content", [b"do not touch me, I am no database\n" * 40, b"\x7fELF" + bytes(4096)])
async def test_what_is_no_database_is_said_and_left_alone(journal: KeptJournal, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert "the file is no database; move it away, or give another journal" in await _notice(journal)
    assert file.read_bytes() == content


async def test_another_programs_database_is_said_and_left_alone(journal: KeptJournal, file: Path) -> None:
    theirs = sqlite3.connect(file)
    theirs.execute("create table songs (name text)")
    theirs.close()
    before = file.read_bytes()
    assert "another program's database" in await _notice(journal)
    assert file.read_bytes() == before


async def test_a_journal_of_a_newer_prodtui_is_said_and_left_alone(journal: KeptJournal, file: Path) -> None:
    await _filled(journal)
    newer = sqlite3.connect(file)
    newer.execute("pragma user_version = 99")
    newer.close()
    before = file.read_bytes()
    said = await _notice(sqlite_journal(file.parent))
    assert "written by a newer prodtui (version 99" in said
    assert "upgrade prodtui, or give another journal" in said
    assert file.read_bytes() == before


async def test_an_empty_file_is_a_new_journal(journal: KeptJournal, file: Path) -> None:
    file.touch()
    with pytest.raises(StoreError, match="nothing is kept in it"):
        await journal_in(file)
    assert file.read_bytes() == b""
    await kept(journal, mark(), reading(NOW + 1, output="kept"))
    assert output(await journal.newest()) == "kept"


async def test_a_part_that_was_damaged_costs_only_itself(journal: KeptJournal, file: Path) -> None:
    for minute in range(3):
        await kept(journal, mark(NOW + 60 * minute), reading(NOW + 60 * minute + 1, output=f"{minute}"))
    damaged = sqlite3.connect(file)
    damaged.execute("update prodtui_journal set body = x'789c00ff' where number = 4")
    damaged.commit()
    damaged.close()
    with pytest.raises(StoreError, match=r"a part of it can't be read .*choose another time"):
        await journal.before(NOW + 62)
    assert output(await journal.before(NOW + 30)) == "0"
    assert output(await journal.newest()) == "2"


async def test_a_file_that_is_moved_away_while_it_is_written_is_begun_anew(journal: KeptJournal, file: Path) -> None:
    await kept(journal, mark(), reading(NOW + 1, output="first"))
    file.rename(file.with_name("kept.journal"))
    await kept(journal, reading(NOW + 1.5))
    assert journal.due(NOW + 2)
    await kept(journal, mark(NOW + 2), reading(NOW + 3, output="second"))
    assert output(await journal.newest()) == "second"
    assert file.exists()


async def test_the_file_is_its_users_own(journal: KeptJournal, file: Path) -> None:
    await kept(journal, mark())
    beside = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert beside == dict.fromkeys(
        ("test.journal", "test.journal-wal", "test.journal-shm", "test.journal.lease"), 0o600
    )


async def test_hostile_text_is_kept_harmless(journal: KeptJournal) -> None:
    hostile = HOSTILE.encode("utf-16", "surrogatepass").decode("utf-16")
    await kept(journal, mark(), reading(NOW + 1, output=hostile), event(NOW + 2, hostile))
    shown = output(await journal.newest())
    assert "␛]0;owned" in shown
    assert "[bold]&amp;" in shown
    assert "🚒" in shown
    assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(shown)
    (told,) = await journal.events(NOW, NOW + 5)
    assert "\x1b" not in told.name


async def test_what_cannot_be_written_is_left_out_and_the_rest_goes_on(journal: KeptJournal) -> None:
    journal.append(mark())
    journal.append(reading(NOW + 1, output=object()))  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="what a source said can't be written"):
        await journal._writer.try_lease() and await journal._writer.write()
    assert journal.due(NOW + 2)
    await kept(journal, mark(NOW + 2), reading(NOW + 3, output="goes on"))
    assert output(await journal.newest()) == "goes on"


# The disk

KEEP = """
import asyncio, os, resource, sys, time
import prodtui.journal.sqlite_ground
from tests.journal.keeping import mark, reading, sqlite_journal

async def keep(directory, seconds):
    journal = sqlite_journal(directory)
    task = asyncio.create_task(journal.run())
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        at = time.time()
        if journal.due(at):
            journal.append(mark(at))
        journal.append(reading(at, output=os.urandom(2000).hex()))
        await asyncio.sleep(0.005)
    print(journal.notice)
    task.cancel()
    await journal.close()

"""
"""A program of its own: what is limited there limits nobody else, and what is killed is nothing else."""


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that users without rights reach too."""
    place = Path(tempfile.mkdtemp(prefix="prodtui-journal-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def _said_by(program: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", KEEP + program, str(where)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_directory_that_may_only_be_read_is_said(open_place: Path) -> None:
    said = _said_by("if not os.geteuid(): os.seteuid(65534)\nasyncio.run(keep(sys.argv[1], 1.5))", open_place)
    assert "make its directory writable, or give another journal" in said
    assert list(open_place.iterdir()) == []


def test_a_file_where_nothing_may_be_written_is_read(open_place: Path) -> None:
    _said_by("asyncio.run(keep(sys.argv[1], 1.5))", open_place)
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
    assert int(_said_by(read, open_place)) > 10
    assert [path.name for path in open_place.iterdir()] == ["test.journal"]


def test_a_file_that_may_not_grow_is_said_and_what_was_kept_stays(open_place: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\nasyncio.run(keep(sys.argv[1], 4))"
    assert "make room, or give another journal" in _said_by(limit, open_place)
    assert len(times(asyncio.run(_newest(open_place)))) > 10


async def _newest(directory: Path) -> Stretch | None:
    journal = sqlite_journal(directory)
    try:
        return await journal.newest()
    finally:
        await journal.close()


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


# What is kept


async def test_the_oldest_is_dropped_so_that_the_file_stays_small(tmp_path: Path, file: Path) -> None:
    most = 3_000_000
    journal = sqlite_journal(tmp_path, Limits(most_bytes=most))
    largest = 0
    for minute in range(60):
        at = NOW + 60 * minute
        journal.append(mark(at))
        for second in range(60):
            journal.append(reading(at + second, output=os.urandom(1000).hex()))
        await kept(journal, event(at))
        largest = max(largest, sum(path.stat().st_size for path in tmp_path.iterdir() if "-shm" not in path.name))
    assert largest <= most * 1.05
    span = await journal.span()
    assert span is not None
    assert span[1] == NOW + 59 * 60 + 59
    assert NOW < span[0] < NOW + 58 * 60
    assert await journal.turn(0.0, forward=True) == span[0]
    await journal.close()
    lower = sqlite_journal(tmp_path, Limits(most_bytes=most // 3))
    assert await lower.try_lease()
    await lower._writer.write()
    await lower.close()
    assert file.stat().st_size <= most // 3


async def test_what_is_too_old_is_dropped_once_the_clock_is_known_to_be_steady(tmp_path: Path) -> None:
    now = time.time()
    journal = sqlite_journal(tmp_path, Limits(keep_s=3600.0))
    await kept(journal, *(mark(now - 7200 + 600 * number) for number in range(12)), Looked(now))
    assert await journal.span() == (now - 7200, now)
    journal._writer._steady_since -= 3600.0
    journal._writer._more_to_drop = True
    await journal._writer.write()
    span = await journal.span()
    assert span is not None
    # The last mark before it stays, so that the whole time can be told.
    assert now - 4200 <= span[0] <= now - 3600
    await journal.close()


# The process


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
        await _writes(directory, begun)
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
        assert killed - times(await _newest(directory))[-1] < 1.0 + 1.0


async def test_of_two_processes_one_writes_and_the_other_takes_over_when_it_is_killed(open_place: Path) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEP + "asyncio.run(keep(sys.argv[1], 60))", str(open_place)
    )
    journal = sqlite_journal(open_place)
    await _writes(open_place, 0.0)
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
    told = times(await _newest(open_place))
    assert told == sorted(told)


# PostgreSQL


def _in_postgresql(url: str, patience_s: float = 5.0) -> KeptJournal:
    return KeptJournal("test", PostgresqlGround(url, patience_s=patience_s))


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql://root:hunter2@127.0.0.1:1/postgres", "check the URL and that the server can be reached"),
        ("postgresql://root:hunter2@{address}/postgres", "give the right user and password"),
        ("postgresql://root:{password}@{address}/nowhere", "name a database that exists"),
    ],
)
async def test_a_server_that_cannot_be_used_is_a_notice_without_the_password(
    postgres: PostgresServer, url: str, advice: str
) -> None:
    journal = journal_at(url.format(password=PASSWORD, address=postgres.address), "test")
    said = await _notice(journal)
    assert advice in said
    assert "hunter2" not in said
    assert PASSWORD not in said
    await journal.close()


async def test_a_backend_that_is_killed_again_and_again_loses_nothing_and_nothing_comes_twice(
    postgres: PostgresServer,
) -> None:
    root = await asyncpg.connect(postgres.url("root", "postgres"))
    await root.execute("create schema killed")
    journal = _in_postgresql(f"{postgres.url('root', 'postgres')}?search_path=killed")
    await kept(journal, mark())
    async with running(journal):
        for second in range(1, 200):
            journal.append(reading(NOW + second))
            await asyncio.sleep(0.02)
            if second % 20 == 0:
                await root.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = 'prodtui' and pid <> pg_backend_pid()"
                )
        await until(lambda: not journal._backlog._entries and not journal._writer._pending and not journal.notice, 30)
    await root.close()
    found = None
    async with asyncio.timeout(10):
        while found is None:
            try:
                found = await journal.newest()
            except StoreError:
                await asyncio.sleep(0.1)
    assert times(found) == [NOW + second for second in range(200)]
    await journal.close()


async def test_a_server_that_hangs_is_a_notice_and_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://root@127.0.0.1:{silent.getsockname()[1]}/postgres?sslmode=disable"
        journal = _in_postgresql(url, patience_s=0.5)
        journal.append(mark())
        slowest = 0.0
        async with running(journal):
            while not journal.notice:
                began = time.monotonic()
                journal.append(reading(NOW + 1))
                await asyncio.sleep(0.01)
                slowest = max(slowest, time.monotonic() - began)
        assert "no answer in time" in journal.notice
        assert slowest < 0.3
        began = time.monotonic()
        await journal.close()
        assert time.monotonic() - began < 7.0
