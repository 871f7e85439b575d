"""One real lab for the whole session, on ports of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodtui.lab import stack
from prodtui.lab.state import Lab

# The first test that needs the lab waits for it, and the very first time for its servers' packages too.
_UP_S = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test that uses the lab the time to bring it up."""
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_UP_S))
            break


@pytest.fixture(scope="session")
def lab_place() -> Iterator[Path]:
    """A folder for labs: short, and open to the user PostgreSQL runs as, which pytest's own are not."""
    place = Path(tempfile.mkdtemp(prefix="prodtui-"))
    if os.geteuid() == 0:
        place.chmod(0o711)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def lab(lab_place: Path) -> Iterator[Lab]:
    """The session's lab, well when it is handed out first. Faults: `tests.faults.fault`."""
    directory = lab_place / "lab"
    running = stack.up(directory)
    try:
        yield running
    finally:
        stack.down(directory)
