"""One PostgreSQL for all tests of the store; each keeps to a schema of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
