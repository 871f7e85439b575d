"""What broke first, what follows from it, what changed before, and what nobody could see. Times are Unix seconds."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class EntityKind(StrEnum):
    """What can fail."""

    SERVICE = "service"
    INSTANCE = "instance"
    POOL = "pool"
    DATABASE = "database"
    PROXY = "proxy"
    BREAKER = "breaker"
    SLI = "sli"
    SESSION = "session"
    """The root of a blocking chain."""
    EXTERNAL = "external"
    GROUP = "group"
    """A node or zone whose members fail together."""
    SOURCE = "source"


class Onset(msgspec.Struct, frozen=True):
    """When something turned bad, as an interval: after `at`, by `not_after` at the latest."""

    at: float | None
    """Last seen good; None: it was bad already when first looked at."""
    not_after: float
    """First seen bad."""


class Failing(msgspec.Struct, frozen=True, kw_only=True):
    """One entity that fails now."""

    kind: EntityKind
    name: str
    what: str
    """What is wrong with it in a few words: `holds a lock`, `34 waiting`, `p99 2.3 s`."""
    onset: Onset
    service: str = ""
    """The service that it is of, where it is one's."""
    subject: str = ""
    """The record or check that shows it, `record-tag:source:key` or `check:service:id`: where `enter` leads."""

    @property
    def key(self) -> str:
        """Its name among all that can fail."""
        return f"{self.kind}:{self.name}"


class Consequence(msgspec.Struct, frozen=True):
    """Something that fails because something else does."""

    failing: Failing
    of: str
    """Key of what it follows from: the cause's, or another consequence's. The chain is a tree."""


class ChangeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody changed production."""

    at: float
    kind: str
    """deploy, config, scale, flag, silence, drain, freeze."""
    service: str
    before: str | None
    after: str | None


class Confidence(StrEnum):
    CLEAR = "clear"
    UNCLEAR = "unclear"


class FirstCause(msgspec.Struct, frozen=True, kw_only=True):
    """What broke first among failing entities that depend on one another."""

    cause: Failing
    """Where it is unclear: the first of the candidates."""
    chain: tuple[Consequence, ...] = ()
    """What follows from it, in the order in which it turned bad."""
    confidence: Confidence = Confidence.CLEAR
    candidates: tuple[Failing, ...] = ()
    """Where it is unclear: all that it may be, the cause among them."""
    suspects: tuple[ChangeSeen, ...] = ()
    """Changes of the cause or of what follows within 30 minutes before, newest first."""
    already_broken: bool = False
    """It is bad for more than an hour longer than the rest."""


class BlindSpot(msgspec.Struct, frozen=True, kw_only=True):
    """A lost source: no evidence about what it would have shown."""

    source: str
    since: float | None
    """First failure, else the last time it was read; None: it was never read."""
    hides: str
    """What it would have shown, in words."""


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has seen it and says what is done."""

    at: float
    by: str
    about: str
    """A service's name, or the key of what fails."""
    note: str
