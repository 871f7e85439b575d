"""How values are written in reports: times, and numbers that never round a failure into a pass."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction

from prodtui.model.text import neutralise

LONGEST_LINE = 2_000
"""Characters of a reason or an output that a line of a report takes."""


def rfc3339(at: float | None) -> str | None:
    """A Unix time as RFC 3339 UTC with milliseconds; None stays None."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(at: float) -> str:
    """A Unix time as local hours, minutes and seconds."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")


def floored(number: Fraction, places: int = 1) -> float:
    """The number cut, not rounded: 89.96 is 89.9."""
    scale: int = 10**places
    return math.floor(number * scale) / scale


def rounded(number: float | None, places: int = 3) -> float | None:
    """A measured number, rounded; None where it is unknown or not finite."""
    return None if number is None or not math.isfinite(number) else round(number, places)


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Text from outside on one line: control characters made visible, runs of white space as one space, cut."""
    line = " ".join(neutralise(text[: longest + 1]).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
