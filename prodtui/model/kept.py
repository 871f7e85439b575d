"""What an incident remembers of the readings so far, by value: what fails and since when, usual rates, named causes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from prodtui.model.incident import ChangeSeen, EntityKind, Failing, Onset


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One record or check that shows an entity failing, and since when."""

    kind: EntityKind
    name: str
    what: str
    onset: Onset
    source: str
    service: str = ""
    """As the record names it: a service's name or its label in the metrics."""
    deaf: bool = False
    """An instance that does not answer, so that no callee explains it; a pool that reaches no server."""
    unproven: bool = False
    """Nothing is said of why: it may only be new."""
    fleeting: bool = False
    """It ends by itself, well or not."""
    well_at: float | None = None
    """Nothing bad seen of it since; None: it is failing."""
    recovered: bool = False
    """It was plainly well since: when it fails again, that is another failure."""


class Rate(msgspec.Struct, frozen=True):
    """A service label's usual rate, and since when it is above it."""

    usual_per_s: float
    since: float
    at: float
    rose: Onset | None = None
    now_per_s: float = 0.0
    peak_per_s: float = 0.0
    """The highest since it rose."""
    grew_at: float = 0.0
    """When it was last read to be well above the highest before."""


class Node(msgspec.Struct, frozen=True):
    """One failing entity among those that it may depend on."""

    failing: Failing
    services: tuple[str, ...]
    source: str = ""
    """Whose word it is; empty where nobody's but that others suffer."""
    deaf: bool = False
    """It does not answer at all: no callee explains it."""
    unproven: bool = False
    """It gives no reason, so that only time shows that it is no beginner."""
    callee: str = ""
    """Of a breaker: whom it guards against."""
    upstream: str = ""
    """Of a pool: the server behind it, host:port."""
    databases: tuple[str, ...] = ()
    """Of a pool or a session."""
    addresses: frozenset[str] = frozenset()
    """Of a database server: where it listens."""
    well_at: float | None = None
    """Since when it is over; None: it fails now."""
    explained: frozenset[str] = frozenset()
    """Of a cause that was named: keys of what followed from it."""
    unread: bool = False
    """Its own source is lost: only what others suffer shows it."""
    pressed_at: float | None = None
    """Of traffic that rose, which is no failure: when the first of those that it presses was seen bad."""

    @property
    def key(self) -> str:
        return self.failing.key


class Kept(msgspec.Struct, frozen=True):
    """What must be remembered of the readings so far; plain values, to be written down and read again."""

    troubles: Mapping[str, Trouble] = {}
    earlier: Mapping[str, Onset] = {}
    """Onsets from before we looked, for troubles that are found later."""
    rates: Mapping[str, Rate] = {}
    changes: tuple[ChangeSeen, ...] = ()
    causes: Mapping[str, Node] = {}
    """What was named as a cause, to be told as over while its consequences recover."""
