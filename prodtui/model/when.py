"""Times as people write them: 2026-11-22T14:02:58Z, 14:02, -5m, yesterday 14:02. Local unless they say otherwise."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from prodtui.model.duration import seconds
from prodtui.model.errors import UsageError

FORMS = "2026-11-22T14:02:58Z, 2026-11-22 14:02, 14:02, 14:02:58, -5m, yesterday 14:02, now"
_CLOCK = re.compile(
    r"(?:(yesterday|today)\s+)?(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?\s*(z|[+-]\d{2}:?\d{2})?", re.I
)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})[t ]\s*(\d.*)", re.I)


def when(text: str, now: float, zone: tzinfo | None = None) -> float:
    """The Unix time of what somebody wrote at `now`. A bare time of day is the last one that has been.

    `zone`: what local time is; None: this machine's. Raises UsageError, naming the allowed forms, also for the future.
    """
    written = " ".join(text.split())
    try:
        at = _read(written, now, zone)
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise UsageError(
            f'"{_shown(written)}" is no time. Write {FORMS}; {local(now, zone)} unless it ends in Z or +02:00'
        )
    if at > now:
        raise UsageError(
            f'"{_shown(written)}" is in the future: it is {datetime.fromtimestamp(now, zone):%H:%M:%S} now'
        )
    return at


def clock(at: float, near: float) -> str:
    """Local time of day to the second; with its date where that is not `near`'s."""
    here, there = datetime.fromtimestamp(at), datetime.fromtimestamp(near)  # noqa: DTZ006 — local time is meant
    return f"{here:%H:%M:%S}" if here.date() == there.date() else f"{here:%Y-%m-%d %H:%M:%S}"


def local(now: float, zone: tzinfo | None = None) -> str:
    """What local time means here: `local time (CET, UTC+01:00)`."""
    here = datetime.fromtimestamp(now, UTC).astimezone(zone)
    offset, name = here.strftime("%z"), here.tzname()
    return f"local time ({name})" if name == "UTC" else f"local time ({name}, UTC{offset[:3]}:{offset[3:5]})"


def _read(text: str, now: float, zone: tzinfo | None) -> float | None:
    """None for what is no time. Raises ValueError, OverflowError for one that no day or calendar has."""
    if text.lower() == "now":
        return now
    if text.startswith(("-", "−")):
        return now - seconds(text[1:])
    if found := _DATE.fullmatch(text):
        year, month, day, rest = found.groups()
        clock = _CLOCK.fullmatch(rest)
        return _at(date(int(year), int(month), int(day)), clock, zone) if clock and not clock[1] else None
    clock = _CLOCK.fullmatch(text)
    return _time_of_day(clock, now, zone) if clock else None


def _time_of_day(clock: re.Match[str], now: float, zone: tzinfo | None) -> float:
    today = datetime.fromtimestamp(now, _offset(clock[5]) or zone).date()
    day = (clock[1] or "").lower()
    at = _at(today - timedelta(days=1) if day == "yesterday" else today, clock, zone)
    # Just after midnight 23:58 means the one two minutes ago.
    return _at(today - timedelta(days=1), clock, zone) if at > now and not day else at


def _at(day: date, clock: re.Match[str], zone: tzinfo | None) -> float:
    whole, _, fraction = (clock[4] or "0").partition(".")
    of_day = time(int(clock[2]), int(clock[3]), int(whole), int(fraction.ljust(6, "0")) if fraction else 0)
    return datetime.combine(day, of_day, _offset(clock[5]) or zone).timestamp()


def _offset(written: str | None) -> tzinfo | None:
    if written is None:
        return None
    if written in "zZ":
        return UTC
    digits = written[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-ahead if written[0] == "-" else ahead)


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
