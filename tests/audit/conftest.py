"""Where trails are kept: in SQLite, and in a PostgreSQL that all tests of the package share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from prodtui.audit.heads import Heads
from prodtui.audit.trail import Trail
from tests.audit.trails import trail_at
from tests.sources.pools.servers import PostgresServer


@pytest.fixture(scope="package")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.destroy()


@pytest.fixture(params=["sqlite", "postgresql"])
async def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place where no store was before."""
    if request.param == "sqlite":
        return str(tmp_path / "state" / "prodtui.db")
    url = request.getfixturevalue("postgres").url("root", "postgres")
    schema = f"s{abs(hash(tmp_path))}"
    root = await asyncpg.connect(url)
    await root.execute(f"create schema {schema}")
    await root.close()
    return f"{url}?search_path={schema}"


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "heads" / "store.heads")


@pytest.fixture
async def trail(where: str, heads: Heads) -> AsyncIterator[Trail]:
    opened = trail_at(where, heads)
    yield opened
    await opened.close()
