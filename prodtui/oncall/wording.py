"""What a notice says: one line that says it all, and the few that somebody woken by it asks for next. Times are UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodtui.model.assessment import Verdict
from prodtui.model.incident import BlindSpot, ChangeSeen, FirstCause
from prodtui.model.moment import Moment
from prodtui.model.notice import Notice
from prodtui.model.text import neutralise_name
from prodtui.oncall.wrong import Judged, Wrong
from prodtui.reports.incident.words import changed, clock, dated, lasted, onset
from prodtui.timeline.sentence import text, words

MOST = 8
"""Lines of one kind; the rest is counted."""


def title(wrong: Wrong, moment: Moment) -> str:
    """What is wrong, in one line."""
    match wrong.of:
        case FirstCause():
            return neutralise_name(text(wrong.of))
        case BlindSpot(source=source):
            failed = moment.snapshot.sources[source].cause
            return neutralise_name(f"source {source} is lost: {failed.message if failed else 'it says nothing new'}")
        case (one,):
            return neutralise_name(f"{one.name} {one.verdict}: {one.why or 'no reason is known'}")
        case services:
            names = ", ".join(one.name for one in services)
            worst = max(services, key=lambda one: one.verdict.badness).verdict
            return neutralise_name(f"{len(services)} services are not READY, the worst is {worst}: {names}")


def lines(wrong: Wrong, moment: Moment, judged: Judged) -> tuple[str, ...]:
    """When it began, what follows, what changed before, what nobody sees, where the runbooks are."""
    match wrong.of:
        case FirstCause() as first:
            said = [f"began: {onset(first.cause.onset)}"]
            said += _some("may be", [words(one) for one in first.candidates if one.key != first.cause.key])
            said += _some("follows", [words(one.failing) for one in first.chain])
            said += _some("changed before", _changes(first.suspects))
            said += _some("nobody sees", [f"{one.hides} ({one.source} is lost)" for one in moment.blind])
            services = [judged[name] for name in wrong.services if name in judged]
            said += _some("verdict", [f"{one.name} {one.verdict}" for one in services if one.verdict != Verdict.READY])
        case BlindSpot() as spot:
            since = "never read" if spot.since is None else f"since: {dated(spot.since)}"
            said = [since, f"nobody sees: {spot.hides}"]
        case services:
            said = [f"environment: {moment.assessment.verdict}"]
            said += _some("verdict", [f"{one.name} {one.verdict}: {one.why}".rstrip(": ") for one in services])
    return tuple(said + _some("runbook", _runbooks(wrong.services, moment)))


def again(what: str, times: int) -> str:
    """That it is back, and how often it was over lately."""
    return neutralise_name(f"again, after {times} time{'s' if times > 1 else ''}: {what}")


def over(what: str, lasted_s: float) -> str:
    """That it is over, and what it was."""
    return neutralise_name(f"over after {lasted(lasted_s)}: {what}")


def over_lines(began_at: float, gone_at: float, services: Iterable[str], judged: Judged) -> tuple[str, ...]:
    """From when to when, and how its services are now."""
    said = [f"began: {dated(began_at)}", f"over: {dated(gone_at)}"]
    known = [judged[name] for name in services if name in judged]
    return tuple(said + _some("now", [f"{one.name} {one.verdict} {one.why}".rstrip() for one in known]))


def titles(notices: Sequence[Notice], most: int = MOST) -> str:
    """What messages say, in one line."""
    if len(notices) == 1:
        return notices[0].title
    more = [f"{len(notices) - most} more"] if len(notices) > most else []
    return f"{len(notices)} messages: {'; '.join([one.title for one in notices[:most]] + more)}"


def _changes(suspects: Iterable[ChangeSeen]) -> list[str]:
    """Each with its time, newest first; what was changed several times in one way is said once."""
    found: dict[str, list[float]] = {}
    for one in suspects:
        found.setdefault(changed(one), []).append(one.at)
    spans = {what: dict.fromkeys(map(clock, (min(times), max(times)))) for what, times in found.items()}
    return [f"{' to '.join(span)} {what}" for what, span in spans.items()]


def _runbooks(services: Iterable[str], moment: Moment) -> list[str]:
    views = (moment.views[name] for name in services if name in moment.views)
    return [view.declared.runbook for view in views if view.declared.runbook]


def _some(head: str, said: Sequence[str]) -> list[str]:
    shown = [f"{head}: {one}" for one in said[:MOST]]
    return [*shown, f"{head}: {len(said) - MOST} more"] if len(said) > MOST else shown
