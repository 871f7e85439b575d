"""What is wrong at a moment, as what one message could be of: first causes, verdicts, lost sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from prodtui.model.assessment import ServiceAssessment, Verdict
from prodtui.model.cause import Cause
from prodtui.model.classification import CLASSES
from prodtui.model.incident import BlindSpot, Confidence, Failing, FirstCause
from prodtui.model.moment import Moment
from prodtui.model.notice import About, Severity
from prodtui.model.subject import parts

Judged = Mapping[str, ServiceAssessment]
"""Services by name."""
SEVERITIES: Mapping[Verdict, Severity] = {
    Verdict.NOT_READY: Severity.CRITICAL,
    Verdict.INCONCLUSIVE: Severity.ERROR,
    Verdict.WARN: Severity.WARNING,
    Verdict.READY: Severity.WARNING,
}
"""Of what is wrong with a service, by its verdict: a dead instance that others stand in for leaves it READY."""


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong now."""

    about: About
    key: str
    """One of its roots: what its id is made of."""
    entities: frozenset[str]
    roots: frozenset[str]
    """Those among them that it may have begun with: it is known again by them."""
    began_at: float
    severity: Severity
    certain: bool = False
    """Nothing that is still to come will name it otherwise."""
    services: tuple[str, ...] = ()
    of: FirstCause | BlindSpot | tuple[ServiceAssessment, ...]


def causes(moment: Moment, judged: Judged) -> list[Wrong]:
    """One for each first cause."""
    return [_cause(first, judged) for first in moment.first]


def _cause(first: FirstCause, judged: Judged) -> Wrong:
    failing = (first.cause, *(one.failing for one in first.chain))
    services = tuple(dict.fromkeys(one.service for one in failing if one.service))
    verdicts = (judged[name].verdict for name in services if name in judged)
    return Wrong(
        about=About.FIRST_CAUSE,
        key=first.cause.key,
        entities=frozenset(name for one in (*failing, *first.candidates) for name in _names(one)),
        roots=frozenset(name for one in (first.cause, *first.candidates) for name in _names(one)),
        began_at=first.cause.onset.not_after,
        severity=SEVERITIES[max(verdicts, key=lambda verdict: verdict.badness, default=Verdict.READY)],
        certain=first.confidence is Confidence.CLEAR,
        services=services,
        of=first,
    )


def _names(failing: Failing) -> Iterable[str]:
    """Its key, and the record that shows it: one instance that fails and, later, all of them share a record."""
    yield failing.key
    if failing.subject:
        yield failing.subject


def lost_sources(moment: Moment) -> list[Wrong]:
    """One for each lost source."""
    return [
        Wrong(
            about=About.SOURCE,
            key=source_of(spot.source),
            entities=frozenset({source_of(spot.source)}),
            roots=frozenset({source_of(spot.source)}),
            began_at=moment.now if spot.since is None else spot.since,
            severity=_lost_by(moment.snapshot.sources[spot.source].cause),
            of=spot,
        )
        for spot in moment.blind
    ]


def _lost_by(cause: Cause | None) -> Severity:
    """Whoever is blind is blind, however lightly the single failure weighs."""
    severity = CLASSES[cause.cause_class].severity if cause is not None else Severity.ERROR
    return max(severity, Severity.ERROR, key=lambda one: one.weight)


def unready(services: Judged, moment: Moment) -> Wrong:
    """What is wrong with these services, of which nothing is named that broke first: one thing for all of them."""
    since = {name: _since(name, moment) for name in services}
    first = min(since, key=lambda name: (since[name], name))
    entities = frozenset(map(verdict_of, services))
    return Wrong(
        about=About.VERDICT,
        key=verdict_of(first),
        entities=entities,
        roots=entities,
        began_at=since[first],
        severity=SEVERITIES[max(services.values(), key=lambda one: one.verdict.badness).verdict],
        services=tuple(services),
        of=tuple(services.values()),
    )


def source_of(name: str) -> str:
    """What a lost source is called among all that can be wrong."""
    return f"source:{name}"


def verdict_of(service: str) -> str:
    """What a service's verdict is called among all that can be wrong."""
    return f"verdict:{service}"


def _since(name: str, moment: Moment) -> float:
    known = moment.since.get(verdict_of(name))
    return known.at if known is not None else moment.now


def witnesses(entities: Iterable[str]) -> frozenset[str]:
    """The sources that show these: while one of them is lost, nobody knows whether it is over."""
    subjects = (name for name in entities if name.count(":") > 1 and not name.startswith("check:"))
    return frozenset(parts(subject)[1] for subject in subjects)
