"""What was done to production and by whom: the audit trail's entries, each with the hash of the one before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

import msgspec


class Act(StrEnum):
    """What is written down."""

    DECISION = "decision"
    """Of the gate."""
    WAIVER = "waiver"
    """A waiver that a decision made use of."""
    ACKNOWLEDGEMENT = "acknowledgement"
    SILENCE = "silence"
    """One that prodtui made. Those that it only sees are events."""
    BASELINE = "baseline"
    """An evaluation accepted, pinned or forgotten."""
    LOAD = "load"
    ROLLOUT = "rollout"
    """A step of one: started, promoted, held, resumed, a hook that ran."""
    NOTIFICATION = "notification"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts."""

    user: str
    """user@host, or what the pipeline calls itself."""
    host: str
    account: str = ""
    """The operating system's account that it ran under, which no variable can say otherwise; empty where unknown."""
    client: str = ""
    """The address that an SSH session came from; empty outside of one."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done, not yet in the trail."""

    at: float
    environment: str
    actor: Actor
    act: Act
    about: str
    """On what: a service, a rollout's id, a channel's name."""
    result: str
    """What came of it, in a few words: `NOT_READY, exit 1`; `sent`; `refused: 535 authentication failed`."""
    details: Mapping[str, str] = {}
    """Facts by name. Never a secret."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A deed at its place in the trail."""

    number: int
    """From 1, without gaps."""
    deed: Deed
    before: str
    """Hash of the entry before, hexadecimal SHA-256; 64 zeros before the first."""
    hash: str
    """Of this one, `before` included."""


Audited = Callable[[Act, str, str, Mapping[str, str]], Awaitable[str | None]]
"""Writes down an act: what, on what, its result, facts by name. Gives a remark where that failed; never raises."""
Recorded = Callable[[Act, str, str, Mapping[str, str]], Awaitable[str | None]]
"""As `Audited`, but raises ProdtuiError where the act is not in the trail. A remark is of what is wrong beside it."""
