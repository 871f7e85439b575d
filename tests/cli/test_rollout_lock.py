"""A driver that was killed is known to be gone at once on its own host."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from prodtui.cli.rollout_lock import driving, is_gone

DRIVES = """
import sys, time
from prodtui.cli.rollout_lock import driving
with driving("r1", "ana pid 1"):
    print("drives", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_a_driver_is_there_until_it_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", DRIVES], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "drives\n"
        assert not is_gone("r1", "ana pid 1")
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert is_gone("r1", "ana pid 1")
        assert not is_gone("r1", "bo pid 2")


def test_of_one_that_never_ran_here_nothing_is_known() -> None:
    assert not is_gone("r1", "ana pid 1")


def test_one_that_let_go_leaves_nothing() -> None:
    with driving("r1", "ana pid 1"):
        assert not is_gone("r1", "ana pid 1")
    assert not is_gone("r1", "ana pid 1")
