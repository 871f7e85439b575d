"""What a program and everything it started take from the machine, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, of the process, its descendants and those it has waited for."""
    ticks = 0
    for process in _tree(pid):
        try:
            # After the command's name, which may hold blanks: fields 14..17 of proc(5) are the four times.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Resident memory of the process and its descendants, MB (2^20 bytes)."""
    kilobytes = 0
    for process in _tree(pid):
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return kilobytes / 1024


def _tree(pid: int) -> list[int]:
    found: list[int] = []
    pending = [pid]
    while pending:
        process = pending.pop()
        found.append(process)
        try:
            for children in Path(f"/proc/{process}/task").glob("*/children"):
                pending += [int(child) for child in children.read_text().split()]
        except OSError:
            continue
    return found
