"""From moments to notices: one message for one incident, one when it is over. Pure: it reads no clock and no store.

What is wrong is told once nothing will name it otherwise, or after so long. What a first cause explains — the verdicts
of its services and of their callers — makes no message of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from prodtui.model.assessment import ServiceAssessment, Verdict
from prodtui.model.moment import Moment
from prodtui.model.notice import About, Notice, Severity
from prodtui.model.notice_ids import WINDOW_S, incident_id, opening_id, recovery_id
from prodtui.oncall import wording
from prodtui.oncall.state import QUIET_S, Open, Over, State, name_of
from prodtui.oncall.wrong import (
    SEVERITIES,
    Judged,
    Wrong,
    causes,
    lost_sources,
    unready,
    verdict_of,
    witnesses,
)
from prodtui.timeline.dependencies import dependencies

SURE_S = 8.0
"""What is critical and certain is told after so long: a session behind a full pool shows a few readings later."""
PATIENCE_S = 20.0
"""What is not certain is told after so long: by then all has shown that only time shows (timeline/settled.py)."""
INTERVALS = 2
"""Nor before so many intervals have passed."""
HOLD_S = WINDOW_S
"""What is gone for so long is over; each time that it comes back within QUIET_S it takes twice as long."""
LONGEST_HOLD_S = QUIET_S / 2
LINGERS_S = 600.0
"""A cause that is gone for so long is over, though its services have not recovered: they are told of by themselves."""


def told(state: State, moment: Moment) -> tuple[State, tuple[Notice, ...]]:
    """The state after a moment, and what whoever is on call should hear of it."""
    if moment.newest is not None or any(s.tried_at is None for s in moment.snapshot.sources.values()):
        return state, ()
    judged = {one.name: one for one in moment.assessment.services}
    incidents = _followed(_of(state, About.FIRST_CAUSE), causes(moment, judged), moment.now)
    failing = frozenset[str]().union(*(one.entities | (wrong.entities if wrong else set()) for one, wrong in incidents))
    lost = _followed(_of(state, About.SOURCE), _lost(_of(state, About.SOURCE), failing, moment), moment.now)
    explained = _explained(incidents, lost, moment)
    verdicts = _verdicts(_of(state, About.VERDICT), judged, explained, moment)
    telling = _Telling(moment, judged, state.over)
    after = [telling.after(one, wrong) for one, wrong in (*incidents, *lost, *verdicts)]
    return State(open=tuple(one for one in after if one is not None), over=telling.over), tuple(telling.notices)


Seen = tuple[Open, Wrong | None]
"""Something that is open, and what is seen of it now."""


def _of(state: State, about: About) -> list[Open]:
    """Those that were told come first: what is seen of one of them needs no message of its own."""
    known = (one for one in state.open if one.about is about)
    return sorted(known, key=lambda one: (not one.incident, one.seen_at))


def _followed(known: Sequence[Open], wrong: Sequence[Wrong], now: float) -> list[Seen]:
    """What was open with what is seen of it now, and what is new."""
    left = list(wrong)
    found: list[Seen] = []
    for one in known:
        mine = [each for each in (wrong if one.incident else left) if _same(one, each)]
        left = [each for each in left if each not in mine]
        found.append((one, max(mine, key=lambda each: each.severity.weight, default=None)))
    return found + [(_opened(each, now), each) for each in left]


def _same(one: Open, wrong: Wrong) -> bool:
    """Whether it began with something that fails there, or the other way round."""
    return not one.entities.isdisjoint(wrong.roots) or not one.roots.isdisjoint(wrong.entities)


def _opened(wrong: Wrong, now: float) -> Open:
    return Open(
        about=wrong.about,
        key=wrong.key,
        entities=wrong.entities,
        roots=wrong.roots,
        services=wrong.services,
        began_at=wrong.began_at,
        seen_at=now,
    )


def _lost(known: Sequence[Open], failing: frozenset[str], moment: Moment) -> list[Wrong]:
    """The lost sources, without those that an incident names as failing and nobody was told of."""
    told = frozenset(one.key for one in known if one.incident)
    named = frozenset(name.partition(":")[2] for name in failing if name.startswith(("source:", "database:", "proxy:")))
    return [one for one in lost_sources(moment) if one.key in told or one.key.partition(":")[2] not in named]


def _verdicts(known: Sequence[Open], judged: Judged, explained: frozenset[str], moment: Moment) -> list[Seen]:
    """The services that are not READY: those of each message that was told, and as one those that nothing explains."""
    left = {name: one for name, one in judged.items() if one.verdict is not Verdict.READY}
    found: list[Seen] = []
    for one in known:
        if one.incident:
            # What was told as an error is over once it is a warning: that would be another message.
            mine = {
                name: each
                for name, each in left.items()
                if verdict_of(name) in one.entities and (_ill(each) or one.severity is Severity.WARNING)
            }
            left = {name: each for name, each in left.items() if name not in mine}
            found.append((one, _no_worse_than(one, mine, explained, unready(mine, moment)) if mine else None))
    rest = {name: each for name, each in left.items() if name not in explained}
    waiting = [one for one in known if not one.incident]
    return found + _followed(waiting, [unready(rest, moment)] if rest else [], moment.now)


def _no_worse_than(one: Open, mine: Judged, explained: frozenset[str], wrong: Wrong) -> Wrong:
    """As severe as what nothing explains: that a told verdict became worse by an incident is told with that."""
    own = (SEVERITIES[each.verdict] for name, each in mine.items() if name not in explained)
    severity = max(own, key=lambda severity: severity.weight, default=one.severity)
    return msgspec.structs.replace(wrong, severity=severity)


def _ill(service: ServiceAssessment) -> bool:
    return SEVERITIES[service.verdict] is not Severity.WARNING


def _explained(incidents: Sequence[Seen], lost: Iterable[Seen], moment: Moment) -> frozenset[str]:
    """The services of incidents, where these are severe their callers; and what a lost source leaves unknown.

    That is so for a while after it is back, too: its windows are still short.
    """
    found: set[str] = set()
    graph = dependencies(moment.snapshot) if incidents else None
    for one, wrong in incidents:
        services = (*one.services, *(wrong.services if wrong else ()))
        severe = (wrong.severity if wrong else one.severity) is not Severity.WARNING
        found.update(graph.above(services) if graph is not None and severe else services)
    if moment.blind or any(lost):
        found.update(one.name for one in moment.assessment.services if one.verdict is not Verdict.NOT_READY)
    return frozenset(found)


class _Telling:
    """One moment's notices, and what is remembered after it."""

    def __init__(self, moment: Moment, judged: Judged, over: Mapping[str, Over]) -> None:
        self._moment = moment
        self._now = moment.now
        self._judged = judged
        self._environment = moment.snapshot.declared.environment
        self._lost = frozenset(spot.source for spot in moment.blind)
        every_s = min((s.declared.interval_s for s in moment.snapshot.sources.values()), default=0.0)
        self._sure_s = max(SURE_S, INTERVALS * every_s)
        self._patience_s = max(PATIENCE_S, INTERVALS * every_s)
        self.over = {key: one for key, one in over.items() if self._now - one.at < QUIET_S}
        self.notices: list[Notice] = []

    def after(self, one: Open, wrong: Wrong | None) -> Open | None:
        """What is open after this moment; None where it is over, or was never worth a word."""
        if wrong is None:
            return self._gone(one)
        one = msgspec.structs.replace(
            one,
            entities=one.entities | wrong.entities if one.incident else wrong.entities,
            roots=one.roots if one.incident else wrong.roots,
            key=one.key if one.incident else wrong.key,
            services=tuple(dict.fromkeys((*one.services, *wrong.services))) if one.incident else wrong.services,
            gone_at=None,
        )
        if one.incident:
            return self._worse(one, wrong)
        sure = wrong.certain and wrong.severity is Severity.CRITICAL
        waits_s = self._sure_s if sure else self._patience_s
        return self._tell(one, wrong) if self._now - one.seen_at >= waits_s else one

    def _tell(self, one: Open, wrong: Wrong) -> Open:
        last = self.over.get(name_of(one.about, one.key))
        # What comes back did not begin before it was over.
        began_at = wrong.began_at if last is None else max(wrong.began_at, last.at)
        incident = incident_id(self._environment, one.about, wrong.key, began_at)
        title = wording.title(wrong, self._moment)
        if last is not None:
            title = wording.again(title, last.times)
        one = msgspec.structs.replace(one, incident=incident, severity=wrong.severity, title=title, began_at=began_at)
        self.notices.append(self._notice(one, opening_id(incident, wrong.severity), title, self._lines(wrong)))
        return one

    def _worse(self, one: Open, wrong: Wrong) -> Open:
        """A second message where it became more severe: somebody may only hear of what is critical."""
        if wrong.severity.weight <= one.severity.weight:
            return msgspec.structs.replace(one, worse_at=None)
        worse_at = self._now if one.worse_at is None else one.worse_at
        if one.about is About.VERDICT and self._now - worse_at < self._patience_s:
            # What explains it may be found, and is told in its place.
            return msgspec.structs.replace(one, worse_at=worse_at)
        one = msgspec.structs.replace(one, severity=wrong.severity, worse_at=None)
        title = wording.title(wrong, self._moment)
        self.notices.append(self._notice(one, opening_id(one.incident, wrong.severity), title, self._lines(wrong)))
        return one

    def _gone(self, one: Open) -> Open | None:
        if one.gone_at is None:
            one = msgspec.structs.replace(one, gone_at=self._now)
        gone_s = self._now - (one.gone_at or self._now)
        if not one.incident:
            # It may come and go faster than anybody has patience.
            return one if gone_s < self._patience_s else None
        if not self._lost.isdisjoint(witnesses(one.roots)):
            return msgspec.structs.replace(one, gone_at=None)
        last = self.over.get(name_of(one.about, one.key))
        hold_s = min(LONGEST_HOLD_S, HOLD_S * 2.0 ** (last.times if last else 0))
        if gone_s < hold_s or (self._ails(one) and gone_s < max(hold_s, LINGERS_S)):
            return one
        self.over[name_of(one.about, one.key)] = Over(self._now, last.times + 1 if last else 1)
        gone_at = max(one.began_at, one.gone_at or self._now)
        lines = wording.over_lines(one.began_at, gone_at, one.services, self._judged)
        title = wording.over(one.title, gone_at - one.began_at)
        self.notices.append(self._notice(one, recovery_id(one.incident), title, lines, recovered=True))
        return None

    def _ails(self, one: Open) -> bool:
        """Whether services that a cause was named for have not recovered."""
        known = (self._judged[name] for name in one.services if name in self._judged)
        return one.about is About.FIRST_CAUSE and any(map(_ill, known))

    def _lines(self, wrong: Wrong) -> tuple[str, ...]:
        return wording.lines(wrong, self._moment, self._judged)

    def _notice(
        self, one: Open, notice_id: str, title: str, lines: tuple[str, ...], *, recovered: bool = False
    ) -> Notice:
        tiers = {judged.tier.value for name in one.services if (judged := self._judged.get(name)) is not None}
        return Notice(
            id=notice_id,
            incident=one.incident,
            environment=self._environment,
            about=one.about,
            severity=one.severity,
            at=self._now,
            began_at=one.began_at,
            recovered=recovered,
            title=title,
            lines=lines,
            services=one.services,
            tiers=tuple(sorted(tiers)),
            roots=(one.key, *sorted(one.roots - {one.key})),
            entities=tuple(sorted(one.entities)),
        )
