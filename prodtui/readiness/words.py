"""Numbers as a reason says them: two or three significant digits, a unit, no noise."""

from __future__ import annotations

from collections.abc import Iterable

_UNITS = ((0.9995, 0.001, "ms"), (119.5, 1.0, "s"), (7_170.0, 60.0, "min"), (172_800.0, 3_600.0, "h"))


def seconds(duration_s: float) -> str:
    """A duration in the unit that gives two or three digits: `430 ms`, `2.3 s`, `5 min`."""
    if not duration_s:
        return "0 s"
    for below_s, length_s, unit in _UNITS:
        if abs(duration_s) < below_s:
            return f"{number(duration_s / length_s)} {unit}"
    return f"{number(duration_s / 86_400)} d"


def percent(ratio: float) -> str:
    """A ratio 0..1 in percent."""
    return f"{number(ratio * 100)} %"


def number(value: float) -> str:
    """Three significant digits at most, whole from a thousand on."""
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 999.5 else f"{value:.3g}"


def measure(value: float, unit: str) -> str:
    """A value in its unit: `s` and `ratio` are scaled, any other unit is written behind the number."""
    if unit == "s":
        return seconds(value)
    if unit == "ratio":
        return percent(value)
    return f"{number(value)} {unit}".rstrip()


def plural(count: int, noun: str) -> str:
    """`1 instance`, `2 instances`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Iterable[str], longest: int = 3) -> str:
    """The first few names, and how many more there are."""
    known = list(names)
    shown = ", ".join(known[:longest])
    return f"{shown} and {len(known) - longest} more" if len(known) > longest else shown


def first_line(text: str, longest: int = 200) -> str:
    """The first line that says something, cut."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:longest]


def readable_again(source: str) -> str:
    """What to do where a lost source leaves something unknown: no other remedy can be known to help."""
    return f"Make {source} readable again: `prodtui sources` says what it lacks."
