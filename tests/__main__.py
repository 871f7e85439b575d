"""`python -m tests`: the whole suite in parts side by side, since most of it waits for real servers.

Three parts have a lab of their own: one types commands at it, one breaks it and looks on, one puts it under load and
rolls out. The rest has none; of that what talks to servers of its own is a part. pytest-xdist would start a lab for
each of its workers.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
COMMANDS = (
    *(f"cli/test_{name}.py" for name in ("audit", "desk", "oncall", "past", "reading", "watch")),
    *("lab", "settings/test_discovery.py"),
)
INCIDENTS = ("test_following.py", "test_journey.py", "test_oncall.py", "test_watch.py")
RELEASES = ("load/test_lab.py", "oncall/test_alertmanager.py", "rollout/test_on_lab.py")
SERVERS = ("audit", "cli", "journal", "load", "sources", "watch")
"""Without what is named above."""


def main() -> int:
    """Runs all; prints what the others said when the last part is done. Returns pytest's worst exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    on_labs = (*COMMANDS, *INCIDENTS, *RELEASES)
    parts = [[str(HERE / name) for name in names] for names in (COMMANDS, INCIDENTS, RELEASES, SERVERS)]
    parts[-1] += _without(on_labs)
    rest = [str(HERE), *_without((*on_labs, *SERVERS))]
    running: list[subprocess.Popen[bytes]] = []
    with ExitStack() as files:
        said = [files.enter_context(tempfile.TemporaryFile("w+")) for _ in parts]
        try:
            for part, file in zip((*parts, rest), (*said, None), strict=True):
                # Of a group of its own: ctrl-c comes to each once, by us, and it takes down what it started.
                command = [sys.executable, "-m", "pytest", *sys.argv[1:], *part]
                running.append(subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True))
            codes = [each.wait() for each in reversed(running)]
        finally:
            for each in running:
                if each.poll() is None:
                    each.terminate()
            for each in running:
                each.wait()
        for file in said:
            file.seek(0)
            sys.stdout.write(file.read())
    return max(codes)


def _without(names: tuple[str, ...]) -> list[str]:
    return [f"--ignore={HERE / name}" for name in names]


if __name__ == "__main__":
    sys.exit(main())
