"""`prodtui scan`: the standard library, whole, beside a linter and the mere parse by the interpreter."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from benchmarks.programs import prodtui_command
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from prodtui.scan.files import File, production_files
from prodtui.scan.options import Options

BAR_US_A_LINE = 20.0
"""50,000 lines a second."""
RUNS = 3
LONGEST_S = 120.0
_PARSE = "import ast, sys\nfor path in open(sys.argv[1]).read().split('\\n'): ast.parse(open(path, 'rb').read())"


def measure() -> Report:
    """Times each program whole, from exec to exit, on the same files, in turn; per line, so that less is better."""
    import tempfile

    root = Path(sysconfig.get_path("stdlib"))
    paths = [each.path for each in production_files(root, Options()) if isinstance(each, File)]
    lines = sum(Path(path).read_bytes().count(b"\n") for path in paths)
    spent: dict[str, list[float]] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(paths))
        listed.flush()
        programs = {
            OURS: [*prodtui_command(), "scan", str(root), "--format", "json"],
            "ruff check --select ALL": _ruff(paths),
            "ast.parse alone, 1 process": [sys.executable, "-W", "ignore", "-c", _PARSE, listed.name],
        }
        # The first round fills caches and does not count.
        for number in range(RUNS + 1):
            for name, argv in programs.items():
                seconds = _timed(argv)
                if number:
                    spent.setdefault(name, []).append(seconds / lines * 1e6)
    rate = 1e6 / min(spent[OURS])
    return Report(
        f"scan: the standard library, {len(paths):,} files and {lines:,} lines, {RUNS} runs",
        [Figure("time a line", "µs", spent, BAR_US_A_LINE)],
        [f"{OURS} at best: {rate:,.0f} lines/s"],
    )


def _ruff(paths: list[str]) -> list[str]:
    program = Path(sys.executable).with_name("ruff")
    return [str(program), "check", "--select", "ALL", "--isolated", "--no-cache", "--quiet", "--statistics", *paths]


def _timed(argv: list[str]) -> float:
    began = time.perf_counter()
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unmeasurable(f"{argv[0]}: {error}") from error
    # 1: something was found.
    if done.returncode not in (0, 1):
        raise Unmeasurable(f"{argv[0]} exits {done.returncode}: {done.stderr.strip()[-300:]}")
    return time.perf_counter() - began


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["scan"]))
