"""A store that can't be used says so in one clear error; it never blocks and never leaks a secret."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from prodtui.journal.postgresql_database import PostgresqlDatabase
from prodtui.journal.sqlite_database import SqliteDatabase
from prodtui.journal.store import Store, StoreError, store_at
from tests.journal.evaluations import evaluation
from tests.sources.pools.servers import PASSWORD, PostgresServer

SAVE = """
import asyncio, os, resource, sys
import prodtui.journal.sqlite_database
from prodtui.journal.store import StoreError, store_at
from tests.journal.evaluations import evaluation, service

async def save(where):
    store = store_at(where)
    try:
        for number in range(20):
            await store.save(evaluation(number, services={str(i): service() for i in range(400)}))
    except StoreError as error:
        print(error)
    finally:
        await store.close()

"""
"""A program of its own: what is limited there limits nobody else."""


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that users without rights reach too."""
    place = Path(tempfile.mkdtemp(prefix="prodtui-store-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def _said_by(program: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SAVE + program, str(where)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _refused(where: str | Path) -> str:
    store = store_at(str(where))
    with pytest.raises(StoreError) as refused:
        await store.save(evaluation())
    await store.close()
    return str(refused.value)


async def test_the_file_is_its_users_own(tmp_path: Path) -> None:
    file = tmp_path / "state" / "prodtui.db"
    store = store_at(str(file))
    await store.save(evaluation())
    modes = {path.name: path.stat().st_mode & 0o777 for path in (file.parent, *file.parent.iterdir())}
    assert modes == {"state": 0o700, "prodtui.db": 0o600, "prodtui.db-wal": 0o600, "prodtui.db-shm": 0o600}
    await store.close()


async def test_a_locked_file_is_waited_for_beside_the_loop_and_then_said(tmp_path: Path) -> None:
    file = tmp_path / "prodtui.db"
    store = Store(SqliteDatabase(file, patience_s=0.5))
    await store.save(evaluation(1))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin immediate")
    saving = asyncio.create_task(store.save(evaluation(2)))
    turns = 0
    while not saving.done():
        await asyncio.sleep(0.02)
        turns += 1
    with pytest.raises(StoreError, match="another process holds its lock"):
        await saving
    assert turns > 5
    assert await store.list("test") == (evaluation(1),)
    other.execute("rollback")
    other.close()
    await store.save(evaluation(2))
    await store.close()


async def test_what_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("do not touch me, I am no database\n" * 40)
    before = file.read_bytes()
    said = await _refused(file)
    assert str(file) in said
    assert "the file is no database; move it away" in said
    assert file.read_bytes() == before


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "theirs.db"
    theirs = sqlite3.connect(file)
    theirs.execute("create table songs (name text)")
    theirs.close()
    before = file.read_bytes()
    assert "another program's database" in await _refused(file)
    assert file.read_bytes() == before


async def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "prodtui.db"
    store = store_at(str(file))
    for number in range(40):
        await store.save(evaluation(number))
    await store.close()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)
    assert "the file is damaged; move it away" in await _refused(file)


async def test_a_place_where_no_file_can_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for where in (tmp_path / "file" / "prodtui.db", tmp_path, Path("/proc/prodtui/prodtui.db")):
        said = await _refused(where)
        assert str(where) in said
        assert "give another store" in said


def test_a_file_that_may_only_be_read_is_said(open_place: Path) -> None:
    file = open_place / "prodtui.db"
    assert _said_by("asyncio.run(save(sys.argv[1]))", file) == ""
    file.chmod(0o444)
    said = _said_by("if not os.geteuid(): os.seteuid(65534)\nasyncio.run(save(sys.argv[1]))", file)
    assert f"store {file}: " in said
    assert "writable" in said


def test_a_disk_without_room_is_said_and_what_was_kept_stays(open_place: Path) -> None:
    file = open_place / "prodtui.db"
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\nasyncio.run(save(sys.argv[1]))"
    assert "make room" in _said_by(limit, file)
    kept = asyncio.run(_ids(file))
    assert 0 < len(kept) < 20


async def _ids(file: Path) -> tuple[str, ...]:
    store = store_at(str(file))
    try:
        return await store.ids("test")
    finally:
        await store.close()


@pytest.fixture
async def root(postgres: PostgresServer) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(postgres.url("root", "postgres"))
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql://root:{secret}@127.0.0.1:1/postgres", "check the URL and that the server can be reached"),
        ("postgresql://root:{secret}x@{address}/postgres", "give the right user and password"),
        ("postgresql://root:{password}@{address}/nowhere", "name a database that exists"),
        ("postgresql://root:{secret}/x@{address}/postgres", "%2F for / in a password"),
    ],
)
async def test_a_server_that_cannot_be_used_is_said_without_the_password(
    postgres: PostgresServer, url: str, advice: str
) -> None:
    said = await _refused(url.format(secret="hunter2", password=PASSWORD, address=postgres.address))
    assert advice in said
    assert "hunter2" not in said
    assert PASSWORD not in said


async def test_a_role_without_rights_is_told_what_to_grant(
    postgres: PostgresServer, root: asyncpg.Connection[asyncpg.Record]
) -> None:
    await root.execute(f"create role reader login password '{PASSWORD}'")
    assert "grant our role the tables prodtui_" in await _refused(postgres.url("reader", "postgres"))


async def test_a_connection_that_was_lost_is_made_anew(
    postgres: PostgresServer, root: asyncpg.Connection[asyncpg.Record]
) -> None:
    store = store_at(postgres.url("root", "postgres"))
    await store.save(evaluation(1))
    await root.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'prodtui'")
    await asyncio.sleep(0.1)
    await store.save(evaluation(2))
    assert len(await store.ids("test")) == 2
    await store.close()


async def test_a_cancelled_change_leaves_nothing_behind(
    postgres: PostgresServer, root: asyncpg.Connection[asyncpg.Record]
) -> None:
    store = store_at(f"{postgres.url('root', 'postgres')}?search_path=cancelled")
    await root.execute("create schema cancelled")
    await store.save(evaluation(1))
    async with root.transaction():
        await root.execute("lock table cancelled.prodtui_evaluations")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.save(evaluation(2)), 0.2)
    assert await store.ids("test") == (evaluation(1).id,)
    await store.close()


async def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://root@127.0.0.1:{silent.getsockname()[1]}/postgres?sslmode=disable"
        with pytest.raises(StoreError, match="no answer in time"):
            await Store(PostgresqlDatabase(url, patience_s=0.3)).list("test")


async def test_a_file_that_is_put_away_and_back_is_the_one_that_is_written(tmp_path: Path) -> None:
    path, away = tmp_path / "prodtui.db", tmp_path / "away"
    store = Store(SqliteDatabase(path))
    await store.save(evaluation(0))

    def put_away_and_back() -> None:
        for _ in range(500):
            path.rename(away)
            away.rename(path)

    moving = asyncio.create_task(asyncio.to_thread(put_away_and_back))
    number = 1
    while not moving.done():
        with contextlib.suppress(StoreError):
            await store.save(evaluation(number))
        number += 1
    await moving
    await store.save(evaluation(number))
    await store.close()
    kept = sqlite3.connect(path).execute(
        "select count(*) from prodtui_evaluations where id = ?", (evaluation(number).id,)
    )
    assert kept.fetchone() == (1,)
