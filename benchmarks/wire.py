"""Bytes over the wire for what a person does; what a source that hangs or is dead costs: no more than a live one."""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from benchmarks.lab import hung, lab_in_use
from benchmarks.processes import cpu_s
from benchmarks.programs import dashboard
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from benchmarks.terminal import Terminal
from prodtui.lab import faults

SOURCE = "prometheus"
FAULT = "metrics-down"
KEY_BAR_MS = 50.0
"""From a key to the last byte of its answer, also while a source hangs or is dead."""
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
PAINTED_S = 0.03
"""A key is answered when nothing follows for so long."""


class Window(NamedTuple):
    """What a stretch of time took."""

    cpu_percent: float
    bytes_per_s: float
    keys_ms: list[float]
    """Of a key each, from pressing it to the last byte of its answer."""


def measure() -> Report:
    """One dashboard: its start, its keys, then a source that hangs, lives again, and dies."""
    with lab_in_use() as lab:
        program = dashboard(lab)
        with program.start() as terminal:
            if terminal.seconds_until(program.data, LONGEST_S) is None:
                raise Unmeasurable(f"no data within {LONGEST_S:g} s: {terminal.text()[-300:]}")
            terminal.pump_for(SETTLE_S)
            first = len(terminal.raw)
            keys = _keys(terminal)
            windows = {f"{SOURCE} live": _window(terminal)}
            with hung(lab, SOURCE):
                terminal.pump_for(UNTIL_LOST_S)
                windows[f"{SOURCE} hung"] = _window(terminal)
            terminal.pump_for(UNTIL_LOST_S)
            faults.inject(lab, FAULT)
            try:
                terminal.pump_for(UNTIL_LOST_S)
                windows[f"{SOURCE} dead"] = _window(terminal)
            finally:
                faults.heal(lab, FAULT)
    figures = [Figure("start and first 5 s", "bytes", {OURS: [first]}, digits=0)]
    figures += [Figure(name, "bytes", {OURS: sizes}, digits=0) for name, sizes in keys.items()]
    for name, window in windows.items():
        live = {} if name.endswith("live") else {f"{SOURCE} live": windows[f"{SOURCE} live"]}
        both = {name: window, **live}
        figures += [
            Figure("CPU of a core", "%", {one: [seen.cpu_percent] for one, seen in both.items()}),
            Figure("to the terminal", "bytes/s", {one: [seen.bytes_per_s] for one, seen in both.items()}, digits=0),
            Figure("a key", "ms", {one: seen.keys_ms for one, seen in both.items()}, KEY_BAR_MS, digits=0),
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


def _window(terminal: Terminal) -> Window:
    """A stretch in which nobody touches a key, then some keys. Raises Unmeasurable where a key is not answered."""
    began, cpu, written = time.monotonic(), cpu_s(terminal.pid), len(terminal.raw)
    if not terminal.pump_for(WINDOW_S):
        raise Unmeasurable(f"the dashboard ended: {terminal.text()[-300:]}")
    seconds = time.monotonic() - began
    percent, rate = 100 * (cpu_s(terminal.pid) - cpu) / seconds, (len(terminal.raw) - written) / seconds
    return Window(percent, rate, [_answered_ms(terminal, key) for _ in range(TIMES) for key in (b"j", b"k")])


def _answered_ms(terminal: Terminal, key: bytes) -> float:
    before = -1
    while len(terminal.raw) != before:  # what a poll just changed is painted first
        before = len(terminal.raw)
        terminal.pump_for(PAINTED_S)
    began = time.monotonic()
    terminal.write(key)
    while terminal.written_at < began or time.monotonic() < terminal.written_at + PAINTED_S:
        terminal.pump(PAINTED_S)
        if time.monotonic() > began + LONGEST_S:
            raise Unmeasurable(f"no answer to {key!r}")
    return (terminal.written_at - began) * 1000


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["wire"]))
