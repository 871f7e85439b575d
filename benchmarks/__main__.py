"""`python -m benchmarks [NAME…]`: measure, and print each benchmark's table beside its bar and its peers.

Exit codes: 0 measured, over the bar or not; 1 something could not be measured; 2 usage.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from benchmarks.table import Unmeasurable, render

BENCHMARKS = {
    "startup": "first frame and first data, from exec",
    "steady": "CPU, memory and bytes/s of a dashboard left open",
    "grid": "10,000 rows: load, key to paint, bytes for one changed cell",
    "status": "`prodtui status` on the healthy lab, and with one source hung",
    "screens": "from a key to the complete paint of every screen, also over 64 kbit/s and 300 ms",
    "wire": "bytes for a key, a screen and a hung source",
    "scan": "the standard library: time a line beside ruff and a mere parse",
    "assess": "10,000 services judged, and the 1 % that changed",
    "check": "what `check` costs besides its sources",
    "fleet": "10,000 instances of a real registry, 1 % changing every 2 s: CPU, memory, key to paint",
    "load": "what `prodtui load` costs of k6's throughput: 1,000 users × 100 requests, beside k6 alone",
    "seek": "any moment of six hours of the lab's journal",
    "rollout": "CPU and memory of a rollout with twenty criteria",
    "drills": "each fault of the lab injected, and what is named as the first cause: writes docs/drills.md",
    "drills_rollout": "good and bad builds rolled out in the lab: writes docs/drills-rollout.md",
    "verdicts": "what the gate decides on the healthy lab and on each fault: writes docs/verdicts.md",
}
# What breaks the lab on purpose takes minutes: only when asked for.
_ON_REQUEST = ("drills", "drills_rollout", "verdicts")
_BY_DEFAULT = [name for name in BENCHMARKS if name not in _ON_REQUEST]


def main(words: Sequence[str] | None = None) -> int:
    """Runs the benchmarks asked for, all that break nothing by default; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measured comparisons with the peers.")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(BENCHMARKS)}; all but {', '.join(_ON_REQUEST)} by default",
    )
    parser.add_argument("--list", action="store_true", help="say what can be measured")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if asked.list:
        width = max(map(len, BENCHMARKS))
        print("\n".join(f"{name:<{width}}  {what}" for name, what in BENCHMARKS.items()))
        return 0
    # A lab that was started is taken down, and a server that was stopped goes on, also when this is ended from outside.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    # The figures are wall time: a busy machine spoils them, and the reader must be able to see it.
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the start\n", flush=True)
    code = 0
    for name in asked.names or _BY_DEFAULT:
        try:
            report = importlib.import_module(f"benchmarks.{name}").measure()
        except Unmeasurable as error:
            print(f"{name}: not measured: {error}\n", file=sys.stderr)
            code = 1
            continue
        print(f"{render(report)}\n", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
