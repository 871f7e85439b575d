"""`python -m tests`: the whole suite in four parts side by side, since most of it waits for real servers.

Three parts have a lab of their own: one types commands at it, one breaks it and looks on, one reads it, puts it under
load and rolls out. The rest has none. pytest-xdist would start a lab for each of its workers.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
CANARY = ("lab/test_canary.py", "lab/test_supervisor.py")
COMMANDS = ("cli", "lab", "settings/test_discovery.py", "test_hostile_text.py")
INCIDENTS = ("audit", *CANARY, "test_following.py", "test_journey.py", "test_oncall.py", "test_watch.py")
SERVERS = ("sources", "watch", "load/test_lab.py", "oncall/test_alertmanager.py", "rollout/test_on_lab.py")


def main() -> int:
    """Runs all; prints what the labs' parts said when the rest is done. Returns pytest's worst exit code."""
    parts = [[str(HERE / name) for name in names] for names in (COMMANDS, INCIDENTS, SERVERS)]
    parts[0] += [f"--ignore={HERE / name}" for name in CANARY]
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with ExitStack() as files:
        said = [files.enter_context(tempfile.TemporaryFile("w+")) for _ in parts]
        beside = [
            subprocess.Popen([*pytest, *part], stdout=file, stderr=subprocess.STDOUT)
            for part, file in zip(parts, said, strict=True)
        ]
        try:
            ignored = [f"--ignore={HERE / name}" for name in (*COMMANDS, *INCIDENTS, *SERVERS)]
            rest = subprocess.run([*pytest, str(HERE), *ignored], check=False)
            codes = [rest.returncode, *(each.wait() for each in beside)]
        finally:
            for each in beside:
                if each.poll() is None:  # interrupted: pytest takes the lab down
                    each.terminate()
                    each.wait()
        for file in said:
            file.seek(0)
            sys.stdout.write(file.read())
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
