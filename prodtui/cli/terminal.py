"""Whether there is a terminal to draw on. Imports nothing: it is asked before everything else."""

from __future__ import annotations

import os
import sys

_NO_SCREEN = ("dumb", "unknown")
"""What $TERM says of terminals that can't move the cursor."""


def on_screen() -> bool:
    """Whether a person sits at a terminal that a screen can be drawn on; else the status is said once, as text."""
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM", "") not in _NO_SCREEN
