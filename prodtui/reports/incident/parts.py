"""First causes, changes and blind spots as parts of the machine-readable documents."""

from __future__ import annotations

from typing import Any, cast

from prodtui.model.incident import Acknowledgement, BlindSpot, ChangeSeen, Failing, FirstCause
from prodtui.reports import document as doc
from prodtui.reports.fields import rfc3339
from prodtui.reports.incident import document as incident_doc
from prodtui.timeline.sentence import text


def chain_part(first: FirstCause) -> doc.ChainPart:
    """One chain; where it is unclear, `candidates` says how many it may be."""
    cause = first.cause
    return doc.ChainPart(
        text=text(first),
        cause=doc.FirstCausePart(
            kind=cause.kind.value,
            name=cause.name,
            what=cause.what,
            at=rfc3339(cause.onset.at),
            not_after=rfc3339(cause.onset.not_after),
        ),
        chain=tuple(_entity(each.failing) for each in first.chain),
        confidence=first.confidence.value,
        candidates=max(1, len(first.candidates)),
        suspects=tuple(change_part(change) for change in first.suspects),
    )


def change_part(change: ChangeSeen) -> doc.ChangePart:
    return doc.ChangePart(
        at=rfc3339(change.at) or "",
        kind=cast("Any", change.kind),
        service=change.service,
        before=change.before,
        after=change.after,
    )


def blind_part(spot: BlindSpot) -> doc.BlindPart:
    return doc.BlindPart(source=spot.source, since=rfc3339(spot.since), hides=spot.hides)


def acknowledged_part(one: Acknowledgement) -> incident_doc.AcknowledgedPart:
    return incident_doc.AcknowledgedPart(at=rfc3339(one.at) or "", by=one.by, about=one.about, note=one.note)


def _entity(failing: Failing) -> doc.EntityPart:
    # Of what follows a reader wants one time: when it was first seen bad.
    return doc.EntityPart(
        kind=failing.kind.value, name=failing.name, what=failing.what, at=rfc3339(failing.onset.not_after)
    )
