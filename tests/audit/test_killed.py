"""SIGKILL at any moment of writing leaves a trail that verifies, with every entry that was told to be kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TIMES = 100
SEED = 7


def test_a_trail_verifies_after_each_of_a_hundred_kills_at_random_moments(tmp_path: Path) -> None:
    places = (str(tmp_path / "prodtui.db"), str(tmp_path / "store.heads"))
    command = [sys.executable, "-m", "tests.audit.killed", *places, str(TIMES), str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 0, done.stderr
    times = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert len(times) == TIMES
    for entries, proven, told, found in times:
        assert found == "whole"
        assert int(entries) >= int(proven) >= int(told)
    assert any(int(entries) > int(proven) for entries, proven, _, _ in times), "some between the store and its head"
