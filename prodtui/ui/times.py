"""Times as people type them: `14:02`, `14:02:30`, `-5m`, `2026-11-22T14:02`. Pure but for the local time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from prodtui.model.duration import seconds

FORMS = "14:02, 14:02:30, -5m, 2026-11-22T14:02"
_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?")


def time_of(typed: str, now: float) -> float:
    """Unix seconds of a typed time: the most recent such time of day, so long before now, or a date and time.

    Without a zone it is local time. Raises ValueError with the forms there are.
    """
    text = typed.strip().replace("−", "-")
    try:
        if text.startswith("-"):
            return now - seconds(text[1:])
        if (found := _OF_DAY.fullmatch(text)) is not None:
            return _most_recent(int(found[1]), int(found[2]), int(found[3] or 0), now)
        if _DATED.fullmatch(text):
            return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    raise ValueError(f'"{typed.strip()}" is no time; {FORMS}')


def _most_recent(hour: int, minute: int, second: int, now: float) -> float:
    """Today's or, where that is still to come, yesterday's: on the clock of that day, whatever a clock change did."""
    today = datetime.fromtimestamp(now, UTC).astimezone()
    for days in (0, 1):
        day = (today - timedelta(days=days)).date()
        at = datetime(day.year, day.month, day.day, hour, minute, second).timestamp()  # noqa: DTZ001 — local by intent
        if at <= now:
            return at
    return at
