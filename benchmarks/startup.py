"""How long somebody waits: from exec to the first frame, and to the first data, beside the peers in the same run."""

from __future__ import annotations

import re
import sys

from benchmarks.lab import lab_in_use
from benchmarks.programs import Absent, Program, all_peers, dashboard, discard_homes
from benchmarks.table import OURS, Figure, Report, Unmeasurable

FRAME_BAR_S = 0.35
DATA_BAR_S = 0.7
RUNS = 7
LONGEST_S = 20.0
# A mute terminal costs some peers ten seconds a start.
RUNS_OF_MUTE_PEERS = 1

Times = dict[str, list[float] | str]


def measure() -> Report:
    """Starts each program in turn, round after round, so that what disturbs one disturbs all."""
    with lab_in_use() as lab:
        programs = [dashboard(lab), *all_peers(lab)]
        try:
            frames, data = _rounds(programs, RUNS, answering=True)
            _, mute = _rounds(programs[:1], RUNS, answering=False)
            _, mute_peers = _rounds(programs[1:], RUNS_OF_MUTE_PEERS, answering=False)
        finally:
            discard_homes(programs)
    return Report(
        f"start-up: seconds from exec on a terminal of 120x40, {RUNS} starts each, the lab running",
        [
            Figure("first frame", "s", frames, FRAME_BAR_S),
            Figure("first data", "s", data, DATA_BAR_S),
            Figure("first data, mute terminal", "s", {**mute, **mute_peers}, DATA_BAR_S),
        ],
    )


def _rounds(programs: list[Program | Absent], runs: int, *, answering: bool) -> tuple[Times, Times]:
    frames: dict[str, list[float]] = {}
    data: dict[str, list[float]] = {}
    absent: dict[str, str] = {}
    # The first round fills caches, compiled files among them, and does not count.
    for number in range(runs + 1 if runs > 1 else runs):
        for program in programs:
            if isinstance(program, Absent):
                absent[program.name] = program.reason
                continue
            if program.name in absent:
                continue
            try:
                frame_s, data_s = _start(program, answering=answering)
            except Unmeasurable as error:
                if program.name == OURS:
                    raise
                absent[program.name] = str(error)
                continue
            if number > 0 or runs == 1:
                frames.setdefault(program.name, []).append(frame_s)
                data.setdefault(program.name, []).append(data_s)
    order = [program.name for program in programs]
    return (
        {name: absent.get(name) or frames[name] for name in order},
        {name: absent.get(name) or data[name] for name in order},
    )


def _start(program: Program, *, answering: bool) -> tuple[float, float]:
    with program.start(answering=answering) as terminal:
        return tuple(  # type: ignore[return-value]
            _seen(program, what, pattern, terminal.seconds_until(pattern, LONGEST_S), terminal.text())
            for what, pattern in (("first frame", program.frame), ("first data", program.data))
        )


def _seen(program: Program, what: str, pattern: re.Pattern[str], seconds: float | None, text: str) -> float:
    if seconds is None:
        last = " ".join(text.split())[-300:]
        raise Unmeasurable(f"{program.name}: no {what} ({pattern.pattern!r}) within {LONGEST_S:g} s; last: {last}")
    return seconds


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["startup"]))
