"""The audit trail's entries as a person reads them, and as JSON (`prodtui.audit/1`)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from prodtui.model.audited import Actor, Entry
from prodtui.model.text import neutralise_name
from prodtui.reports.fields import one_line, rfc3339
from prodtui.reports.incident.words import dated
from prodtui.reports.words import table

SCHEMA = "prodtui.audit/1"
LONGEST_NOTE = 100
"""Characters of what somebody said with an act."""
_HEAD = ("NUMBER", "WHEN", "WHO", "ACT", "ABOUT", "RESULT")


def audited_text(entries: Sequence[Entry]) -> str:
    """One line an entry. Times are UTC."""
    return "\n".join(table(_HEAD, map(_row, entries), right=(0,))) + "\n"


def audited_json(environment: str, entries: Sequence[Entry]) -> str:
    """`environment`: empty where the entries are of all."""
    document = {"schema": SCHEMA, "environment": environment or None, "entries": [_part(each) for each in entries]}
    return json.dumps(document, indent=2) + "\n"


def _row(entry: Entry) -> tuple[str, ...]:
    # What comes out of the store may be what somebody put there past prodtui.
    deed = entry.deed
    note = one_line(deed.details.get("note", ""), LONGEST_NOTE)
    result = f"{deed.result}: {note}" if note else deed.result
    cells = (dated(deed.at), _who(deed.actor), deed.act.value, deed.about, result)
    return (str(entry.number), *map(neutralise_name, cells))


def _who(actor: Actor) -> str:
    return f"{actor.user} from {actor.client}" if actor.client else actor.user


def _part(entry: Entry) -> dict[str, object]:
    deed = entry.deed
    actor = {"user": deed.actor.user, "host": deed.actor.host, "account": deed.actor.account or None}
    return {
        "number": entry.number,
        "at": rfc3339(deed.at),
        "environment": deed.environment,
        "actor": {**actor, "client": deed.actor.client or None},
        "act": deed.act.value,
        "about": deed.about,
        "result": deed.result,
        "details": dict(deed.details),
        "hash": entry.hash,
    }
