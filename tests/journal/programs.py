"""Programs of their own that keep a journal: what is limited there limits nobody else, and may be killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

KEEP = """
import asyncio, os, resource, sys, time
import prodtui.journal.sqlite_ground
from tests.journal.keeping import mark, reading, sqlite_journal

async def keep(directory, seconds):
    journal = sqlite_journal(directory)
    task = asyncio.create_task(journal.run())
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        at = time.time()
        if journal.due(at):
            journal.append(mark(at))
        journal.append(reading(at, output=os.urandom(2000).hex()))
        await asyncio.sleep(0.005)
    print(journal.notice)
    task.cancel()
    await journal.close()

"""
"""A program of its own: what is limited there limits nobody else, and what is killed is nothing else."""


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that users without rights reach too."""
    place = Path(tempfile.mkdtemp(prefix="prodtui-journal-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def said_by(program: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", KEEP + program, str(where)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
