"""PgBouncer's console, against a real PgBouncer before a real PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
import struct
from collections.abc import AsyncIterator

import asyncpg
import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.records import Pool
from prodtui.sources.pools.pgbouncer import PgBouncer, PgBouncerSettings
from tests.sources.lying import Behaviour, Connection, babbles, closes, hangs, lying, refused_port, resets
from tests.sources.pools.conftest import Connect
from tests.sources.pools.servers import PASSWORD, PgBouncerServer, PostgresServer
from tests.sources.servers import until


def source(url: str) -> PgBouncer:
    return PgBouncer("pools", PgBouncerSettings(kind="pgbouncer", url=url))


async def pools(of: PgBouncer) -> dict[str, Pool]:
    """Pools by name, of those that have connections or clients where a name has several."""
    answer = await of.read()
    assert answer.keyframe
    return {p.name: p for p in answer.records if isinstance(p, Pool)}


async def failure(url: str) -> tuple[CauseClass, str]:
    of = source(url)
    with pytest.raises(SourceError) as raised:
        await of.read()
    await of.close()
    assert PASSWORD not in raised.value.cause.message
    return raised.value.cause.cause_class, raised.value.cause.message


@pytest.fixture
async def read(bouncer: PgBouncerServer) -> AsyncIterator[PgBouncer]:
    of = source(bouncer.url())
    yield of
    await of.close()


async def command(server: PgBouncerServer, words: str) -> None:
    admin = await asyncpg.connect(server.url("admin"))
    try:
        await admin.execute(words)
    finally:
        admin.terminate()


async def test_a_declared_database_that_nobody_uses_is_an_empty_pool(read: PgBouncer, postgres: PostgresServer) -> None:
    assert (await pools(read))["unused-db"] == Pool(
        name="unused-db",
        database="shop",
        upstream=postgres.address,
        size=7,
        used=0,
        idle=0,
        waiting=0,
        clients=0,
        max_wait_s=0.0,
        wait_ratio=0.0,
    )


async def test_the_console_itself_is_no_pool_and_the_version_is_told(read: PgBouncer) -> None:
    answer = await read.read()
    assert {p.name for p in answer.records if isinstance(p, Pool)} == {
        "shop-db",
        "paused-db",
        "disabled-db",
        "unused-db",
        "dead-db",
    }
    assert answer.about is not None
    assert "PgBouncer 1." in str(answer.about.version)
    assert answer.about.notes == ()


async def test_a_saturated_pool_tells_its_waiters_and_then_how_long_they_waited(
    read: PgBouncer, bouncer: PgBouncerServer, connect: Connect
) -> None:
    clients = [await connect(bouncer.url("app", "shop-db")) for _ in range(5)]
    before = (await pools(read))["shop-db"]
    assert before.wait_ratio in (None, 0.0)
    running = [asyncio.ensure_future(c.fetchval("select pg_sleep(1.2)")) for c in clients]

    async def saturated() -> bool:
        pool = (await pools(read))["shop-db"]
        return (pool.size, pool.used, pool.waiting, pool.clients) == (3, 3, 2, 5) and (pool.max_wait_s or 0) > 0.2

    await until(saturated, within_s=15)
    await asyncio.gather(*running)
    of = (await pools(read))["shop-db"]
    assert (of.user, of.waiting, of.max_wait_s) == ("app", 0, 0.0)
    assert of.wait_ratio is not None
    assert of.wait_ratio > 0
    assert of.used == 0
    assert of.idle == 3


async def test_a_paused_pool_says_so_while_its_clients_wait(
    read: PgBouncer, bouncer: PgBouncerServer, connect: Connect
) -> None:
    client = await connect(bouncer.url("app", "paused-db"))
    await command(bouncer, 'PAUSE "paused-db"')
    try:
        asked = asyncio.ensure_future(client.fetchval("select 1"))

        async def waits() -> bool:
            pool = (await pools(read))["paused-db"]
            return pool.paused and (pool.used, pool.waiting) == (0, 1)

        await until(waits, within_s=15)
    finally:
        await command(bouncer, 'RESUME "paused-db"')
    assert await asked == 1
    assert not (await pools(read))["paused-db"].paused


async def test_a_disabled_database_says_so(read: PgBouncer, bouncer: PgBouncerServer) -> None:
    await command(bouncer, 'DISABLE "disabled-db"')
    try:
        assert (await pools(read))["disabled-db"].disabled
    finally:
        await command(bouncer, 'ENABLE "disabled-db"')
    assert not (await pools(read))["disabled-db"].disabled


async def test_a_dead_upstream_shows_waiters_without_a_server_connection(
    read: PgBouncer, bouncer: PgBouncerServer
) -> None:
    client = asyncio.ensure_future(asyncpg.connect(bouncer.url("app", "dead-db")))

    async def waits() -> bool:
        pool = (await pools(read))["dead-db"]
        return (pool.used, pool.idle, pool.waiting) == (0, 0, 1)

    try:
        await until(waits, within_s=15)
    finally:
        client.cancel()
        await asyncio.gather(client, return_exceptions=True)


async def test_nearly_all_clients_taken_is_noted(postgres: PostgresServer, connect: Connect) -> None:
    small = PgBouncerServer()
    try:
        small.start({"shop-db": f"host=127.0.0.1 port={postgres.port} dbname=shop"}, max_client_conn="5")
        of = source(small.url())
        await of.read()
        for _ in range(4):
            await connect(small.url("app", "shop-db"))
        about = (await of.read()).about
        await of.close()
        assert about is not None
        assert about.notes[0].startswith("5 of max_client_conn 5 clients")
    finally:
        small.destroy()


async def test_a_wrong_password_is_auth(bouncer: PgBouncerServer) -> None:
    cause, message = await failure(f"postgresql://stats:wrong@{bouncer.address}/pgbouncer")
    assert cause is CauseClass.AUTH
    assert bouncer.address in message


async def test_a_user_who_may_not_look_is_told_of_stats_users(bouncer: PgBouncerServer) -> None:
    cause, message = await failure(bouncer.url("stranger"))
    assert cause is CauseClass.PERMISSION
    assert "stats_users" in message


async def test_postgresql_in_its_place_is_recognised(postgres: PostgresServer) -> None:
    cause, message = await failure(postgres.url("root"))
    assert cause is CauseClass.NOT_FOUND
    assert "no PgBouncer" in message


async def test_a_closed_port_is_refused() -> None:
    cause, message = await failure(f"postgresql://stats@127.0.0.1:{refused_port()}/pgbouncer")
    assert cause is CauseClass.REFUSED
    assert "Connection refused" in message


async def test_a_name_that_does_not_resolve_is_dns() -> None:
    assert (await failure("postgresql://stats@nowhere.invalid/pgbouncer"))[0] is CauseClass.DNS


async def test_tls_that_the_server_has_not_is_tls(bouncer: PgBouncerServer) -> None:
    assert (await failure(bouncer.url() + "?sslmode=require"))[0] is CauseClass.TLS


@pytest.mark.parametrize("behaviour", [babbles, closes, resets])
async def test_a_liar_on_the_port_is_protocol(behaviour: Behaviour) -> None:
    async with lying(behaviour) as server:
        cause, _ = await failure(f"postgresql://stats:x@127.0.0.1:{server.port}/pgbouncer")
    assert cause is CauseClass.PROTOCOL


async def _lets_in(connection: Connection) -> None:
    await connection.reader.readexactly(8)  # may we have TLS?
    await connection.send(b"N")
    (length,) = struct.unpack("!i", await connection.reader.readexactly(4))
    await connection.reader.readexactly(length - 4)
    version = b"server_version\x001.18.0/bouncer\x00"
    await connection.send(b"R" + struct.pack("!ii", 8, 0) + b"S" + struct.pack("!i", len(version) + 4) + version)
    await connection.send(b"Z" + struct.pack("!i", 5) + b"I")
    await connection.reader.readuntil(b"\0")


async def _floods(connection: Connection) -> None:
    await _lets_in(connection)
    await connection.send(b"D" + struct.pack("!i", 2**31 - 1))
    await asyncio.Event().wait()


async def _refuses_and_hangs_up(connection: Connection) -> None:
    await _lets_in(connection)
    told = b"SFATAL\0C08P01\0Madmin access needed\0\0"
    await connection.send(b"E" + struct.pack("!i", len(told) + 4) + told)


async def _breaks_off(connection: Connection) -> None:
    await _lets_in(connection)
    await connection.send(b"T\0")


@pytest.mark.parametrize(
    ("behaviour", "cause_class", "words"),
    [
        (_floods, CauseClass.PROTOCOL, "2,147,483,647 bytes"),
        (_refuses_and_hangs_up, CauseClass.PERMISSION, "admin access needed"),
        (_breaks_off, CauseClass.PROTOCOL, "closed the connection"),
    ],
)
async def test_a_console_that_lies_after_it_has_let_us_in_is_told_by_its_cause(
    behaviour: Behaviour, cause_class: CauseClass, words: str
) -> None:
    async with lying(behaviour) as server:
        cause, message = await failure(f"postgresql://stats:x@127.0.0.1:{server.port}/pgbouncer")
    assert cause is cause_class
    assert words in message


async def test_silence_while_connecting_ends_with_the_deadline() -> None:
    async with lying(hangs) as server:
        of = source(f"postgresql://stats:x@127.0.0.1:{server.port}/pgbouncer")
        await _times_out(of)
        await _times_out(of)
        await of.close()


async def test_a_hung_pgbouncer_ends_with_the_deadline_and_is_read_again_once_it_runs(
    read: PgBouncer, bouncer: PgBouncerServer
) -> None:
    await read.read()
    bouncer.signal_all(signal.SIGSTOP)
    try:
        await _times_out(read)
        await _times_out(read)
    finally:
        bouncer.signal_all(signal.SIGCONT)
    assert "shop-db" in await pools(read)


async def test_a_restart_between_two_reads_is_no_failure(postgres: PostgresServer) -> None:
    server = PgBouncerServer()
    databases = {"shop-db": f"host=127.0.0.1 port={postgres.port} dbname=shop"}
    try:
        server.start(databases)
        of = source(server.url())
        await of.read()
        server.stop()
        assert (await failure(server.url()))[0] is CauseClass.REFUSED
        server.start(databases)
        assert "shop-db" in await pools(of)
        await of.close()
    finally:
        server.destroy()


async def _times_out(of: PgBouncer) -> None:
    """At once: no goodbye, and no request to cancel, waits for a server that hangs."""
    started = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await of.read()
    assert asyncio.get_running_loop().time() - started < 1.0
