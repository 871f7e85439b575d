"""An incident in one sentence: what broke first, since when, for how long, what it reached, whether it is over."""

from __future__ import annotations

from collections.abc import Sequence

from prodtui.model.incident import Confidence, EntityKind, FirstCause
from prodtui.reports.incident.incident import Failed, Incident
from prodtui.reports.incident.words import called, clock, lasted, onset
from prodtui.reports.markdown_text import code_span

_MOST = 6


def summary(incident: Incident) -> str:
    """Of the first cause that explains most; Markdown."""
    first = next(iter(incident.first), None)
    if first is None and not incident.failed:
        return "Nothing was seen to fail."
    reached = services(first) if first is not None else ()
    hit = [one for one in incident.failed if one.worst.name in reached] or list(incident.failed)
    if first is None:
        began = min(one.seen for one in hit)
        said = f"{_names([one.worst.name for one in hit])} failed from {clock(began)}; nobody knows what broke first"
    else:
        began = first.cause.onset.not_after
        broke = "broke first" if first.confidence is Confidence.CLEAR else "broke, maybe first,"
        said = f"{code_span(called(first.cause))} {broke} at {onset(first.cause.onset)}"
        if reached:
            said += f" and reached {_names(reached)}"
    return f"{said}; {_over(incident, hit, began)}."


def services(first: FirstCause) -> tuple[str, ...]:
    """The services that a chain goes through, in the order in which they turned bad."""
    chain = (first.cause, *(one.failing for one in first.chain))
    found = ((one.name if one.kind is EntityKind.SERVICE else one.service) for one in chain)
    return tuple(dict.fromkeys(name for name in found if name))


def _over(incident: Incident, hit: Sequence[Failed], began: float) -> str:
    ends = [one.over for one in hit if one.over is not None]
    if hit and len(ends) == len(hit):
        over = max(ends)
        return f"all was well again at {clock(over)}, after {lasted(over - began)}"
    seen = incident.last.now
    return f"it is not over at {clock(seen)}, after {lasted(seen - began)}"


def _names(names: Sequence[str]) -> str:
    told = [code_span(name) for name in names[:_MOST]]
    more = len(names) - _MOST
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")
