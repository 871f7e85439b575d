"""What a dashboard left open costs: CPU, memory and bytes to the terminal, beside the peers in the same seconds."""

from __future__ import annotations

import sys
import time
import zlib

from benchmarks.lab import lab_in_use
from benchmarks.processes import cpu_s, rss_mb
from benchmarks.programs import REFRESH_S, Absent, Program, all_peers, dashboard, discard_homes
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from benchmarks.terminal import Terminal, pump_together

CPU_BAR_PERCENT = 2.5
"""With the journal on, as it is by default."""
RSS_BAR_MB = 85
BYTES_BAR = 2_500
WINDOW_S = 30.0
WINDOWS = 3
SETTLE_S = 5.0
LONGEST_S = 20.0

Values = dict[str, list[float] | str]


def measure() -> Report:
    """Opens all programs at once and watches them side by side."""
    with lab_in_use() as lab:
        programs = [dashboard(lab), *all_peers(lab)]
        open_now: dict[str, Terminal] = {}
        absent = {p.name: p.reason for p in programs if isinstance(p, Absent)}
        try:
            for program in programs:
                if isinstance(program, Program):
                    open_now[program.name] = program.start()
                    if not _has_data(program, open_now[program.name]):
                        absent[program.name] = f"no data within {LONGEST_S:g} s"
                        open_now.pop(program.name).close()
            if OURS not in open_now:
                raise Unmeasurable(f"the dashboard shows {absent[OURS]}")
            pump_together([*open_now.values()], SETTLE_S)
            windows = [_window(open_now) for _ in range(WINDOWS)]
        finally:
            for terminal in open_now.values():
                terminal.close()
            discard_homes(programs)

    def of(column: int) -> Values:
        return {p.name: absent.get(p.name) or [window[p.name][column] for window in windows] for p in programs}

    return Report(
        f"steady state: 120x40, refresh {REFRESH_S} s, lab running, {WINDOWS} windows of {WINDOW_S:g} s side by side",
        [
            Figure("CPU of a core", "%", of(0), CPU_BAR_PERCENT),
            Figure("RSS", "MB", of(1), RSS_BAR_MB, digits=1),
            Figure("to the terminal", "bytes/s", of(2), BYTES_BAR, digits=0),
            Figure("the same through zlib, as `ssh -C`", "bytes/s", of(3), digits=0),
        ],
    )


def _has_data(program: Program, terminal: Terminal) -> bool:
    return terminal.seconds_until(program.data, LONGEST_S) is not None


def _window(terminals: dict[str, Terminal]) -> dict[str, tuple[float, float, float, float]]:
    """CPU percent, MB, bytes/s and compressed bytes/s of each program over one window."""
    began = time.monotonic()
    before = {name: (cpu_s(terminal.pid), len(terminal.raw)) for name, terminal in terminals.items()}
    pump_together([*terminals.values()], WINDOW_S)
    seconds = time.monotonic() - began
    measured = {}
    for name, terminal in terminals.items():
        cpu_before, written_before = before[name]
        if not terminal.pump(0):
            raise Unmeasurable(f"{name} ended while it was watched: {terminal.text()[-300:]}")
        written = bytes(terminal.raw[written_before:])
        cpu = 100 * (cpu_s(terminal.pid) - cpu_before) / seconds
        sizes = len(written) / seconds, len(zlib.compress(written, 6)) / seconds
        measured[name] = (cpu, rss_mb(terminal.pid), *sizes)
    return measured


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["steady"]))
