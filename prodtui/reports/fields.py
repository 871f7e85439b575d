"""How values are written in reports: times, and numbers that never round a failure into a pass."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction


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
