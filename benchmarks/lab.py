"""The lab that the benchmarks measure against: the one that runs, else one of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.table import Unmeasurable
from prodtui.lab import stack
from prodtui.lab.errors import LabError
from prodtui.lab.processes import alive
from prodtui.lab.state import Lab, load

Status = dict[str, Any]
"""What `prodtui status --format json` prints."""


def prodtui(*words: str) -> subprocess.CompletedProcess[str]:
    """One prodtui command, as a person would type it."""
    return subprocess.run([sys.executable, "-m", "prodtui", *words], capture_output=True, text=True, check=False)


@contextmanager
def lab_in_use() -> Iterator[Lab]:
    """The running lab, left as it is; where none runs one is started, and taken down again."""
    lab = stack.running()
    if lab is not None:
        yield lab
        return
    try:
        lab = stack.up(say=_say)
    except LabError as error:
        raise Unmeasurable(f"there is no lab to measure against: {error}") from error
    try:
        yield lab
    finally:
        stack.down(say=_say)


@contextmanager
def hung(lab: Lab, name: str) -> Iterator[None]:
    """The server stopped in its tracks: it accepts connections and answers nothing. It goes on again, whatever happens.

    Raises Unmeasurable when the recorded process is not there.
    """
    state = load(lab.directory)
    process = state.process(name) if state is not None else None
    # A pid alone may name somebody else's process by now; the lab knows its own by their start time.
    if process is None or not alive(process):
        raise Unmeasurable(f"the lab's {name} does not run")
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if alive(process):
            os.kill(process.pid, signal.SIGCONT)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
