"""An incident as the document `prodtui.incident/1`."""

from __future__ import annotations

import msgspec

from prodtui.model.assessment import Assessment
from prodtui.model.text import neutralise
from prodtui.reports.fields import floored, rfc3339
from prodtui.reports.incident import document as doc
from prodtui.reports.incident.incident import Failed, Incident
from prodtui.reports.incident.parts import acknowledged_part, blind_part, chain_part, change_part
from prodtui.reports.status_json import check_part, event_part

_LONGEST_EVIDENCE = 8_000
_MOST_CHECKS = 100


def incident_json(incident: Incident) -> str:
    """What `prodtui export --format json` prints."""
    return msgspec.json.format(msgspec.json.encode(incident_document(incident)), indent=2).decode() + "\n"


def incident_document(incident: Incident) -> doc.IncidentDocument:
    """The whole incident; evidence is cut, and says so."""
    return doc.IncidentDocument(
        schema="prodtui.incident/1",
        environment=incident.environment,
        began=rfc3339(incident.began) or "",
        ended=rfc3339(incident.ended) or "",
        gap=incident.gap or None,
        verdicts=tuple(_turn(turn.at, turn.assessment) for turn in incident.turns),
        worst=_turn(incident.worst.now, incident.worst.assessment),
        first=tuple(map(chain_part, incident.first)),
        failed=tuple(map(_failed, incident.failed)),
        events=tuple(map(event_part, incident.events)),
        changes=tuple(map(change_part, incident.changes)),
        blind=tuple(map(blind_part, incident.blind)),
        acknowledged=tuple(map(acknowledged_part, incident.acknowledged)),
        left_out=doc.LeftOutPart(events=incident.events_left_out, failed=incident.failed_left_out),
    )


def _turn(at: float, assessment: Assessment) -> doc.TurnPart:
    return doc.TurnPart(
        at=rfc3339(at) or "",
        verdict=assessment.verdict.value,
        score=floored(assessment.score),
        score_max=floored(assessment.score_max),
    )


def _failed(one: Failed) -> doc.FailedPart:
    worst = one.worst
    return doc.FailedPart(
        service=worst.name,
        verdict=worst.verdict.value,
        score=floored(worst.score),
        score_max=floored(worst.score_max),
        at=rfc3339(one.at) or "",
        seen=rfc3339(one.seen) or "",
        over=rfc3339(one.over),
        why=worst.why,
        checks=tuple(
            check_part(
                msgspec.structs.replace(
                    check,
                    evidence={
                        name: neutralise(text, longest=_LONGEST_EVIDENCE) for name, text in check.evidence.items()
                    },
                )
            )
            for check in one.checks[:_MOST_CHECKS]
        ),
    )
