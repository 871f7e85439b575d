"""How numbers and times read on screen: scaled units, two or three significant digits, aligned in their columns.

Everything here is pure. Unknown numbers read `?`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from fractions import Fraction

UNKNOWN = "?"
_BLOCKS = " ▁▂▃▄▅▆▇█"


def latency(seconds: float | None) -> str:
    """A duration of requests: `2.3 s `, `12 ms`: right-aligned, digits and units stand in their own columns."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    if seconds == 0:
        return "0 ms"
    if seconds < 0.9995:
        return f"{_digits(seconds * 1000)} ms"
    return f"{_digits(seconds)} s "


def duration(seconds: float | None) -> str:
    """A latency inside a sentence: `2.3 s`, `12 ms`."""
    return latency(seconds).rstrip()


def age(seconds: float | None) -> str:
    """How long something has lasted, in its largest unit: `17 s`, `4 min`, `2 h`, `3 d`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 99.5:
        return f"{max(0, seconds):.0f} s"
    for size, unit in ((60, "min"), (3600, "h"), (86_400, "d")):
        if seconds / size < (99.5 if unit == "min" else 47.5) or unit == "d":
            return f"{seconds / size:.0f} {unit}"
    raise AssertionError


def planned(seconds: float) -> str:
    """A length that somebody wrote down, in the largest unit that says it whole: `30 s`, `5 min`, `1 h`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return age(seconds)


def wait(seconds: float | None) -> str:
    """How long somebody has waited: tenths below ten seconds, as they matter there."""
    if seconds is None:
        return UNKNOWN
    return f"{seconds:.1f} s" if seconds < 9.95 else age(seconds)


def percent(ratio: float | None) -> str:
    """A ratio of 0..1 as a percentage; a small one that is not zero never reads zero."""
    if ratio is None or not math.isfinite(ratio):
        return UNKNOWN
    share = ratio * 100
    if 0 < share < 0.05:
        return "<0.1 %"
    return f"{share:.1f} %" if share < 9.95 else f"{share:.0f} %"


def times(factor: float) -> str:
    """How many times: `41×`, `1.2×`, and a plain `0×`."""
    if factor <= 0:
        return "0×"
    return f"{factor:.1f}×" if factor < 9.95 else f"{factor:.0f}×" if factor < 999.5 else f"{factor / 1000:.1f}k×"


def rate(per_s: float | None) -> str:
    """A rate per second: `11.2`, `420`, `12.4k`."""
    if per_s is None or not math.isfinite(per_s):
        return UNKNOWN
    if per_s < 99.95:
        return f"{per_s:.1f}"
    if per_s < 9_999.5:
        return f"{per_s:.0f}"
    return f"{per_s / 1000:.1f}k" if per_s < 999_950 else f"{per_s / 1e6:.1f}M"


def count(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def score(value: Fraction) -> str:
    """A score cut to a tenth, never rounded up: 89.96 reads 89.9."""
    tenths = math.floor(value * 10)
    return f"{tenths // 10}.{tenths % 10}"


def scores(low: Fraction, high: Fraction) -> str:
    """A score, as an interval where what is unknown could raise it."""
    return score(low) if score(low) == score(high) else f"{score(low)}–{score(high)}"


def points(value: Fraction) -> str:
    """Points of a score, which the rules have apportioned in tenths: `6.7`, and a plain `0`."""
    return "0" if value == 0 else f"{float(value):.1f}"


def clock(at: float) -> str:
    """Local time of day to the second."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def moment(at: float, now: float) -> str:
    """Local time of day; with its date where it is not today's."""
    shown = time.localtime(at)
    if shown[:3] == time.localtime(now)[:3]:
        return time.strftime("%H:%M:%S", shown)
    return time.strftime("%Y-%m-%d %H:%M:%S", shown)


def bar(share: float | None, width: int) -> tuple[str, str]:
    """The filled and the empty part of a bar; any use at all shows, and only a full pool shows full."""
    if share is None:
        return "", " " * width
    filled = round(min(1.0, max(0.0, share)) * width)
    if share > 0:
        filled = max(1, filled)
    if share < 1:
        filled = min(width - 1, filled)
    return "█" * filled, "█" * (width - filled)


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The newest values as blocks, right-aligned; a calm series stays low, so that only a rise stands up."""
    shown = _buckets(values, width)
    known = sorted(v for v in shown if v is not None)
    if not known:
        return " " * width
    top = max(known[-1], 3.5 * known[len(known) // 2]) or 1.0
    blocks = "".join(" " if v is None else _BLOCKS[max(1, min(8, round(v / top * 8)))] for v in shown)
    return blocks.rjust(width)


def _buckets(values: Sequence[float | None], width: int) -> list[float | None]:
    """At most `width` values, each the worst of as many neighbours as it takes, grouped from the newest back."""
    size = max(1, math.ceil(len(values) / width))
    buckets: list[float | None] = []
    for end in range(len(values), 0, -size):
        known = [v for v in values[max(0, end - size) : end] if v is not None]
        buckets.append(max(known) if known else None)
    return buckets[::-1]


def plot(values: Sequence[float | None], width: int, height: int, top: float) -> list[str]:
    """The values as columns of blocks, `height` lines from the top down; `top` is the value of a full column."""
    eighths = [None if v is None else max(1, round(min(1.0, v / top) * height * 8)) for v in columns(values, width)]
    return [
        "".join(" " if e is None else _BLOCKS[max(0, min(8, e - 8 * (height - 1 - line)))] for e in eighths)
        for line in range(height)
    ]


def columns(values: Sequence[float | None], width: int) -> list[float | None]:
    """Exactly `width` values, the newest at the right; None where there is none."""
    shown = _buckets(values, width)
    none: list[float | None] = [None] * (width - len(shown))
    return none + shown


def _digits(number: float) -> str:
    """Two or three significant digits: 2.3, 12, 410."""
    return f"{number:.1f}" if number < 9.95 else f"{number:.0f}"
