"""The roles that have sessions in a real PostgreSQL's databases, and how they came."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from prodtui.model.evidence import DatabaseRole
from prodtui.sources.pools.postgresql import PostgreSQL, PostgreSQLSettings
from tests.sources.pools.conftest import Connect
from tests.sources.pools.servers import PASSWORD, PostgresServer
from tests.sources.reading import Reader
from tests.sources.release.certificates import Authority
from tests.sources.servers import until


def source(url: str, **settings: object) -> PostgreSQL:
    return PostgreSQL("pg", PostgreSQLSettings.model_validate({"kind": "postgresql", "url": url, **settings}))


async def roles(url: str, **settings: object) -> dict[str, DatabaseRole]:
    async with Reader(source(url, **settings)) as reader:
        await reader.read()
    return {key.removeprefix("pg/"): role for key, role in reader.of(DatabaseRole).items()}


async def test_each_role_s_powers_and_sessions_are_known(postgres: PostgresServer, connect: Connect) -> None:
    root = await connect(postgres.url("root"))
    await root.execute(f"create role clerk login createdb password '{PASSWORD}'")
    clerks = [await connect(postgres.url("clerk")) for _ in range(2)]
    found = await roles(postgres.url())
    clerk, superuser, monitor = found["shop/clerk"], found["shop/root"], found["shop/monitor"]
    assert (clerk.superuser, clerk.powers, clerk.ours) == (False, ("CREATEDB",), False)
    assert (clerk.sessions, clerk.encrypted, clerk.local) == (2, 0, 0)
    assert superuser.superuser
    assert superuser.powers == ("CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS")
    assert (monitor.ours, monitor.superuser) == (True, False)
    for one in clerks:
        await one.close()
    await root.execute("drop role clerk")


async def test_without_rights_others_sessions_are_unknown_and_not_none(
    postgres: PostgresServer, connect: Connect
) -> None:
    await connect(postgres.url("app"))
    found = await roles(postgres.url("plain"))
    app, own = found["shop/app"], found["shop/plain"]
    assert (app.superuser, app.sessions, app.encrypted, app.local) == (False, None, None, None)
    assert (own.ours, own.sessions, own.encrypted) == (True, 1, 0)  # it may have no more than one


def with_tls(name: str) -> str:
    """A program of a PostgreSQL that was built with TLS, as Debian's is and the wheel's is not."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        pytest.skip("no PostgreSQL with TLS on this machine")
    return str(found[-1])


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[PostgresServer, Path]]:
    """A server with TLS and a socket, and who vouches for it."""
    authority = Authority(tmp_path)
    authority.serving("127.0.0.1")
    server = PostgresServer(with_tls)
    try:
        server.create()
        pem = server.directory / "server.pem"
        shutil.copy(next(tmp_path.glob("127.0.0.1*.pem")), pem)
        shutil.chown(pem, server.directory.owner())
        pem.chmod(0o600)
        server.start(ssl="on", ssl_cert_file=str(pem), ssl_key_file=str(pem), unix_socket_directories=".")
        yield server, authority.file
    finally:
        server.destroy()


async def test_encrypted_and_local_sessions_are_told_apart(secure: tuple[PostgresServer, Path]) -> None:
    server, ca_file = secure
    url, socket = server.url("root", "postgres"), str(server.directory / "data")

    async def started() -> bool:
        try:
            await (await asyncpg.connect(url, ssl="disable")).close()
        except asyncpg.CannotConnectNowError:
            return False
        return True

    await until(started)
    opened = [
        await asyncpg.connect(url, ssl="require"),
        await asyncpg.connect(url, ssl="disable"),
        await asyncpg.connect(
            host=socket, port=server.port, user="root", password=PASSWORD, database="postgres", ssl=False
        ),
    ]
    try:
        found = (await roles(url, ca_file=str(ca_file)))["postgres/root"]
        assert (found.sessions, found.encrypted, found.local) == (4, 2, 1)  # ours is the fourth, over TLS
    finally:
        for one in opened:
            one.terminate()
