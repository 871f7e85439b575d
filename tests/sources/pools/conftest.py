"""One PostgreSQL and one PgBouncer before it, for all tests of pools: each test leaves them as it found them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import asyncpg
import pytest

from tests.sources.pools.servers import PASSWORD, PgBouncerServer, PostgresServer

Connect = Callable[..., Awaitable["asyncpg.Connection[asyncpg.Record]"]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.create()
        server.start(
            max_connections="20", superuser_reserved_connections="3", reserved_connections="2", deadlock_timeout="100ms"
        )
        asyncio.run(_fill(server))
        yield server
    finally:
        server.destroy()


async def _fill(server: PostgresServer) -> None:
    root = await asyncpg.connect(server.url("root", "postgres"))
    for role in ("app", "monitor", "plain"):
        await root.execute(f"create role {role} login password '{PASSWORD}'")
    await root.execute("grant pg_monitor to monitor")
    await root.execute("alter role plain connection limit 1")
    await root.execute("create database shop owner app")
    await root.close()
    app = await asyncpg.connect(server.url("app"))
    await app.execute(
        "create table stock (item int primary key, left_over int); insert into stock values (1, 5), (2, 5)"
    )
    await app.close()


@pytest.fixture(scope="session")
def bouncer(postgres: PostgresServer) -> Iterator[PgBouncerServer]:
    upstream = f"host=127.0.0.1 port={postgres.port} dbname=shop"
    server = PgBouncerServer()
    try:
        server.start(
            {
                "shop-db": upstream,
                "paused-db": upstream,
                "disabled-db": upstream,
                "unused-db": f"{upstream} pool_size=7",
                "dead-db": "host=127.0.0.1 port=1 dbname=shop",
            }
        )
        yield server
    finally:
        server.destroy()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Opens clients that are gone when the test is."""
    opened: list[asyncpg.Connection[asyncpg.Record]] = []

    async def open_one(url: str) -> asyncpg.Connection[asyncpg.Record]:
        opened.append(await asyncpg.connect(url, statement_cache_size=0))
        return opened[-1]

    yield open_one
    for client in opened:
        client.terminate()
