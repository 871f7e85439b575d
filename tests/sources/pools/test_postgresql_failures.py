"""What PostgreSQL's failures are called, and that a source outlives them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.records import DatabaseServer
from prodtui.sources.pools.postgresql import PostgreSQL, PostgreSQLSettings
from tests.sources.lying import Behaviour, Connection, babbles, closes, hangs, lying, refused_port, resets
from tests.sources.pools.conftest import Connect
from tests.sources.pools.servers import PASSWORD, PgBouncerServer, PostgresServer
from tests.sources.pools.test_postgresql import server_of, source


@pytest.fixture
async def read(postgres: PostgresServer) -> AsyncIterator[PostgreSQL]:
    of = source(postgres.url())
    yield of
    await of.close()


async def failure(of: PostgreSQL) -> tuple[CauseClass, str]:
    with pytest.raises(SourceError) as raised:
        async with asyncio.timeout(5):
            await of.read()
    await of.close()
    assert PASSWORD not in raised.value.cause.message
    return raised.value.cause.cause_class, raised.value.cause.message


async def times_out(of: PostgreSQL) -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await of.read()
    assert asyncio.get_running_loop().time() - started < 1.0


async def test_a_wrong_password_and_an_unknown_role_are_auth(postgres: PostgresServer) -> None:
    wrong = f"postgresql://monitor:wrong@{postgres.address}/shop"
    for url in (wrong, postgres.url("nobody")):
        cause, message = await failure(source(url))
        assert cause is CauseClass.AUTH
        assert postgres.address in message


async def test_an_unknown_database_is_not_found(postgres: PostgresServer) -> None:
    cause, message = await failure(source(postgres.url(database="no-such")))
    assert cause is CauseClass.NOT_FOUND
    assert '"no-such"' in message


async def test_a_closed_port_is_refused() -> None:
    cause, message = await failure(source(f"postgresql://m@127.0.0.1:{refused_port()}/shop"))
    assert cause is CauseClass.REFUSED
    assert "Connection refused" in message


async def test_a_name_that_does_not_resolve_is_dns() -> None:
    assert (await failure(source("postgresql://m@nowhere.invalid/shop")))[0] is CauseClass.DNS


async def test_tls_that_the_server_has_not_is_tls(postgres: PostgresServer) -> None:
    assert (await failure(source(postgres.url() + "?sslmode=require")))[0] is CauseClass.TLS


async def test_a_ca_file_that_is_not_there_is_named(postgres: PostgresServer, tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    settings = PostgreSQLSettings(kind="postgresql", url=postgres.url(), ca_file=missing)
    assert settings.tls == "verify-full"
    cause, message = await failure(PostgreSQL("pg", settings))
    assert cause is CauseClass.TLS
    assert "ca.pem" in message


async def test_the_limit_of_our_own_role_is_no_full_server(postgres: PostgresServer, connect: Connect) -> None:
    await connect(postgres.url("plain"))
    cause, message = await failure(source(postgres.url("plain")))
    assert cause is CauseClass.OVERLOAD
    assert '"plain"' in message


async def test_pgbouncers_console_in_its_place_is_recognised(bouncer: PgBouncerServer) -> None:
    cause, message = await failure(source(bouncer.url("stats")))
    assert cause is CauseClass.NOT_FOUND
    assert "console" in message


async def answers_an_html_page(connection: Connection) -> None:
    await connection.reader.read(1)
    await connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>Bad Request</html>")


async def takes_no_tls_and_sends_junk(connection: Connection) -> None:
    await connection.reader.read(8)
    await connection.send(b"N")
    await connection.reader.read(1)
    await connection.send(b"E\x00\x00\x00\x05\xff\x00\xff" * 100)


@pytest.mark.parametrize(
    "behaviour", [answers_an_html_page, takes_no_tls_and_sends_junk, babbles, closes, resets], ids=lambda b: b.__name__
)
async def test_a_liar_on_the_port_is_protocol(behaviour: Behaviour) -> None:
    async with lying(behaviour) as server:
        cause, _ = await failure(source(f"postgresql://m:x@127.0.0.1:{server.port}/shop"))
    assert cause is CauseClass.PROTOCOL


async def test_silence_while_connecting_ends_with_the_deadline() -> None:
    async with lying(hangs) as server:
        of = source(f"postgresql://m:x@127.0.0.1:{server.port}/shop")
        await times_out(of)
        await times_out(of)
        await of.close()


async def test_a_hung_server_ends_with_the_deadline_and_is_read_again_once_it_runs(
    read: PostgreSQL, postgres: PostgresServer
) -> None:
    await read.read()
    postgres.signal_all(signal.SIGSTOP)
    try:
        await times_out(read)
        await times_out(read)
    finally:
        postgres.signal_all(signal.SIGCONT)
    assert server_of(await read.read()).used


async def test_closing_does_not_wait_for_a_hung_server(read: PostgreSQL, postgres: PostgresServer) -> None:
    await read.read()
    postgres.signal_all(signal.SIGSTOP)
    try:
        async with asyncio.timeout(1):
            await read.close()
    finally:
        postgres.signal_all(signal.SIGCONT)


async def test_a_hung_server_behind_a_pooler_ends_with_the_deadline(
    bouncer: PgBouncerServer, postgres: PostgresServer
) -> None:
    of = source(bouncer.url("monitor", "shop-db"))
    await of.read()
    postgres.signal_all(signal.SIGSTOP)
    try:
        await times_out(of)
    finally:
        postgres.signal_all(signal.SIGCONT)
    assert server_of(await of.read()).used
    await of.close()


async def test_a_terminated_session_is_replaced_within_the_same_read(
    read: PostgreSQL, postgres: PostgresServer, connect: Connect
) -> None:
    await read.read()
    root = await connect(postgres.url("root"))
    ended = await root.fetchval(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'monitor'"
    )
    assert ended >= 1
    assert server_of(await read.read()).used


async def test_a_statement_that_takes_too_long_is_a_timeout_and_the_connection_stays(
    postgres: PostgresServer, connect: Connect
) -> None:
    of = PostgreSQL("pg", PostgreSQLSettings(kind="postgresql", url=postgres.url(), timeout=1))
    await of.read()
    kept = of._connection
    holder = await connect(postgres.url("root"))
    await holder.execute("begin; lock table pg_catalog.pg_database in access exclusive mode")
    with pytest.raises(SourceError) as raised:
        await of.read()
    assert raised.value.cause.cause_class is CauseClass.TIMEOUT
    await holder.execute("rollback")
    assert server_of(await of.read()).used
    assert of._connection is kept
    await of.close()


async def test_a_stopped_server_is_refused_and_a_started_one_is_read() -> None:
    own = PostgresServer()
    try:
        own.create()
        own.start()
        of = source(own.url("root", "postgres"))
        version = server_of(await of.read()).version
        own.stop()
        with pytest.raises(SourceError) as raised:
            await of.read()
        assert raised.value.cause.cause_class is CauseClass.REFUSED
        own.start(max_connections="4", superuser_reserved_connections="1")
        hogs = [await asyncpg.connect(own.url("root", "postgres")) for _ in range(4)]
        # What stays true while it can't be asked is still told.
        assert server_of(await of.read()) == DatabaseServer(
            name="pg", address=own.address, databases=("postgres",), version=version, exhausted=True
        )
        for hog in hogs:
            await hog.close()
        assert server_of(await of.read()).usable == 3
        await of.close()
    finally:
        own.destroy()
