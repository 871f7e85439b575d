"""`python -m tests`: the whole suite in two halves side by side, since most of it waits for real servers.

One half has the session's lab to itself and what types commands at it; the other everything else. pytest-xdist would
start a lab for each of its workers.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ON_THE_LAB = (
    "cli",
    "lab",
    "test_hostile_text.py",
    "test_journey.py",
    "test_journey_of_an_incident.py",
    "test_watch.py",
)


def main() -> int:
    """Runs both; prints what the lab's half said when the other is done. Returns pytest's worst exit code."""
    apart = [HERE / name for name in ON_THE_LAB]
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile("w+") as said:
        lab = subprocess.Popen([*pytest, *map(str, apart)], stdout=said, stderr=subprocess.STDOUT)
        try:
            rest = subprocess.run([*pytest, str(HERE), *(f"--ignore={path}" for path in apart)], check=False)
            lab.wait()
        finally:
            if lab.poll() is None:  # interrupted: pytest takes the lab down
                lab.terminate()
                lab.wait()
        said.seek(0)
        sys.stdout.write(said.read())
    return max(rest.returncode, lab.returncode)


if __name__ == "__main__":
    sys.exit(main())
