"""The mark of what somebody has acknowledged, and the line that says who."""

from __future__ import annotations

from prodtui.model.incident import Acknowledgement
from prodtui.ui import format as fmt
from prodtui.ui.line import Line

MARK = "✓"
TAIL: Line = ((f" {MARK}", "accent"),)
"""What follows the name of a problem that somebody has seen."""


def line(said: Acknowledgement, now: float) -> Line:
    """`✓ ana 14:05:10 rolling back`."""
    return ((f"{MARK} ", "accent"), (said.by, "strong"), (f" {fmt.moment(said.at, now)}  ", "dim"), (said.note, ""))
