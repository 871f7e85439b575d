"""Waivers: failures that somebody answers for, for a while."""

from __future__ import annotations

import msgspec

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S
LONGEST_S = 30 * DAY_S
LONGEST_BLOCKING_S = 7 * DAY_S
ENDS_SOON_S = 48 * HOUR_S
UNWAIVABLE = "can't be waived"


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver of one check of one service. Times are Unix seconds; `expires` is the end of that day in UTC."""

    id: str
    check: str
    service: str
    environment: str
    reason: str
    ticket: str
    owner: str
    created: float
    expires: float
    approved_by: str = ""

    def active(self, now: float) -> bool:
        """Whether it holds at `now`."""
        return now < self.expires

    def days_left(self, now: float) -> float:
        """Days until it ends; negative afterwards."""
        return (self.expires - now) / DAY_S
