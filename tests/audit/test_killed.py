"""SIGKILL at any moment of writing leaves a trail that verifies, with every entry that was told to be kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.audit import killed

TIMES = 100
SEED = 7


def test_a_trail_verifies_after_each_of_a_hundred_kills_at_random_moments(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        killed.__name__,
        tmp_path / "prodtui.db",
        tmp_path / "store.heads",
        str(TIMES),
        "7",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stderr
    times = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert len(times) == TIMES
    for entries, proven, told, found in times:
        assert found == "whole"
        assert int(entries) >= int(proven) >= int(told)
    assert any(int(entries) > int(proven) for entries, proven, _, _ in times), (
        "some were killed before the head was kept"
    )
