"""Where trails are kept: in SQLite, and in a PostgreSQL that all tests of the package share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from prodtui.audit.heads import Heads
from prodtui.audit.trail import Trail
from tests.audit.trails import trail_at
from tests.databases import postgres as postgres
from tests.databases import where as where


@pytest.fixture
def heads(tmp_path: Path) -> Heads:
    return Heads(tmp_path / "heads" / "store.heads")


@pytest.fixture
async def trail(where: str, heads: Heads) -> AsyncIterator[Trail]:
    opened = trail_at(where, heads)
    yield opened
    await opened.close()
