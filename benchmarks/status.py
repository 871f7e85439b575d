"""`prodtui status`: how long a script waits for it on the healthy lab, and when one source hangs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from benchmarks.lab import hung, lab_in_use
from benchmarks.programs import prodtui_command
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from prodtui.lab.state import Lab

HEALTHY_BAR_S = 1.2
HUNG_BAR_S = 5.0
RUNS = 7
RUNS_HUNG = 3
HUNG = "prometheus"
LONGEST_S = 30.0
# What no reader of these systems in this language can be without: the floor under the command.
_LIBRARIES = "import httpx, asyncpg, prometheus_api_client, pydantic_settings, typer, msgspec"


def measure() -> Report:
    """Times the command whole, from exec to exit, in turn with the mere import of its libraries."""
    healthy: dict[str, list[float]] = {}
    waiting: list[float] = []
    said: list[str] = []
    with lab_in_use() as lab:
        command = [*prodtui_command(), "--config", str(lab.config_path), "status", "--format", "json"]
        floor = [sys.executable, "-c", _LIBRARIES]
        # The first round fills caches, compiled files among them, and does not count.
        for number in range(RUNS + 1):
            for name, argv in ((OURS, command), ("import of its libraries alone", floor)):
                seconds, _ = _timed(argv)
                if number:
                    healthy.setdefault(name, []).append(seconds)
        with hung(lab, HUNG):
            for _ in range(RUNS_HUNG):
                seconds, output = _timed(command)
                waiting.append(seconds)
                said.append(_said_of(lab, output))
    return Report(
        f"status: wall time from exec to exit, {RUNS} runs; {HUNG} stopped by SIGSTOP for {RUNS_HUNG} more",
        [
            Figure("healthy lab", "s", healthy, HEALTHY_BAR_S),
            Figure(f"{HUNG} hung", "s", {OURS: waiting}, HUNG_BAR_S),
        ],
        [f"while it hung, of {HUNG}: {'; '.join(sorted(set(said)))}"],
    )


def _timed(argv: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unmeasurable(f"{argv[0]} did not return within {LONGEST_S:g} s") from error
    seconds = time.perf_counter() - began
    if done.returncode:
        raise Unmeasurable(f"{' '.join(argv)} exits {done.returncode}: {done.stderr.strip()[-300:]}")
    return seconds, done.stdout


def _said_of(lab: Lab, output: str) -> str:
    """What the command says of the source that hangs."""
    document: dict[str, Any] = json.loads(output)
    for source in document["sources"]:
        if source["kind"] == HUNG:
            cause = source["cause"] or {"class": "no cause", "message": ""}
            return f"{source['name']} {source['state']}, {cause['class']}: {cause['message']}"
    return f"NOT NAMED in the answer about {lab.config_path}"


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["status"]))
