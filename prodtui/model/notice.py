"""Something that whoever is on call should hear of: one message for one incident, and one when it is over."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"

    @property
    def weight(self) -> int:
        """To compare by: critical 3, error 2, warning 1."""
        return {Severity.CRITICAL: 3, Severity.ERROR: 2, Severity.WARNING: 1}[self]


class About(StrEnum):
    VERDICT = "verdict"
    FIRST_CAUSE = "first cause"
    SOURCE = "source"
    ROLLOUT = "rollout"
    TEST = "test"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One message. Its text is plain, neutralised, and has no secrets."""

    id: str
    """The same for the same event, whoever sees it: environment, what it is about, and when that began."""
    incident: str
    """What its recovery shares with it."""
    environment: str
    about: About
    severity: Severity
    at: float
    began_at: float
    recovered: bool = False
    title: str
    """One line that says it all."""
    lines: tuple[str, ...] = ()
    """What follows from it, what changed before, what nobody could see."""
    services: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    """Of these services."""
    roots: tuple[str, ...] = ()
    """Keys of what it may have begun with, the likeliest first."""
    entities: tuple[str, ...] = ()
    """Keys of all that fails with it: by these it is known again, also by another prodtui."""
