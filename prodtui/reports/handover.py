"""The handover: what is open, what broke first, what is rolled out, what was tried, what nobody sees. As Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodtui.model.assessment import ServiceAssessment, State, Verdict
from prodtui.model.evidence import Silence
from prodtui.model.incident import FirstCause
from prodtui.model.moment import Moment
from prodtui.model.rollout import Rollout
from prodtui.readiness.words import plural
from prodtui.reports.handover_rollouts import rollouts
from prodtui.reports.incident.markdown import acknowledgements, blind_spots, first_cause
from prodtui.reports.incident.summary import services
from prodtui.reports.incident.words import changed, clock, dated, lasted
from prodtui.reports.markdown_text import code_span, table
from prodtui.reports.words import score, words, worst_first
from prodtui.timeline.acknowledged import failings_of, names, standing

MOST = 100
"""Lines of one list; what is more is counted."""


def handover(moment: Moment, rolled: Sequence[Rollout] = (), ended: str = "") -> str:
    """What whoever comes next must know, as of this moment. All times are UTC.

    `rolled`: the rollouts that are open or ended lately; `ended`: the incident that ended last, as a sentence.
    """
    lines = list(_head(moment))
    for title, told, nothing in (
        ("Open", _open(moment), "Every service is READY."),
        ("First causes", _causes(moment), ""),
        ("Rollouts", [*rollouts(rolled[:MOST], moment.now), *_more(len(rolled))], ""),
        ("Ended last", [ended] if ended else [], ""),
        ("What was tried", _tried(moment), "Nobody has noted anything, and nothing is silenced."),
        ("Changed", _changed(moment), ""),
        ("Blind spots", blind_spots(moment.blind), ""),
    ):
        shown = list(told)
        if shown or nothing:
            lines += ["", f"## {title}", "", *(shown or [nothing])]
    return "\n".join(lines) + "\n"


def _head(moment: Moment) -> Iterator[str]:
    assessment = moment.assessment
    yield f"# Handover of {code_span(moment.snapshot.declared.environment)}, {dated(moment.now)}"
    yield ""
    failing = sum(service.verdict is Verdict.NOT_READY for service in assessment.services)
    unsure = sum(service.verdict is Verdict.INCONCLUSIVE for service in assessment.services)
    since = _since(moment, "verdict")
    yield (
        f"**{words(assessment.verdict)}**{f' {since}' if since else ''}, score {score(assessment)}: "
        f"{failing} of {plural(len(assessment.services), 'service')} failing"
        + (f", {unsure} not known" if unsure else "")
        + ". All times are UTC."
    )


def _open(moment: Moment) -> list[str]:
    """Every service that is not ready, with its costliest reason and who has seen it."""
    services = [s for s in moment.assessment.services if s.verdict is not Verdict.READY]
    seen = _seen_by(moment)
    rows = (
        (
            words(service.verdict),
            code_span(service.name),
            score(service),
            _since(moment, f"verdict:{service.name}") or "?",
            code_span(service.why or _reason(service)),
            ", ".join(dict.fromkeys(seen.get(service.name, ()))) or "nobody",
        )
        for service in services[:MOST]
    )
    lines = table(("verdict", "service", "score", "since", "why", "seen by"), rows)
    return [*lines, *_more(len(services))]


def _seen_by(moment: Moment) -> dict[str, list[str]]:
    """By service: who acknowledged it, or anything that its chain goes through."""
    seen: dict[str, list[str]] = {}
    through = [(tuple(failings_of(first)), services(first)) for first in moment.first]
    for one in standing(moment):
        hit = {name for chain, reached in through if any(names(one, failing) for failing in chain) for name in reached}
        for name in hit | {one.about}:
            seen.setdefault(name, []).append(code_span(one.by))
    return seen


def _reason(service: ServiceAssessment) -> str:
    """Notes can keep a service from READY where no point is lost."""
    ill = [check.reason for check in worst_first(service.checks) if check.state in (State.FAIL, State.UNKNOWN)]
    return next(iter((*ill, *(note.text for note in service.notes))), "")


def _causes(moment: Moment) -> list[str]:
    lines: list[str] = []
    for first in moment.first[:MOST]:
        lines += ["", *first_cause(first), "", _open_for(first, moment.now)]
    return [*lines[1:], *_more(len(moment.first))]


def _open_for(first: FirstCause, now: float) -> str:
    return f"Open for at least {lasted(now - first.cause.onset.not_after)}."


def _tried(moment: Moment) -> list[str]:
    silences = [record for _, record in sorted(moment.snapshot.of(Silence).items())]
    stands, said = set(standing(moment)), moment.acknowledged
    over = ("" if one in stands else "; that is over" for one in said)
    told = [f"{line}{end}" for line, end in zip(acknowledgements(said[:MOST]), over, strict=False)]
    told += _more(len(said))
    told += [f"- silenced: {_silence(silence)}" for silence in silences[:MOST]]
    return [*told, *_more(len(silences))]


def _silence(silence: Silence) -> str:
    what = code_span(", ".join(silence.matchers) or silence.label or silence.id)
    until = "" if silence.ends_at is None else f" until {dated(silence.ends_at)}"
    return f"{what}{until} by {code_span(silence.by)}: {code_span(silence.comment)}"


def _changed(moment: Moment) -> list[str]:
    told = [f"- {clock(change.at)} {code_span(changed(change))}" for change in moment.changes[:MOST]]
    return [*told, *_more(len(moment.changes))]


def _since(moment: Moment, key: str) -> str:
    """`since 14:02:58Z (7 min 21 s)`; empty where nobody knows."""
    since = moment.since.get(key)
    if since is None:
        return ""
    word = "since before" if since.censored else "since"
    return f"{word} {dated(since.at)} ({lasted(moment.now - since.at)})"


def _more(count: int) -> list[str]:
    return ["", f"And {count - MOST} more."] if count > MOST else []
