"""A PostgreSQL that refuses, kills or hangs is a notice without a secret, and loses nothing."""

from __future__ import annotations

import asyncio
import socket
import time

import asyncpg
import pytest

from prodtui.journal.database import StoreError
from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_at
from prodtui.journal.postgresql_ground import PostgresqlGround
from tests.builders import NOW
from tests.journal.keeping import (
    kept,
    mark,
    notice_of,
    reading,
    running,
    times,
    until,
)
from tests.sources.pools.servers import PASSWORD, PostgresServer


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
    said = await notice_of(journal)
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
