"""`prodtui check`: what the gate costs a pipeline, in its parts."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median
from typing import Any

from benchmarks.lab import lab_in_use
from benchmarks.programs import prodtui_command
from benchmarks.table import OURS, Figure, Report, Unmeasurable

APART_S = 1.0
"""Between its two readings, which rates need."""
SOURCE_SHARE = 1.2
RUNS = 7
LONGEST_S = 60.0
_TOLD = (0, 1, 3)
"""Exit codes with a report: what it costs does not depend on the verdict."""
# What the command can't be without before it asks anything.
_IMPORTS = (
    "import httpx, asyncpg, prometheus_api_client, pydantic_settings, typer, msgspec, sqlite3, "
    "prodtui.cli.main, prodtui.watch"
)


def measure() -> Report:
    """Times the command whole, from exec to exit, in turn with its imports alone and with a reading of the sources."""
    whole: list[float] = []
    imports: list[float] = []
    slowest: list[float] = []
    names: set[str] = set()
    with lab_in_use() as lab:
        config = ["--config", str(lab.config_path)]
        # The first round fills caches, compiled files among them, and does not count.
        for number in range(RUNS + 1):
            seconds, _ = _timed([*prodtui_command(), *config, "check", "--format", "json"])
            start_up, _ = _timed([sys.executable, "-c", _IMPORTS])
            _, said = _timed([*prodtui_command(), *config, "sources", "--format", "json"])
            name, latency_s = _slowest(said)
            if number:
                whole.append(seconds)
                imports.append(start_up)
                slowest.append(latency_s)
                names.add(name)
    bar = median(imports) + APART_S + SOURCE_SHARE * median(slowest)
    return Report(
        f"check: wall time from exec to exit on the healthy lab, {RUNS} runs; the bar is the sum of its parts",
        [
            Figure("whole", "s", {OURS: whole}, round(bar, 3)),
            Figure("start-up: its imports alone", "s", {OURS: imports}),
            Figure("between its two readings", "s", {OURS: [APART_S]}),
            Figure("the slowest source, first read", "s", {OURS: slowest}, digits=3),
        ],
        [
            f"slowest: {', '.join(sorted(names))}; the bar takes {SOURCE_SHARE:g} times its latency",
            f"beyond its parts: {(median(whole) - bar) * 1000:+.0f} ms",
        ],
    )


def _timed(argv: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unmeasurable(f"{argv[0]} did not return within {LONGEST_S:g} s") from error
    seconds = time.perf_counter() - began
    if done.returncode not in _TOLD:
        raise Unmeasurable(f"{' '.join(argv)} exits {done.returncode}: {(done.stderr or done.stdout).strip()[:300]}")
    return seconds, done.stdout


def _slowest(said: str) -> tuple[str, float]:
    document: dict[str, Any] = json.loads(said)
    sources = [source for source in document["sources"] if source["latency_s"] is not None]
    if not sources:
        raise Unmeasurable("no source of the lab answered")
    found = max(sources, key=lambda source: float(source["latency_s"]))
    return found["name"], float(found["latency_s"])


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["check"]))
