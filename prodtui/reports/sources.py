"""What every source says of itself, and the names that no service claims."""

from __future__ import annotations

import msgspec

from prodtui.model.moment import Moment
from prodtui.reports.status_json import source_part
from prodtui.reports.words import source_row, table

SCHEMA = "prodtui.sources/1"


def sources_text(moment: Moment, unmatched: dict[str, tuple[str, ...]]) -> str:
    """What `prodtui sources` prints: every source's state, and the names that no service claims."""
    if not moment.snapshot.sources:
        return (
            "No source is configured. `prodtui init` looks for what runs here; `prodtui lab` starts something to see.\n"
        )
    lines = table(
        ("", "source", "kind", "state", "latency", "version", "rights"),
        (
            (*source_row(s, moment.now), s.about.version or "", s.about.rights or "")
            for s in moment.snapshot.sources.values()
        ),
    )
    for state in moment.snapshot.sources.values():
        lines += [f"  {state.name}: {note}" for note in state.about.notes]
    if unmatched:
        lines += ["", "Names that no service claims (tie them with [services.NAME]):"]
        lines += [f"  {what}: {', '.join(names)}" for what, names in unmatched.items()]
    return "\n".join(lines) + "\n"


def sources_json(moment: Moment, unmatched: dict[str, tuple[str, ...]]) -> str:
    """The same as JSON, `prodtui.sources/1`."""
    document = {
        "schema": SCHEMA,
        "environment": moment.snapshot.declared.environment,
        "sources": [
            {
                **msgspec.to_builtins(source_part(state, moment.now)),
                "version": state.about.version,
                "rights": state.about.rights,
                "notes": state.about.notes,
            }
            for state in moment.snapshot.sources.values()
        ],
        "unmatched": unmatched,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
