"""One Prometheus for this folder's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.metrics.rig import Rig, rig


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("prometheus")) as running:
        yield running
