"""A `prodtui watch` that runs as a process of its own, and how it says it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

PATIENCE_S = 30.0


class Running:
    """A watch that runs, with what it has logged so far."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log

    def log(self) -> str:
        return self._log.read_text()

    def until(self, pattern: str) -> re.Match[str]:
        """The first line of the log that has it."""
        ends = time.monotonic() + PATIENCE_S
        while (found := re.search(pattern, self.log())) is None:
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < ends, f"never logged: {pattern}\n{self.log()}"
            time.sleep(0.05)
        return found

    @property
    def url(self) -> str:
        return self.until(r"event=watching .*listen=(\S+)")[1]

    def ends_by(self, how: signal.Signals) -> tuple[int, float]:
        """(exit code, seconds that it took)."""
        began = time.monotonic()
        self.process.send_signal(how)
        return self.process.wait(10), time.monotonic() - began


@contextmanager
def watching(config: Path, folder: Path, **environment: str) -> Iterator[Running]:
    """A watch whose state is in the folder; it is gone afterwards."""
    log = folder / "watch.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRODTUI_", "CONSUL_", "PG"))}
    with log.open("w") as out:
        process = _started(config, out, {**kept, "XDG_STATE_HOME": str(folder / "state"), **environment})
    try:
        yield Running(process, log)
    finally:
        process.kill()
        process.wait(10)


def _started(config: Path, out: IO[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    words = (sys.executable, "-m", "prodtui", "watch", "--config", str(config), "--listen", "127.0.0.1:0")
    return subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, text=True, env=environment)


def get(url: str) -> httpx.Response:
    """What it answers."""
    return httpx.get(url, trust_env=False, timeout=5)


def healthy(url: str) -> dict[str, Any]:
    """The watch's health once every source is live."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        health = dict(get(f"{url}/healthz").json())
        if {source["state"] for source in health["sources"]} == {"live"}:
            return health
        assert time.monotonic() < ends, health
        time.sleep(0.1)
