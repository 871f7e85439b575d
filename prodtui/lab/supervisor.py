"""Keeps a process running: `python -m prodtui.lab.supervisor COMMAND...`, started again whenever it ends."""

from __future__ import annotations

import ctypes
import logging
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0
_WELL_AFTER_S = 30.0  # what ran for so long starts with the first pause again
_PATIENCE_S = 3.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def run(command: Sequence[str]) -> NoReturn:
    """Run the command until SIGTERM or SIGINT; the pause between two starts doubles, as elsewhere."""
    pause_s = _FIRST_PAUSE_S
    while True:
        began = time.monotonic()
        child = subprocess.Popen(command, preexec_fn=_bound)
        try:
            code = child.wait()
        finally:
            _end(child)
        if time.monotonic() - began > _WELL_AFTER_S:
            pause_s = _FIRST_PAUSE_S
        _log.warning("%s, started again in %.1f s", _outcome(code), pause_s)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _bound() -> None:
    """In the child: it goes with its supervisor, however that ends, and leaves no core behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _outcome(code: int) -> str:
    return f"ended with exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def main() -> NoReturn:
    """Supervise the command on the command line."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m prodtui.lab.supervisor COMMAND...")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    run(sys.argv[1:])


if __name__ == "__main__":
    main()
