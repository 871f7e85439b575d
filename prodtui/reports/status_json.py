"""A moment as the document `prodtui.status/1`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from prodtui.model.assessment import CheckResult, Note, ServiceAssessment
from prodtui.model.cause import Cause
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Event, Moment
from prodtui.model.records import Breaker, HealthStatus, Instance, Pool, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.model.subject import subject
from prodtui.reports import document as doc
from prodtui.reports.fields import floored, rfc3339, rounded
from prodtui.reports.incident.parts import blind_part, chain_part, change_part
from prodtui.reports.words import view_of
from prodtui.timeline.status import status


def status_document(moment: Moment) -> doc.StatusDocument:
    """The whole moment, services worst first."""
    return doc.StatusDocument(**status_fields(moment))


def as_json(document: doc.StatusDocument) -> str:
    """Indented JSON; the keys in the documented order."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def status_fields(moment: Moment) -> dict[str, Any]:
    """The document's parts by name."""
    assessment = moment.assessment
    return {
        "schema": doc.STATUS_SCHEMA,
        "environment": moment.snapshot.declared.environment,
        "at": rfc3339(moment.now),
        "verdict": assessment.verdict.value,
        "score": floored(assessment.score),
        "score_max": floored(assessment.score_max),
        "coverage": floored(assessment.coverage, 3),
        "sources": tuple(source_part(s, moment.now) for s in moment.snapshot.sources.values()),
        "services": tuple(_service(moment, view_of(moment, s.name), s) for s in assessment.services),
        "pools": tuple(_pools(moment)),
        "breakers": tuple(_breakers(moment)),
        "first": tuple(map(chain_part, moment.first)),
        "blind": tuple(map(blind_part, moment.blind)),
        "changes": tuple(map(change_part, moment.changes)),
        "events": tuple(map(event_part, moment.events)),
        "notes": _notes(assessment.notes),
    }


def source_part(state: SourceState, now: float) -> doc.SourcePart:
    """One source: its freshness, and the cause when its last read failed."""
    return doc.SourcePart(
        name=state.name,
        plane=state.declared.plane.value,
        kind=state.declared.kind,
        state=state.freshness(now).value,
        age_s=rounded(state.age_s(now)),
        latency_s=rounded(state.latency_s, 4),
        cause=_cause(state.cause),
    )


def _cause(cause: Cause | None) -> doc.CausePart | None:
    return None if cause is None else doc.CausePart(cause_class=cause.cause_class.value, message=cause.message)


def _service(moment: Moment, view: ServiceView, judged: ServiceAssessment) -> doc.ServicePart:
    sli = view.slis[0].record if view.slis else Sli(label="", window_s=0)
    return doc.ServicePart(
        name=view.name,
        tier=judged.tier.value,
        verdict=judged.verdict.value,
        score=floored(judged.score),
        score_max=floored(judged.score_max),
        coverage=floored(judged.coverage, 3),
        instances=_instances(moment, view),
        health=tuple(
            doc.HealthPart(
                id=said.record.id,
                name=said.record.name,
                instance=said.record.instance or said.record.node,
                status=said.record.status.value,
                output=said.record.output,
                since=_since(moment, said.subject),
            )
            for said in view.health
        ),
        latency=doc.LatencyPart(
            p50_s=rounded(sli.p50_s, 6),
            p95_s=rounded(sli.p95_s, 6),
            p99_s=rounded(sli.p99_s, 6),
            error_ratio=rounded(sli.error_ratio, 6),
            rate_per_s=rounded(sli.rate_per_s),
        ),
        checks=tuple(check_part(check) for check in judged.checks),
        notes=_notes(judged.notes),
    )


def check_part(check: CheckResult) -> doc.CheckPart:
    """One check with its evidence."""
    return doc.CheckPart(
        id=check.id,
        state=check.state.value,
        blocking=check.blocking,
        waived=check.waived,
        points=float(check.points),
        of=float(check.of),
        reason=check.reason,
        value=rounded(check.value, 6),
        unit=check.unit,
        threshold=check.threshold,
        observed_at=rfc3339(check.observed_at),
        age_s=rounded(check.age_s),
        evidence=dict(check.evidence),
        source=check.source or None,
        limit=rounded(check.limit, 6),
        baseline=rounded(check.baseline, 6),
        version=check.version or None,
        held=check.held.value if check.held else None,
        waiver=doc.WaiverPart(id=check.waiver, expires=rfc3339(check.waiver_ends)) if check.waiver else None,
        remedy=check.remedy,
    )


def _notes(notes: Iterable[Note]) -> tuple[doc.NotePart, ...]:
    return tuple(
        doc.NotePart(kind=note.kind.value, text=note.text, service=note.service or None, check=note.check or None)
        for note in notes
    )


def _instances(moment: Moment, view: ServiceView) -> doc.InstancesPart:
    listed = tuple(
        doc.InstancePart(
            id=said.record.id,
            node=said.record.node,
            zone=said.record.zone,
            version=said.record.version,
            phase=said.record.phase.value,
            status=_reported_status(moment, said, view).value,
        )
        for said in view.instances
    )
    counts = Counter(part.status for part in listed)
    return doc.InstancesPart(
        total=len(listed),
        passing=counts["passing"],
        warning=counts["warning"],
        critical=counts["critical"],
        unknown=counts["unknown"],
        list=listed,
    )


def _reported_status(moment: Moment, said: Said[Instance], view: ServiceView) -> HealthStatus:
    if said.source.freshness(moment.now) is Freshness.LOST:
        return HealthStatus.UNKNOWN
    return view.instance_status(said.record)


def _since(moment: Moment, key: str) -> str | None:
    since = moment.since.get(key)
    # Censored: it was so before we looked, so the time is not known.
    return None if since is None or since.censored else rfc3339(since.at)


def _pools(moment: Moment) -> list[doc.PoolPart]:
    services = {(said.source.name, said.record.key): view.name for view in moment.views.values() for said in view.pools}
    parts = []
    for (source, key), pool in sorted(moment.snapshot.of(Pool).items()):
        found = status(pool)
        lost = moment.snapshot.sources[source].freshness(moment.now) is Freshness.LOST
        parts.append(
            doc.PoolPart(
                name=pool.name,
                source=source,
                service=services.get((source, key)),
                size=pool.size,
                used=None if lost else pool.used,
                idle=None if lost else pool.idle,
                waiting=None if lost else pool.waiting,
                max_wait_s=None if lost else rounded(pool.max_wait_s),
                paused=pool.paused,
                status="unknown" if lost or found is None else found.word,
            )
        )
    return parts


def _breakers(moment: Moment) -> list[doc.BreakerPart]:
    parts = []
    for (source, _), breaker in sorted(moment.snapshot.of(Breaker).items()):
        lost = moment.snapshot.sources[source].freshness(moment.now) is Freshness.LOST
        parts.append(
            doc.BreakerPart(
                name=breaker.name,
                source=source,
                caller=breaker.caller,
                callee=breaker.callee,
                state="unknown" if lost else breaker.state.value,
                since=_since(moment, subject(source, breaker)),
            )
        )
    return parts


def event_part(event: Event) -> doc.EventPart:
    """One event."""
    return doc.EventPart(
        at=rfc3339(event.at) or "",
        kind=event.kind,
        name=event.name,
        before=event.before,
        after=event.after,
        text=event.text,
    )
