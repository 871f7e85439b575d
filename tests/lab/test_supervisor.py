"""The supervisor of the lab's canary: what ends is started again, and what it started goes with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodtui.lab.processes import start_time
from tests.lab.observe import until

SLEEPS = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
ENDS = "import sys, time; print(time.monotonic(), flush=True); sys.exit(3)"


@contextmanager
def supervised(program: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A supervisor of this Python program, whose output it passes on; its own goes to the log."""
    command = [sys.executable, "-m", "prodtui.lab.supervisor", sys.executable, "-c", program]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_what_ends_is_started_again_after_a_pause_that_doubles(tmp_path: Path) -> None:
    with supervised(ENDS, tmp_path / "log") as supervisor:
        first, second, third = (float(line_of(supervisor)) for _ in range(3))
    assert second - first > 0.5
    assert third - second > 1.0
    assert "ended with exit code 3, started again in 0.5 s" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_the_process_goes_with_its_supervisor_however_that_ends(tmp_path: Path, ending: signal.Signals) -> None:
    with supervised(SLEEPS, tmp_path / "log") as supervisor:
        child = int(line_of(supervisor))
        supervisor.send_signal(ending)
        assert supervisor.wait(5) == (0 if ending is signal.SIGTERM else -ending)
        until(lambda: start_time(child) is None, "the process is gone")


def test_how_it_was_killed_is_said(tmp_path: Path) -> None:
    with supervised(SLEEPS, tmp_path / "log") as supervisor:
        os.kill(int(line_of(supervisor)), signal.SIGSEGV)
        line_of(supervisor)
        assert "killed by SIGSEGV, started again" in (tmp_path / "log").read_text()
