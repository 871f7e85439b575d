"""A real PostgreSQL, read by roles with and without rights, while its clients do what hurts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from prodtui.model.reading import Answer
from prodtui.model.records import DatabaseServer, Session
from prodtui.sources.pools.postgresql import PostgreSQL, PostgreSQLSettings
from tests.sources.pools.conftest import Connect
from tests.sources.pools.servers import PgBouncerServer, PostgresServer
from tests.sources.servers import until


def source(url: str) -> PostgreSQL:
    return PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=url))


def server_of(answer: Answer) -> DatabaseServer:
    (server,) = (r for r in answer.records if isinstance(r, DatabaseServer))
    return server


def sessions_of(answer: Answer) -> dict[int, Session]:
    return {r.pid: r for r in answer.records if isinstance(r, Session)}


@pytest.fixture
async def read(postgres: PostgresServer) -> AsyncIterator[PostgreSQL]:
    of = source(postgres.url())
    yield of
    await of.close()


async def test_a_quiet_server_is_known_in_full(read: PostgreSQL, postgres: PostgresServer) -> None:
    await read.read()
    answer = await read.read()
    server = server_of(answer)
    assert (server.name, server.address, server.databases) == ("pg", postgres.address, ("postgres", "shop"))
    assert (server.usable, server.restricted, server.exhausted) == (15, False, False)
    assert (server.in_recovery, server.replicas, server.lag_s, server.receiver_streaming) == (False, 0, None, None)
    assert (server.oldest_transaction_s, server.idle_in_transaction_s, server.deadlocks_per_s) == (0.0, 0.0, 0.0)
    assert server.xid_age is not None
    assert server.freeze_max_age == 200_000_000
    assert answer.about is not None
    assert answer.about.version == server.version
    assert answer.about.notes == ()


async def test_every_client_is_counted(read: PostgreSQL, postgres: PostgresServer, connect: Connect) -> None:
    used = server_of(await read.read()).used
    await connect(postgres.url("app"))
    assert used is not None
    assert server_of(await read.read()).used == used + 1


async def test_a_blocked_session_names_its_blocker_and_how_long_it_waits(
    read: PostgreSQL, postgres: PostgresServer, connect: Connect
) -> None:
    holder, waiter = await connect(postgres.url("app")), await connect(postgres.url("app"))
    await holder.execute("set application_name = 'nightly \x1b[31mbatch'")
    await holder.execute("begin; update stock set left_over = 4 where item = 1")
    blocked = asyncio.ensure_future(waiter.execute("update stock set left_over = 3 where item = 1"))

    async def shown() -> bool:
        return waiter.get_server_pid() in sessions_of(await read.read())

    await until(shown)
    sessions = sessions_of(await read.read())
    of, by = sessions[waiter.get_server_pid()], sessions[holder.get_server_pid()]
    assert of.blocked_by == (by.pid,)
    assert of.blocked_s is not None
    assert 0 < of.blocked_s < 10
    assert of.wait.startswith("Lock:")
    assert (of.database, of.user, of.state) == ("shop", "app", "active")
    assert of.query.startswith("update stock")
    assert (by.state, by.blocked_by, by.blocked_s) == ("idle in transaction", (), None)
    assert by.transaction_at is not None
    assert "\x1b" not in by.application
    assert len(sessions) == 2
    await holder.execute("rollback")
    await blocked
    assert sessions_of(await read.read()) == {}


async def test_a_chain_of_blocked_sessions_shows_its_root(
    read: PostgreSQL, postgres: PostgresServer, connect: Connect
) -> None:
    first, second, third = [await connect(postgres.url("app")) for _ in range(3)]
    await first.execute("begin; update stock set left_over = 4 where item = 1")
    await second.execute("begin; update stock set left_over = 4 where item = 2")
    middle = asyncio.ensure_future(second.execute("update stock set left_over = 3 where item = 1"))
    last = asyncio.ensure_future(third.execute("update stock set left_over = 3 where item = 2"))

    async def chained() -> bool:
        seen = {pid: s.blocked_by for pid, s in sessions_of(await read.read()).items()}
        return seen == {
            first.get_server_pid(): (),
            second.get_server_pid(): (first.get_server_pid(),),
            third.get_server_pid(): (second.get_server_pid(),),
        }

    await until(chained)
    await first.execute("rollback")
    await middle
    await second.execute("rollback")
    await last


async def test_a_long_query_text_is_cut(read: PostgreSQL, postgres: PostgresServer, connect: Connect) -> None:
    holder, waiter = await connect(postgres.url("app")), await connect(postgres.url("app"))
    await holder.execute("begin; lock table stock")
    blocked = asyncio.ensure_future(waiter.execute("select * from stock --" + 5000 * "x"))

    async def shown() -> bool:
        return waiter.get_server_pid() in sessions_of(await read.read())

    await until(shown)
    assert len(sessions_of(await read.read())[waiter.get_server_pid()].query) <= 2048
    await holder.execute("rollback")
    await blocked


async def test_an_idle_transaction_has_an_age_and_after_a_while_a_session(
    read: PostgreSQL, postgres: PostgresServer, connect: Connect
) -> None:
    idle = await connect(postgres.url("app"))
    await idle.execute("begin; select 1")
    await asyncio.sleep(0.1)
    answer = await read.read()
    server = server_of(answer)
    assert 0.1 <= (server.idle_in_transaction_s or 0) < 5
    assert 0.1 <= (server.oldest_transaction_s or 0) < 5
    assert sessions_of(answer) == {}

    async def shown() -> bool:
        return idle.get_server_pid() in sessions_of(await read.read())

    await until(shown, every_s=0.5)
    assert (server_of(await read.read()).idle_in_transaction_s or 0) > 5


async def test_a_deadlock_is_a_rate_between_two_readings(
    read: PostgreSQL, postgres: PostgresServer, connect: Connect
) -> None:
    assert server_of(await read.read()).deadlocks_per_s is None
    one, two = await connect(postgres.url("app")), await connect(postgres.url("app"))
    await one.execute("begin; update stock set left_over = 4 where item = 1")
    await two.execute("begin; update stock set left_over = 4 where item = 2")
    ends = await asyncio.gather(
        one.execute("update stock set left_over = 3 where item = 2"),
        two.execute("update stock set left_over = 3 where item = 1"),
        return_exceptions=True,
    )
    assert [type(e) for e in ends].count(asyncpg.DeadlockDetectedError) == 1

    async def counted() -> bool:
        # A backend hands its counters over between transactions, at most once a second.
        await one.execute("rollback; select 1")
        await two.execute("rollback; select 1")
        return (server_of(await read.read()).deadlocks_per_s or 0) > 0

    await until(counted)


async def test_without_rights_what_cannot_be_seen_is_unknown_and_said(
    postgres: PostgresServer, connect: Connect
) -> None:
    holder, waiter = await connect(postgres.url("app")), await connect(postgres.url("app"))
    await holder.execute("begin; lock table stock")
    blocked = asyncio.ensure_future(waiter.execute("select * from stock"))
    of = source(postgres.url("plain"))
    answer = await of.read()
    await of.close()
    server = server_of(answer)
    assert server.restricted
    assert server.used is not None
    assert server.used >= 3
    assert (server.oldest_transaction_s, server.idle_in_transaction_s, server.lag_s) == (None, None, None)
    assert sessions_of(answer) == {}
    assert answer.about is not None
    assert answer.about.rights == "restricted: no pg_monitor for plain"
    assert "grant pg_monitor to plain" in answer.about.notes[0]
    await holder.execute("rollback")
    await blocked


async def test_a_full_server_is_a_finding_and_a_kept_connection_goes_on_reading(
    read: PostgreSQL, postgres: PostgresServer, connect: Connect
) -> None:
    await read.read()
    free = 15 - (server_of(await read.read()).used or 0)
    for _ in range(free):
        await connect(postgres.url("app"))
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await connect(postgres.url("app"))

    async def full() -> bool:
        kept = server_of(await read.read())
        return (kept.used, kept.usable, kept.exhausted) == (15, 15, False)

    await until(full)  # the refused one is counted until its backend has gone
    of = source(postgres.url())
    answer = await of.read()
    assert server_of(answer) == DatabaseServer(name="pg", address=postgres.address, databases=("shop",), exhausted=True)
    assert answer.about is not None
    assert "no free connection" in answer.about.notes[0]
    await of.close()


async def test_our_connection_cannot_write(read: PostgreSQL) -> None:
    await read.read()
    connection = read._connection
    assert connection is not None
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await connection.execute("create table written (i int)")
    assert await connection.fetchval("show statement_timeout") == "1600ms"
    assert await connection.fetchval("show application_name") == "prodtui"
    await read.read()


async def test_through_a_transaction_pool_the_same_is_read_and_nothing_can_be_written(
    bouncer: PgBouncerServer, postgres: PostgresServer, connect: Connect
) -> None:
    of = source(bouncer.url("monitor", "shop-db"))
    for _ in range(3):
        answer = await of.read()
    server = server_of(answer)
    assert (server.address, server.usable, server.databases) == (bouncer.address, 15, ("postgres", "shop"))
    assert answer.about is not None
    assert "through a pooler" in answer.about.notes[0]
    holder, waiter = await connect(postgres.url("app")), await connect(postgres.url("app"))
    await holder.execute("begin; lock table stock")
    blocked = asyncio.ensure_future(waiter.execute("select * from stock"))

    async def shown() -> bool:
        return waiter.get_server_pid() in sessions_of(await of.read())

    await until(shown)
    await holder.execute("rollback")
    await blocked
    await of.close()


async def test_a_pooler_that_ignores_our_settings_is_found_out(postgres: PostgresServer) -> None:
    pooler = PgBouncerServer()
    ignored = "default_transaction_read_only,statement_timeout,lock_timeout,idle_in_transaction_session_timeout"
    try:
        pooler.start({"shop-db": f"host=127.0.0.1 port={postgres.port} dbname=shop"}, ignore_startup_parameters=ignored)
        of = source(pooler.url("monitor", "shop-db"))
        answer = await of.read()
        assert server_of(answer).usable == 15
        assert answer.about is not None
        assert "through a pooler" in answer.about.notes[0]
        await of.close()
    finally:
        pooler.destroy()
