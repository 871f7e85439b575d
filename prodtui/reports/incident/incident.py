"""An incident: what happened between two times, gathered from the moments of that stretch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment, State, Verdict
from prodtui.model.incident import Acknowledgement, BlindSpot, ChangeSeen, FirstCause
from prodtui.model.moment import Event, Moment
from prodtui.reports.incident.causes import Causes
from prodtui.reports.incident.looking import Looking, Unseen, told_once, without_unseen
from prodtui.reports.incident.words import TOGETHER_S, dated
from prodtui.timeline.acknowledged import standing

MOST_EVENTS = 1_000
"""Events told, the first and the last ones; an incident's beginning tells more than its middle."""
_LAST_EVENTS = 250
MOST_FAILED = 50
"""Services told with their evidence, worst first."""
MOST_CHAINS = 20
MOST_TURNS = 200
_ILL = (State.FAIL, State.UNKNOWN, State.WARN)
_FAILING = (Verdict.NOT_READY, Verdict.INCONCLUSIVE)


class Turn(msgspec.Struct, frozen=True):
    """The environment's verdict from a time on."""

    at: float
    assessment: Assessment


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A service that was not ready, as it was at its worst."""

    worst: ServiceAssessment
    at: float
    """When it was at its worst."""
    seen: float
    """First moment at which it was not ready."""
    over: float | None
    """First moment at which it was well again; None: not by the end."""
    unjudged: bool = False
    """It was never judged before; that nothing was known of it then is no failure of it."""

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """What it failed by; blocking and costly first."""
        ill = [check for check in self.worst.checks if check.state in _ILL]
        return tuple(sorted(ill, key=lambda c: (_ILL.index(c.state), not c.blocking, c.points - c.of)))


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A screen at one time, as text."""

    title: str
    at: float
    lines: tuple[str, ...]


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What happened between two times."""

    began: float
    ended: float
    worst: Moment
    """Where the verdict was worst, and of those most was lost for certain."""
    last: Moment
    turns: tuple[Turn, ...]
    """How the environment's verdict went, the one at the beginning first."""
    first: tuple[FirstCause, ...]
    """What broke first, each with the longest chain that it had; what is certain comes first."""
    failed: tuple[Failed, ...]
    events: tuple[Event, ...]
    """Oldest first."""
    changes: tuple[ChangeSeen, ...]
    """Oldest first."""
    acknowledged: tuple[Acknowledgement, ...]
    """Those made in the stretch and those that stood in it, oldest first."""
    blind: tuple[BlindSpot, ...]
    events_left_out: int = 0
    failed_left_out: int = 0
    gap: str = ""
    """Why the stretch is not covered whole; empty where it is."""

    @property
    def environment(self) -> str:
        return self.last.snapshot.declared.environment


def incident(
    moments: Iterable[Moment], *, began: float, ended: float, events: Sequence[Event] = (), gap: str = ""
) -> Incident:
    """The incident that these moments, oldest first, show. `events`: what is known besides those of the moments.

    Raises ValueError where there is no moment at all.
    """
    gathering, looking, unseen_moment = _Gathering(began), Looking(began), None
    for moment in moments:
        if looking.take(moment):
            gathering.take(moment)
        else:
            unseen_moment = moment
            gathering.note(moment)
    if gathering.last is None and unseen_moment is not None:
        gathering.take(unseen_moment)
    if gathering.worst is None or gathering.last is None:
        raise ValueError("an incident needs a moment")
    unseen = looking.until(ended)
    known = sorted(
        (event for event in {*events, *gathering.events} if began <= event.at <= ended), key=lambda event: event.at
    )
    happened = without_unseen(told_once(known), unseen)
    told = _first_and_last(happened)
    failures = (one for one in gathering.failed.values() if not (one.unjudged and one.over is not None))
    failed = sorted(failures, key=lambda one: (-one.worst.verdict.badness, one.seen, one.worst.name))
    return Incident(
        began=began,
        ended=ended,
        worst=gathering.worst,
        last=gathering.last,
        turns=tuple(gathering.turns[:MOST_TURNS]),
        first=gathering.causes.found[:MOST_CHAINS],
        failed=tuple(failed[:MOST_FAILED]),
        events=told,
        changes=tuple(sorted((c for c in gathering.changes if c.at <= ended), key=lambda change: change.at)),
        acknowledged=tuple(sorted(gathering.acknowledged, key=lambda one: one.at)),
        blind=tuple(gathering.blind.values()),
        events_left_out=len(happened) - len(told),
        failed_left_out=max(0, len(failed) - MOST_FAILED),
        gap="; ".join(part for part in (gap, *map(_nobody_looked, unseen)) if part),
    )


class _Gathering:
    """What the moments so far show together."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.worst: Moment | None = None
        self.last: Moment | None = None
        self.turns: list[Turn] = []
        self.causes = Causes()
        self.failed: dict[str, Failed] = {}
        self.events: dict[Event, None] = {}
        self.changes: dict[ChangeSeen, None] = {}
        self.acknowledged: dict[Acknowledgement, None] = {}
        self.blind: dict[str, BlindSpot] = {}
        self._before: float | None = None
        """Time of the moment before."""

    def take(self, moment: Moment) -> None:
        assessment = moment.assessment
        if self.worst is None or _badness(assessment) > _badness(self.worst.assessment):
            self.worst = moment
        self.last = moment
        if not self.turns or self.turns[-1].assessment.verdict is not assessment.verdict:
            self.turns.append(Turn(self._turned(moment, "verdict"), assessment))
        self.causes.take(moment.first, moment.now)
        for service in assessment.services:
            self._judge(service, moment)
        self.blind.update((spot.source, spot) for spot in moment.blind)
        self.note(moment)

    def note(self, moment: Moment) -> None:
        """Takes what a moment knows of what happened, though it may show nothing of how things stand."""
        self._before = moment.now
        self.events.update(dict.fromkeys(moment.events))
        self.changes.update(dict.fromkeys(moment.changes))
        held = standing(moment)
        made = (said for said in moment.acknowledged if self._began <= said.at)
        self.acknowledged.update(dict.fromkeys((*held, *made)))

    def _turned(self, moment: Moment, key: str) -> float:
        """When a verdict turned, by a moment that shows it: not just now, where it is known better."""
        since = moment.since.get(key)
        if since is None or since.censored or self._before is None:
            return moment.now
        return min(moment.now, max(since.at, self._before))

    def _judge(self, service: ServiceAssessment, moment: Moment) -> None:
        known, now = self.failed.get(service.name), moment.now
        if service.verdict in _FAILING:
            unjudged = service.verdict is Verdict.INCONCLUSIVE and _is_first(moment, f"verdict:{service.name}")
            if known is None:
                seen = self._turned(moment, f"verdict:{service.name}")
                self.failed[service.name] = Failed(worst=service, at=now, seen=seen, over=None, unjudged=unjudged)
            elif known.unjudged and not unjudged:
                seen = self._turned(moment, f"verdict:{service.name}")
                self.failed[service.name] = Failed(worst=service, at=now, seen=seen, over=None)
            elif _badness(service) > _badness(known.worst):
                self.failed[service.name] = msgspec.structs.replace(known, worst=service, at=now, over=None)
            elif known.over is not None:
                self.failed[service.name] = msgspec.structs.replace(known, over=None)
        elif known is not None and known.over is None:
            over = self._turned(moment, f"verdict:{service.name}")
            self.failed[service.name] = msgspec.structs.replace(known, over=over)


def _nobody_looked(unseen: Unseen) -> str:
    if unseen.ended - unseen.began <= TOGETHER_S:
        return ""
    return f"nobody looked from {dated(unseen.began)} to {dated(unseen.ended)}"


def _is_first(moment: Moment, key: str) -> bool:
    """Whether a verdict is the first one that there was."""
    since = moment.since.get(key)
    return since is not None and since.censored


def _badness(judged: Assessment | ServiceAssessment) -> tuple[int, float, float]:
    """What is not known is not bad yet: of one verdict the score's upper end counts first."""
    return judged.verdict.badness, -float(judged.score_max), -float(judged.score)


def _first_and_last(events: Sequence[Event]) -> tuple[Event, ...]:
    if len(events) <= MOST_EVENTS:
        return tuple(events)
    return (*events[: MOST_EVENTS - _LAST_EVENTS], *events[-_LAST_EVENTS:])
