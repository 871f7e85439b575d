"""An incident as Markdown, to begin a post-mortem with. Whatever comes from outside stands in code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prodtui.model.assessment import CheckResult, Verdict
from prodtui.model.incident import Acknowledgement, BlindSpot, Confidence, FirstCause
from prodtui.model.text import neutralise
from prodtui.readiness.words import plural
from prodtui.reports.fields import one_line
from prodtui.reports.incident.incident import Failed, Incident, Picture
from prodtui.reports.incident.rows import HEAD, rows
from prodtui.reports.incident.shown import cut, rounded, told
from prodtui.reports.incident.summary import summary
from prodtui.reports.incident.words import about, called, changed, clock, dated, lasted, onset, tree
from prodtui.reports.markdown_text import code_span, fenced, table
from prodtui.reports.words import score, words

LARGEST_BYTES = 1_048_576
"""What the tools that an incident is pasted into take."""
MOST_ROWS = 300
"""Rows of the timeline; an incident's first ones and its last."""
_MOST_EVIDENCE = 12
"""Lines of one service."""
_MOST_CHECKS = 10
_LONGEST_RULE = 80


def incident_markdown(
    incident: Incident, pictures: Sequence[Picture] = (), *, largest_bytes: int = LARGEST_BYTES
) -> str:
    """The summary, what broke first, what failed with its evidence, the timeline, and what nobody could see.

    Sections that do not fit are named, not shown.
    """
    parts = ["\n".join(_head(incident))]
    left = largest_bytes - len(parts[0].encode()) - 500  # room for naming what is left out
    cut: list[str] = []
    for title, lines in _sections(incident, pictures):
        part = "\n".join(("", f"## {title}", "", *lines))
        size = len(part.encode()) + 1
        if size > left:
            cut.append(title)
            continue
        left -= size
        parts.append(part)
    if cut:
        parts.append(f"\n**Too long to be shown here: {', '.join(cut).lower()}. Ask for a shorter stretch.**")
    return "\n".join(parts) + "\n"


def first_cause(first: FirstCause) -> list[str]:
    """One chain: what broke first, what follows from it, what it may be instead, and what was changed before."""
    known = "Certain" if first.confidence is Confidence.CLEAR else "Not certain yet"
    lines = [known + (", and broken before all else" if first.already_broken else "") + ":", ""]
    lines += fenced(_indented(line) for line in tree(first))
    if len(first.candidates) > 1 and first.confidence is Confidence.UNCLEAR:
        lines += ["", "It may be any of:", ""]
        lines += [f"- {code_span(called(each))}, {onset(each.onset)}" for each in first.candidates]
    if first.suspects:
        lines += ["", "Changed within the half hour before:", ""]
        lines += [f"- {clock(change.at)} {code_span(changed(change))}" for change in first.suspects]
    return lines


def blind_spots(spots: Iterable[BlindSpot]) -> list[str]:
    return [
        f"- {code_span(spot.source)}, {'never read' if spot.since is None else f'since {dated(spot.since)}'}: "
        f"nothing is known of {code_span(spot.hides)}"
        for spot in spots
    ]


def acknowledgements(found: Iterable[Acknowledgement]) -> list[str]:
    return [f"- {dated(one.at)} {code_span(one.by)} on {code_span(about(one))}: {code_span(one.note)}" for one in found]


def _head(incident: Incident) -> Iterator[str]:
    began, ended = incident.began, incident.ended
    yield f"# Incident in {code_span(incident.environment)}, {dated(began)} to {dated(ended)}"
    yield ""
    yield f"**{summary(incident)}**"
    yield ""
    yield f"The stretch is {lasted(ended - began)} long. All times are UTC."
    yield ""
    course = " → ".join(f"{words(turn.assessment.verdict)} {clock(turn.at)}" for turn in incident.turns[:12])
    more = len(incident.turns) - 12
    yield f"- verdict: {course}" + (f" and {plural(more, 'more turn')}" if more > 0 else "")
    worst = incident.worst
    yield f"- worst: {words(worst.assessment.verdict)}, score {score(worst.assessment)}, at {clock(worst.now)}"
    for verdict, word in ((Verdict.NOT_READY, "not ready"), (Verdict.INCONCLUSIVE, "not known")):
        failed = [one for one in incident.failed if one.worst.verdict is verdict]
        # Those left out are the least bad ones.
        more = len(failed) - 12 + (incident.failed_left_out if failed and failed[-1] is incident.failed[-1] else 0)
        if failed:
            names = ", ".join(code_span(one.worst.name) for one in failed[:12])
            yield f"- {word}: {names}" + (f" and {more} more" if more > 0 else "")
    for first in incident.first[1:3]:
        yield f"- then: {code_span(called(first.cause))}, {onset(first.cause.onset)}"
    if incident.blind:
        yield f"- blind: {', '.join(code_span(spot.source) for spot in incident.blind)}"
    if incident.gap:
        yield f"- **not covered whole: {code_span(incident.gap)}**"


def _sections(incident: Incident, pictures: Sequence[Picture]) -> Iterator[tuple[str, list[str]]]:
    chains = [line for first in incident.first for line in ("", *first_cause(first))][1:]
    yield "First cause", chains or [_no_cause(incident)]
    failed = [line for one in incident.failed for line in ("", *_failed(one))][1:]
    if incident.failed_left_out:
        failed += ["", f"**And {plural(incident.failed_left_out, 'more service')}.**"]
    yield "What failed", failed or ["Nothing was seen to fail."]
    yield "Timeline", _timeline(incident)
    if incident.blind:
        yield "Blind spots", blind_spots(incident.blind)
    if incident.acknowledged:
        yield "Acknowledged", acknowledgements(incident.acknowledged)
    for picture in pictures:
        yield (
            f"{picture.title} at {clock(picture.at)}",
            fenced(_printable(line) for line in picture.lines if line.strip()),
        )


def _no_cause(incident: Incident) -> str:
    return "None was found." if incident.failed else "Nothing failed."


def _failed(one: Failed) -> Iterator[str]:
    worst = one.worst
    until = "not over" if one.over is None else f"over by {clock(one.over)}"
    yield f"### {code_span(worst.name)} {words(worst.verdict)}, score {score(worst)}"
    yield ""
    why = f" {code_span(worst.why)}" if worst.why else ""
    yield f"Seen at {clock(one.seen)}, worst at {clock(one.at)}, {until}.{why}"
    checks = one.checks
    yield ""
    yield from table(("state", "check", "points", "reason", "limit", "seen"), map(_check, checks[:_MOST_CHECKS]))
    if len(checks) > _MOST_CHECKS:
        yield ""
        yield f"And {plural(len(checks) - _MOST_CHECKS, 'more check')}."
    # Checks that stand on the same facts share them.
    evidence = list(dict.fromkeys(line for check in checks[:_MOST_CHECKS] for line in told(check.evidence)))
    if evidence:
        more = len(evidence) - _MOST_EVIDENCE
        left_out = [f"and {plural(more, 'more line')}"] if more > 0 else []
        yield from ("", "Evidence:", "", *fenced([*map(_printable, evidence[:_MOST_EVIDENCE]), *left_out]))


def _check(check: CheckResult) -> tuple[str, ...]:
    return (
        check.state.value + (" **B**" if check.blocking else "") + (" waived" if check.waived else ""),
        code_span(check.id),
        f"{float(check.points):.1f}/{float(check.of):.1f}",
        code_span(rounded(cut(check.reason))),
        code_span(cut(check.threshold, _LONGEST_RULE)),
        "?" if check.observed_at is None else clock(check.observed_at),
    )


def _timeline(incident: Incident) -> list[str]:
    found = [row.cells for row in rows(incident)]
    left_out = incident.events_left_out
    if len(found) > MOST_ROWS:
        left_out += len(found) - MOST_ROWS
        found = found[: MOST_ROWS * 3 // 4] + found[-MOST_ROWS // 4 :]
    lines = table(HEAD, found) or ["Nothing happened."]
    return [*lines, "", f"**{left_out} between the first and the last ones are left out.**"] if left_out else lines


def _indented(line: str) -> str:
    told = line.lstrip(" ")
    return " " * (len(line) - len(told)) + one_line(told)


def _printable(line: str) -> str:
    """A line as it is laid out, without what a terminal or a parser would act on."""
    return neutralise(line).replace("\n", " ").replace("\t", "    ")
