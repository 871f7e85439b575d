"""Where what is kept may be: in SQLite, and in a PostgreSQL that all tests of a package share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.sources.pools.servers import PostgresServer


@pytest.fixture(scope="package")
def postgres() -> Iterator[PostgresServer]:
    """A server of the package's own; each test keeps to a schema of its own."""
    server = PostgresServer()
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.destroy()


@pytest.fixture(params=["sqlite", "postgresql"])
async def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place where nothing was kept before."""
    if request.param == "sqlite":
        return str(tmp_path / "state" / "kept")
    url = request.getfixturevalue("postgres").url("root", "postgres")
    schema = f"s{abs(hash(tmp_path))}"
    root = await asyncpg.connect(url)
    await root.execute(f"create schema {schema}")
    await root.close()
    return f"{url}?search_path={schema}"
