"""What somebody has acknowledged, and the mark that says so."""

from __future__ import annotations

from prodtui.model.incident import Acknowledgement, Failing
from prodtui.model.moment import Moment
from prodtui.ui import format as fmt
from prodtui.ui.line import Line

MARK = "✓"
TAIL: Line = ((f" {MARK}", "accent"),)
"""What follows the name of a problem that somebody has seen."""


def of_service(service: str, moment: Moment) -> tuple[Acknowledgement, ...]:
    """Those about a service, or about something that fails of it; newest first."""
    if not moment.acknowledged:
        return ()
    keys = {service} | {failing.key for failing in failings(moment) if failing.service == service}
    return tuple(said for said in moment.acknowledged if said.about in keys)


def services(moment: Moment) -> frozenset[str]:
    """The services that `of_service` says anything of."""
    if not moment.acknowledged:
        return frozenset()
    about = {said.about for said in moment.acknowledged}
    return frozenset(about | {failing.service for failing in failings(moment) if failing.key in about})


def of_failing(failing: Failing, moment: Moment) -> tuple[Acknowledgement, ...]:
    """Those about something that fails, or about its service; newest first."""
    about = {failing.key, failing.service, failing.name} - {""}
    return tuple(said for said in moment.acknowledged if said.about in about)


def failings(moment: Moment) -> tuple[Failing, ...]:
    """All that fails, by every chain."""
    found: dict[str, Failing] = {}
    for first in moment.first:
        for failing in (first.cause, *(c.failing for c in first.chain), *first.candidates):
            found.setdefault(failing.key, failing)
    return tuple(found.values())


def line(said: Acknowledgement, now: float) -> Line:
    """`✓ ana 14:05:10 rolling back`."""
    return ((f"{MARK} ", "accent"), (said.by, "strong"), (f" {fmt.moment(said.at, now)}  ", "dim"), (said.note, ""))
