"""Bytes over the wire for what a person does, and what a hung source costs: no more than a live one."""

from __future__ import annotations

import sys
import time

from benchmarks.lab import hung, lab_in_use
from benchmarks.processes import cpu_s
from benchmarks.programs import Program, dashboard
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from benchmarks.terminal import Terminal
from prodtui.lab.state import Lab

HUNG = "prometheus"
WINDOW_S = 20.0
# Longer than a reading may be stale, so that the window shows the source as lost.
UNTIL_LOST_S = 20.0
SETTLE_S = 5.0
LONGEST_S = 20.0
TIMES = 5
# A refresh may fall into the time in which a key's answer is awaited: the median of some tries is without it.
KEYS = {
    "cursor down": b"j",
    "cursor up": b"k",
    "open a service": b"\r",
    "back": b"\x1b",
    "help": b"?",
    "close help": b"\x1b",
}
ANSWER_S = 0.4


def measure() -> Report:
    """One dashboard: its start, its keys, then a source that hangs and lives again."""
    with lab_in_use() as lab:
        program = dashboard(lab)
        with program.start() as terminal:
            if terminal.seconds_until(program.data, LONGEST_S) is None:
                raise Unmeasurable(f"no data within {LONGEST_S:g} s: {terminal.text()[-300:]}")
            terminal.pump_for(SETTLE_S)
            first = len(terminal.raw)
            keys = _keys(terminal)
            live = _window(terminal)
            dead = _while_hung(lab, program, terminal)
    figures = [Figure("start and first 5 s", "bytes", {OURS: [first]}, digits=0)]
    figures += [Figure(name, "bytes", {OURS: sizes}, digits=0) for name, sizes in keys.items()]
    figures += [
        Figure(what, unit, {f"{HUNG} hung": [dead[n]], f"{HUNG} live": [live[n]]}, digits=digits)
        for n, (what, unit, digits) in enumerate((("CPU of a core", "%", 2), ("to the terminal", "bytes/s", 0)))
    ]
    return Report(f"wire: bytes to a terminal of 120x40; each key {TIMES} times; windows of {WINDOW_S:g} s", figures)


def _keys(terminal: Terminal) -> dict[str, list[float]]:
    sizes: dict[str, list[float]] = {name: [] for name in KEYS}
    for _ in range(TIMES):
        for name, key in KEYS.items():
            before = len(terminal.raw)
            terminal.write(key)
            terminal.pump_for(ANSWER_S)
            sizes[name].append(len(terminal.raw) - before)
    return sizes


def _while_hung(lab: Lab, program: Program, terminal: Terminal) -> tuple[float, float]:
    with hung(lab, HUNG):
        terminal.pump_for(UNTIL_LOST_S)
        measured = _window(terminal)
        # The screen must still follow the hand.
        before = len(terminal.raw)
        terminal.write(b"?")
        terminal.pump_for(ANSWER_S)
        if len(terminal.raw) == before:
            raise Unmeasurable(f"{program.name} does not answer keys while {HUNG} hangs")
    return measured


def _window(terminal: Terminal) -> tuple[float, float]:
    """CPU percent and bytes/s over one window."""
    began, cpu, written = time.monotonic(), cpu_s(terminal.pid), len(terminal.raw)
    if not terminal.pump_for(WINDOW_S):
        raise Unmeasurable(f"the dashboard ended: {terminal.text()[-300:]}")
    seconds = time.monotonic() - began
    return 100 * (cpu_s(terminal.pid) - cpu) / seconds, (len(terminal.raw) - written) / seconds


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["wire"]))
