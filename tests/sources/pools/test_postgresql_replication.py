"""A real primary and its standby."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from prodtui.model.records import DatabaseServer
from prodtui.sources.pools.postgresql import PostgreSQL
from tests.sources.pools.servers import PostgresServer
from tests.sources.pools.test_postgresql import server_of, source
from tests.sources.servers import until


@pytest.fixture
def pair() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    primary, standby = PostgresServer(), PostgresServer()
    try:
        primary.create()
        primary.start()
        standby.copy(primary)
        # A receiver that found nobody the first time waits five seconds by default.
        standby.start(hot_standby="on", wal_retrieve_retry_interval="200ms")
        yield primary, standby
    finally:
        standby.destroy()
        primary.destroy()


async def until_so(of: PostgreSQL, condition: object, within_s: float = 20.0) -> DatabaseServer:
    assert callable(condition)
    server = server_of(await of.read())

    async def holds() -> bool:
        nonlocal server
        server = server_of(await of.read())
        return bool(condition(server))

    await until(holds, within_s=within_s)
    return server


async def test_lag_is_seen_from_both_sides_and_a_lost_receiver_is_no_zero_lag(
    pair: tuple[PostgresServer, PostgresServer],
) -> None:
    primary, standby = pair
    here, there = source(primary.url("root", "postgres")), source(standby.url("root", "postgres"))
    client = await asyncpg.connect(primary.url("root", "postgres"))
    replica = await asyncpg.connect(standby.url("root", "postgres"))
    await client.execute("create table t (i int)")

    caught_up = await until_so(there, lambda s: s.receiver_streaming and s.lag_s == 0.0)
    assert (caught_up.in_recovery, caught_up.replicas) == (True, 0)
    assert caught_up.xid_age is not None
    seen = await until_so(here, lambda s: s.replicas == 1)
    assert (seen.in_recovery, seen.receiver_streaming) == (False, None)
    assert seen.lag_s is not None
    assert seen.lag_s < 5

    await replica.execute("select pg_wal_replay_pause()")
    await client.execute("insert into t values (1)")
    behind = await until_so(there, lambda s: (s.lag_s or 0) > 0.3)
    assert behind.receiver_streaming
    await replica.execute("select pg_wal_replay_resume()")
    await until_so(there, lambda s: s.lag_s == 0.0)

    await client.close()
    await here.close()
    primary.stop()
    alone = await until_so(there, lambda s: s.receiver_streaming is False)
    assert alone.in_recovery
    await there.close()
    await replica.close()
