"""Between a course's state and the mark that a journal keeps of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import msgspec

from prodtui.model.assessment import Assessment, CheckResult, PillarResult, ServiceAssessment, Streak
from prodtui.model.declared import Declared, DeclaredSource, Tier
from prodtui.model.freshness import Rest, SourceState
from prodtui.model.kept import Kept
from prodtui.model.mark import JudgedBefore, JudgedWindow, Mark
from prodtui.model.records import AnyRecord, Record
from prodtui.model.snapshot import Key, Snapshot, Table
from prodtui.model.subject import parts
from prodtui.readiness.standard import Standard
from prodtui.timeline.transitions import OVER_A_WINDOW

RESTS_S = 10.0
"""So long after a start a source may not be tried yet, and its silence is no news."""
_NOTHING = Fraction(0)


def records_of(snapshot: Snapshot) -> tuple[tuple[str, AnyRecord], ...]:
    """Every record with its source, in the snapshot's order."""
    return tuple((source, record) for table in snapshot.tables.values() for (source, _), record in table.items())


def snapshot_of(mark: Mark) -> Snapshot:
    """The snapshot that the mark was made of."""
    tables: dict[type[Record], dict[Key, AnyRecord]] = {}
    for source, record in mark.records:
        tables.setdefault(type(record), {})[source, record.key] = record
    kept: Mapping[type[Record], Table] = dict(tables)
    return Snapshot(declared=mark.declared, at=mark.told_at, sources=mark.sources, tables=kept)


def judged_of(assessment: Assessment | None) -> tuple[JudgedBefore, ...]:
    """What the next judgement is compared with."""
    return tuple(
        JudgedBefore(service.name, service.verdict, tuple(_windows(service)))
        for service in (assessment.services if assessment else ())
    )


def _windows(service: ServiceAssessment) -> Iterator[JudgedWindow]:
    for check in service.checks:
        if check.id in OVER_A_WINDOW:
            yield JudgedWindow(check.id, check.state, check.observed_at)


def assessment_of(mark: Mark) -> Assessment | None:
    """The last judgement as far as the next one is compared with it: verdicts, and the states of what windows show."""
    if mark.verdict is None:
        return None
    return Assessment(
        at=mark.at,
        verdict=mark.verdict,
        score=_NOTHING,
        score_max=_NOTHING,
        coverage=_NOTHING,
        services=tuple(map(_service, mark.judged)),
    )


def _service(judged: JudgedBefore) -> ServiceAssessment:
    checks = tuple(
        CheckResult(
            id=window.id, pillar="", title="", state=window.state, blocking=False, observed_at=window.observed_at
        )
        for window in judged.windows
    )
    pillar = PillarResult(name="", required=False, weight=_NOTHING, points=_NOTHING, of=_NOTHING, checks=checks)
    return ServiceAssessment(
        name=judged.name,
        tier=Tier.B,
        verdict=judged.verdict,
        score=_NOTHING,
        score_max=_NOTHING,
        coverage=_NOTHING,
        pillars=(pillar,),
    )


def with_streaks(standard: Standard, streaks: Mapping[str, Streak]) -> Standard:
    """The standard whose history has these streaks."""
    return msgspec.structs.replace(standard, history=msgspec.structs.replace(standard.history, streaks=streaks))


def fitted(mark: Mark, declared: Declared) -> Mark:
    """The mark for an environment as it is declared now: what is no longer is dropped, what is new was never read."""
    if declared == mark.declared:
        return mark
    before = {source.name: source for source in mark.declared.sources}
    # Under one name another system may be read by now.
    same = {s.name for s in declared.sources if s.name in before and _system(before[s.name]) == _system(s)}
    sources = {
        source.name: msgspec.structs.replace(mark.sources[source.name], declared=source)
        if source.name in same and source.name in mark.sources
        else SourceState(declared=source)
        for source in declared.sources
    }
    return msgspec.structs.replace(
        mark,
        declared=declared,
        sources=sources,
        records=tuple((source, record) for source, record in mark.records if source in same),
        since={subject: since for subject, since in mark.since.items() if _still(subject, same)},
        freshness={name: freshness for name, freshness in mark.freshness.items() if name in same},
        incident=_of_sources(mark.incident, same),
    )


def _of_sources(kept: Kept, sources: set[str]) -> Kept:
    """What is remembered of these sources; who was named for it is looked for again."""
    troubles = {key: trouble for key, trouble in kept.troubles.items() if trouble.source in sources}
    return msgspec.structs.replace(kept, troubles=troubles, earlier={}, causes={})


def _still(subject: str, sources: set[str]) -> bool:
    """Whether what this speaks of is still declared: a record's source is; a verdict (`verdict:SERVICE`) has none."""
    return subject.partition(":")[0] in ("verdict", "unready") or parts(subject)[1] in sources


def _system(source: DeclaredSource) -> tuple[str, str]:
    """Which system a source reads, however often."""
    return source.kind, dict(source.settings).get("url", "")


def same_systems(one: Declared, other: Declared) -> bool:
    """Whether two environments of one name read the same systems."""
    return {(s.name, *_system(s)) for s in one.sources} == {(s.name, *_system(s)) for s in other.sources}


def resumed(mark: Mark, now: float) -> Mark:
    """The mark for a watch that starts from it at `now`: no source was asked yet, and none was lost meanwhile."""
    return msgspec.structs.replace(
        mark,
        sources={
            name: msgspec.structs.replace(
                state,
                tried_at=None,
                next_at=None,
                rest=Rest(left_at=state.rest.left_at if state.rest else mark.at, until=now + RESTS_S),
            )
            for name, state in mark.sources.items()
        },
    )
