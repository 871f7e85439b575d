"""10,000 rows in prodtui's grid and in Textual's DataTable: a real program on a terminal each, so that bytes count."""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import quantiles

from benchmarks.grid_programs import label
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from benchmarks.terminal import Terminal

STALL_BAR_MS = 50
KEY_BAR_MS = 40
CELL_BAR_BYTES = 200
RUNS = 3
KEYS = 200
CELL_CHANGES = 5
LONGEST_S = 30.0
QUIET_S = 0.4
DOWN = b"\x1b[B"

PROGRAMS = {OURS: "ours", "Textual DataTable": "peer"}
_GROUND = re.compile(rb"\x1b\[(?:[0-9;]*;)?(48;5;\d+|48;2;\d+;\d+;\d+)[0-9;]*m")


def measure() -> Report:
    """Runs both programs in turn, three times each."""
    stalls: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    middles: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    tails: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    sizes: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(RUNS):
        for name, program in PROGRAMS.items():
            stall_ms, key_ms, cell_bytes = _run(program)
            cuts = quantiles(key_ms, n=100)
            stalls[name].append(stall_ms)
            middles[name].append(cuts[49])
            tails[name].append(cuts[98])
            sizes[name].extend(cell_bytes)
    return Report(
        f"grid: 10,000 rows of 8 columns on a terminal of 120x40, {RUNS} runs, {KEYS} cursor keys each",
        [
            Figure("longest stall on load", "ms", stalls, STALL_BAR_MS, digits=0),
            Figure("key to paint p50, 1 % changing every 2 s", "ms", middles, digits=1),
            Figure("key to paint p99, 1 % changing every 2 s", "ms", tails, KEY_BAR_MS, digits=1),
            Figure("one changed visible cell", "bytes", sizes, CELL_BAR_BYTES, digits=0),
        ],
        ["rows are made before they are loaded; keys are `down` at random 30–100 ms, most of them scroll"],
    )


def _run(program: str) -> tuple[float, list[float], list[float]]:
    """The load's longest stall in ms, each key's time to paint in ms, the bytes of each changed cell."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "stall"
        command = [sys.executable, "-m", "benchmarks.grid_programs", program, str(report)]
        environment = {"PYTHONPATH": str(Path(__file__).parent.parent)}
        with Terminal(command, environment=environment) as terminal:
            if terminal.seconds_until(re.compile("ready"), LONGEST_S) is None:
                raise Unmeasurable(f"{program} did not start: {terminal.text()[-300:]}")
            terminal.pump_for(QUIET_S)
            before = len(terminal.raw)
            terminal.write(b"L")
            _wait(terminal, report.exists, "load of the rows")
            terminal.pump_for(QUIET_S)
            select = _ground_of(bytes(terminal.raw[before:]), label(0))
            if select is None:
                raise Unmeasurable(f"{program} shows no rows: {terminal.text()[-300:]}")
            cells = [float(_bytes_of_change(terminal)) for _ in range(CELL_CHANGES)]
            terminal.write(b"u")
            return float(report.read_text()) * 1000, _keys(terminal, select), cells


def _bytes_of_change(terminal: Terminal) -> int:
    before = len(terminal.raw)
    terminal.write(b"c")
    terminal.pump_for(QUIET_S)
    return len(terminal.raw) - before


def _keys(terminal: Terminal, select: bytes) -> list[float]:
    """From each key written to its row's first cell painted on the cursor's ground, in ms."""
    chance = random.Random(7)  # noqa: S311
    times: list[float] = []
    for number in range(1, KEYS + 1):
        terminal.pump_for(chance.uniform(0.03, 0.1))
        painted = partial(_is_painted, terminal, len(terminal.raw), label(number), select)
        pressed = time.monotonic()
        terminal.write(DOWN)
        _wait(terminal, painted, f"the cursor on {label(number)}")
        times.append((terminal.written_at - pressed) * 1000)
    return times


def _wait(terminal: Terminal, arrived: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LONGEST_S
    while not arrived():
        if not terminal.pump(0.05) or time.monotonic() > end:
            raise Unmeasurable(f"not seen: {what}")


def _is_painted(terminal: Terminal, since: int, text: str, ground: bytes) -> bool:
    return _ground_of(bytes(terminal.raw[since:]), text) == ground


def _ground_of(raw: bytes, text: str) -> bytes | None:
    """The background on which the text was painted last."""
    at = raw.rfind(text.encode())
    grounds = _GROUND.findall(raw, 0, at) if at >= 0 else []
    return grounds[-1] if grounds else None


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["grid"]))
