"""When something turned bad, in words: `14:02:44`, `14:02:40–44`, `before 14:02:40`."""

from __future__ import annotations

from prodtui.model.incident import Onset
from prodtui.ui import format as fmt

SURE_S = 2.0
"""An onset known to this many seconds is told as one time: reading every 2 s shows no better."""

LATE = "seen late"
"""It explains something that was seen bad before: dependencies say so, times do not."""

WIDEST = 11
"""`14:02:40–44`: what is wider costs a list the room for what it is about."""


def onset(told: Onset, now: float) -> str:
    """The interval in local time, with its date where it is not today's. It began at its end at the latest."""
    end = fmt.moment(told.not_after, now)
    if told.at is None:
        return f"before {end}"
    if told.not_after - told.at <= SURE_S:
        return end
    start = fmt.moment(told.at, now)
    return f"{start}–{_rest(start, end)}"


def column(told: Onset, now: float) -> str:
    """As `onset`, but of an interval that is not told within its minute only the end: `by 14:02:44`."""
    said = onset(told, now)
    return said if told.at is None or len(said) <= WIDEST else f"by {fmt.moment(told.not_after, now)}"


def short(told: Onset, now: float) -> str:
    """One time, for a line that has to be short: when it was first seen bad."""
    return f"{'before ' if told.at is None else ''}{fmt.moment(told.not_after, now)}"


def before(at: float, told: Onset) -> str:
    """How long before an onset something was: `12 min before`."""
    start = told.not_after if told.at is None else told.at
    return f"{fmt.age(max(0.0, start - at))} before" if at <= start else "while it broke"


def _rest(start: str, end: str) -> str:
    """The end without what it has in common with the start: whole hours and minutes, or the day."""
    for cut in (len(end) - 2, len(end) - 8):
        if cut > 0 and start[:cut] == end[:cut]:
            return end[cut:]
    return end
