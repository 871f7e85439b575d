"""Which waivers hold, and what is to be said of those that do not (readiness.md, Waivers)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from prodtui.model.assessment import Note, NoteKind, ServiceAssessment, State
from prodtui.readiness import words
from prodtui.readiness.policy import Policy
from prodtui.readiness.waiver import ENDS_SOON_S, Waiver

Holding = Mapping[str, Mapping[str, Waiver]]
"""By service, by check."""


def holding(policy: Policy, environment: str, now: float) -> Holding:
    """The waivers that hold in the environment at `now`."""
    found: dict[str, dict[str, Waiver]] = {}
    for waiver in policy.waivers:
        if waiver.environment == environment and waiver.active(now):
            found.setdefault(waiver.service, {}).setdefault(waiver.check, waiver)
    return found


def holds(waiver: Waiver, now: float, state: State | None) -> Note:
    """That a waiver holds: whoever reads the verdict must know. `state`: of its check; None where there is none."""
    left = words.seconds(waiver.expires - now)
    text = f"{waiver.id} waives {waiver.check} for {left} more: {waiver.reason} ({waiver.owner}, {waiver.ticket})"
    if state is State.PASS:
        text += "; the check passes, remove the waiver"
    return Note(kind=NoteKind.WAIVER, text=text, service=waiver.service, check=waiver.check)


def notes(
    policy: Policy, environment: str, service: Callable[[str], ServiceAssessment | None], now: float
) -> tuple[Note, ...]:
    """A finding for every waiver of the environment that has expired, ends soon, or matches nothing."""
    found = []
    for waiver in policy.waivers:
        if waiver.environment != environment:
            continue
        what = f"{waiver.id} for {waiver.check} of {waiver.service}"
        if not waiver.active(now):
            text = f"{what} expired {words.seconds(now - waiver.expires)} ago: mend it, or waive it anew"
        elif not _matches(waiver, service(waiver.service)):
            text = f"{what} matches nothing that is checked: remove it"
        elif waiver.expires - now < ENDS_SOON_S:
            text = f"{what} ends in {words.seconds(waiver.expires - now)}"
        else:
            continue
        found.append(Note(kind=NoteKind.WAIVER, text=text, service=waiver.service, check=waiver.check))
    return tuple(found)


def _matches(waiver: Waiver, service: ServiceAssessment | None) -> bool:
    checks = service.checks if service else ()
    return any(check.id == waiver.check and check.state is not State.NOT_APPLICABLE for check in checks)


def nowhere(policy: Policy, environments: Collection[str]) -> tuple[Note, ...]:
    """A finding for every waiver of an environment that there is not."""
    known = ", ".join(environments)
    return tuple(
        Note(
            kind=NoteKind.WAIVER,
            text=f"{waiver.id} matches nothing: there is no environment {waiver.environment}, only {known}",
            service=waiver.service,
            check=waiver.check,
        )
        for waiver in policy.waivers
        if waiver.environment not in environments
    )
