"""From a key to the complete paint of every screen, and over a slow link, beside peers that open their help."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks.lab import lab_in_use
from benchmarks.programs import Absent, Program, all_peers, dashboard, discard_homes
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from benchmarks.terminal import SlowTerminal, Terminal

BAR_MS = 100.0
TIMES = 7
LONGEST_S = 20.0
SETTLE_S = 6.0
QUIET_S = 0.12
"""A screen is complete when nothing follows for so long; slower is the link, in proportion."""
MOST_S = 6.0
MOST_WAITS = 4
"""A program that paints all the time is not waited for."""
LINK_BYTES_S, LINK_DELAY_S = 8_000, 0.3
"""64 kbit/s and 300 ms from a key to the first byte that answers it."""
PLACES: Mapping[str, tuple[bytes, bytes]] = {
    "service": (b"\r", b"\x1b"),
    "why": (b"w", b"w"),
    "first cause": (b"f", b"\x1b"),
    "a panel full": (b"2", b"2"),
    "sources": (b":sources\r", b"\x1b"),
    "events": (b":events\r", b"\x1b"),
    "dependencies": (b":deps\r", b"\x1b"),
    "help": (b"?", b"\x1b"),
    "cursor": (b"j", b"k"),
}
"""By what it opens: the keys there and back. Each starts on the overview."""
HELP = {"top, 2 s": (b"h", b"q"), "btop, 2 s": (b"h", b"\x1b"), "pg_activity, 2 s": (b"h", b"h")}


def measure() -> Report:
    """One dashboard on a fast terminal, one on a slow one; the peers that have a help screen on both."""
    with lab_in_use() as lab:
        ours = dashboard(lab)
        peers = all_peers(lab)
        try:
            figures = _on_a_fast_terminal(ours, peers)
            figures += _over_a_slow_link(ours, peers)
        finally:
            discard_homes(peers)
    return Report(
        f"screens: from a key to the last byte of the paint, 120x40, {TIMES} times each; the slow link carries "
        f"{LINK_BYTES_S * 8 // 1000} kbit/s with {LINK_DELAY_S * 1000:.0f} ms",
        figures,
    )


def _on_a_fast_terminal(ours: Program, peers: Sequence[Program | Absent]) -> list[Figure]:
    with ours.start() as terminal:
        _ready(ours, terminal)
        found = {name: [_paint_ms(terminal, *keys) for _ in range(TIMES)] for name, keys in PLACES.items()}
    theirs = {peer.name: _help_ms(peer) for peer in peers if peer.name in HELP}
    return [
        Figure(name, "ms", {OURS: times, **(theirs if name == "help" else {})}, BAR_MS, digits=0)
        for name, times in found.items()
    ]


def _over_a_slow_link(ours: Program, peers: Sequence[Program | Absent]) -> list[Figure]:
    with SlowTerminal(ours.argv, bytes_per_s=LINK_BYTES_S, delay_s=LINK_DELAY_S) as terminal:
        _ready(ours, terminal)
        found = {name: [_paint_ms(terminal, *PLACES[name]) for _ in range(3)] for name in ("cursor", "service", "help")}
    theirs = {peer.name: _help_ms(peer, slow=True) for peer in peers if peer.name in HELP}
    return [
        Figure(f"slow link: {name}", "ms", {OURS: times, **(theirs if name == "help" else {})}, digits=0)
        for name, times in found.items()
    ]


def _help_ms(peer: Program | Absent, *, slow: bool = False) -> list[float] | str:
    if isinstance(peer, Absent):
        return peer.reason
    argv, environment = peer.argv, peer.environment
    terminal: Terminal = (
        SlowTerminal(argv, bytes_per_s=LINK_BYTES_S, delay_s=LINK_DELAY_S, environment=environment)
        if slow
        else Terminal(argv, environment=environment)
    )
    with terminal:
        if terminal.seconds_until(peer.data, LONGEST_S) is None:
            return f"no data within {LONGEST_S:g} s"
        terminal.pump_for(1.0)
        return [_paint_ms(terminal, *HELP[peer.name]) for _ in range(3)]


def _ready(program: Program, terminal: Terminal) -> None:
    if terminal.seconds_until(program.data, LONGEST_S) is None:
        raise Unmeasurable(f"no data within {LONGEST_S:g} s: {terminal.text()[-300:]}")
    terminal.pump_for(SETTLE_S)


def _paint_ms(terminal: Terminal, there: bytes, back: bytes) -> float:
    """Milliseconds from the key until nothing more follows."""
    for _ in range(MOST_WAITS):  # what a poll just changed is painted first
        if _quiet_after(terminal, time.monotonic()) is None:
            break
    began = time.monotonic()
    terminal.write(there)
    painted = _quiet_after(terminal, began)
    terminal.write(back)
    _quiet_after(terminal, time.monotonic())
    if painted is None:
        raise Unmeasurable(f"nothing is painted for {there!r}: {terminal.text()[-200:]}")
    return (painted - began) * 1000


def _quiet_after(terminal: Terminal, began: float) -> float | None:
    """When the last byte came before it was quiet; None where none came."""
    quiet_s = QUIET_S + 2 * terminal.delay_s
    last: float | None = None
    while time.monotonic() < (last or began) + quiet_s and time.monotonic() < began + MOST_S:
        before = len(terminal.raw)
        if not terminal.pump(0.01):
            raise Unmeasurable(f"the program ended: {terminal.text()[-300:]}")
        if len(terminal.raw) > before:
            last = terminal.written_at
    return last


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["screens"]))
