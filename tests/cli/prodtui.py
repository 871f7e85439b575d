"""prodtui as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def prodtui(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command with its output; the environment's own PRODTUI and system variables are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRODTUI_", "CONSUL_", "PG"))}
    return subprocess.run(
        [sys.executable, "-m", "prodtui", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        stdin=subprocess.DEVNULL,
        env={**kept, **environment},
    )
