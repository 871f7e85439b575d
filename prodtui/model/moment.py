"""A moment: a snapshot, its assessment and its timeline at one time. Screens and reports show moments."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from prodtui.model.assessment import Assessment
from prodtui.model.evaluation import Evaluation
from prodtui.model.incident import Acknowledgement, BlindSpot, ChangeSeen, FirstCause
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Snapshot


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An entity's change that a person may want to know."""

    at: float
    kind: str
    """service, instance, health, pool, database, breaker, cluster, sli, alert, target, source, change."""
    name: str
    before: str | None
    after: str | None
    text: str = ""
    """What was observed with it, one line."""
    bad: bool | None = None
    """True where it turned away from good, False where it recovered, None where it is neither."""
    source: str = ""
    key: str = ""
    service: str = ""


class Since(msgspec.Struct, frozen=True):
    """When an entity took its present status. Censored: it was so already when first seen."""

    at: float
    censored: bool
    last_good: float | None = None
    """When it was last seen in its former status: it turned after that. None: nobody looked before."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """All that a screen or report shows, at one time."""

    now: float
    snapshot: Snapshot
    views: Mapping[str, ServiceView]
    assessment: Assessment
    events: tuple[Event, ...] = ()
    """Newest first."""
    since: Mapping[str, Since] = {}
    """By subject: `record-tag:source:key`."""
    trends: Mapping[str, tuple[float | None, ...]] = {}
    """p99 in seconds by metrics label, connections wanted (used + waiting) by a pool's subject; oldest first, one point
    each ten seconds."""
    accepted: Evaluation | None = None
    """The last accepted evaluation of the environment, where one is remembered."""
    first: tuple[FirstCause, ...] = ()
    """One for each group of failing entities that depend on one another, the one that explains most first."""
    blind: tuple[BlindSpot, ...] = ()
    changes: tuple[ChangeSeen, ...] = ()
    """Newest first."""
    acknowledged: tuple[Acknowledgement, ...] = ()
    """Newest first."""
    newest: float | None = None
    """Where this is a moment of the past: the time of the newest one; None: it is live."""
    kept: str = ""
    """Who reads, and where it is kept, in one line."""
