"""An incident as Markdown, to begin a post-mortem with. Whatever comes from outside stands in code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prodtui.model.assessment import CheckResult
from prodtui.model.incident import Acknowledgement, BlindSpot, ChangeSeen, Confidence, FirstCause
from prodtui.model.moment import Event
from prodtui.model.text import neutralise
from prodtui.readiness.words import plural
from prodtui.reports.fields import one_line
from prodtui.reports.incident.incident import Failed, Incident, Picture
from prodtui.reports.incident.words import changed, clock, dated, lasted, onset, sentence, tree
from prodtui.reports.markdown_text import code_span, fenced, table
from prodtui.reports.words import score, words

LARGEST_BYTES = 1_048_576
"""What the tools that an incident is pasted into take."""
MOST_ROWS = 300
"""Rows of the timeline; an incident's first ones and its last."""
_LONGEST_EVIDENCE = 2_000
_MOST_EVIDENCE = 12
_MOST_CHECKS = 20


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
    known = "clear" if first.confidence is Confidence.CLEAR else "unclear"
    lines = [
        f"{code_span(sentence(first))} — {known}" + (", already broken before" if first.already_broken else ""),
        "",
    ]
    lines += fenced(_indented(line) for line in tree(first))
    if first.confidence is Confidence.UNCLEAR and first.candidates:
        lines += ["", "It may be any of:", ""]
        lines += [f"- {code_span(f'{c.kind} {c.name} {c.what}')}, {onset(c.onset)}" for c in first.candidates]
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
    return [f"- {dated(one.at)} {code_span(one.by)} on {code_span(one.about)}: {code_span(one.note)}" for one in found]


def _head(incident: Incident) -> Iterator[str]:
    began, ended = incident.began, incident.ended
    yield f"# Incident in {code_span(incident.environment)}, {dated(began)} to {dated(ended)}"
    yield ""
    yield f"{lasted(ended - began)}. All times are UTC."
    yield ""
    course = " → ".join(f"{words(turn.assessment.verdict)} {clock(turn.at)}" for turn in incident.turns[:12])
    more = len(incident.turns) - 12
    yield f"- verdict: {course}" + (f" and {plural(more, 'more turn')}" if more > 0 else "")
    worst = incident.worst
    yield f"- worst: {words(worst.assessment.verdict)}, score {score(worst.assessment)}, at {clock(worst.now)}"
    if incident.failed:
        names = ", ".join(code_span(one.worst.name) for one in incident.failed[:12])
        more = len(incident.failed) - 12 + incident.failed_left_out
        yield f"- not ready: {names}" + (f" and {more} more" if more > 0 else "")
    for first in incident.first[:3]:
        yield f"- first: {code_span(sentence(first))}"
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
            fenced(_printable(line) for line in picture.lines),
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
    shown: dict[tuple[str, ...], list[str]] = {}  # checks that stand on the same facts share them
    for check in checks:
        shown.setdefault(tuple(_evidence(check)), []).append(check.id)
    for evidence, ids in list(shown.items())[:_MOST_EVIDENCE]:
        if evidence:
            yield from ("", f"Evidence of {', '.join(map(code_span, ids))}:", "", *fenced(evidence))


def _check(check: CheckResult) -> tuple[str, ...]:
    return (
        check.state.value + (" **B**" if check.blocking else "") + (" waived" if check.waived else ""),
        code_span(check.id),
        f"{float(check.points):.1f}/{float(check.of):.1f}",
        code_span(check.reason),
        code_span(check.threshold),
        "?" if check.observed_at is None else clock(check.observed_at),
    )


def _evidence(check: CheckResult) -> Iterator[str]:
    for name, text in check.evidence.items():
        lines = neutralise(text, longest=_LONGEST_EVIDENCE).splitlines() or [""]
        if len(lines) == 1:
            yield f"{one_line(name)}: {_printable(lines[0])}"
        else:
            yield f"{one_line(name)}:"
            yield from (f"  {_printable(line)}" for line in lines)


def _timeline(incident: Incident) -> list[str]:
    happened: list[tuple[float, tuple[str, ...]]] = [
        *((event.at, _event(event)) for event in incident.events),
        *((change.at, _change(change)) for change in incident.changes),
        *(
            (one.at, ("noted", code_span(one.about), code_span(one.by), code_span(one.note)))
            for one in incident.acknowledged
        ),
        *(
            (
                turn.at,
                (
                    "verdict",
                    code_span(incident.environment),
                    words(turn.assessment.verdict),
                    f"score {score(turn.assessment)}",
                ),
            )
            for turn in incident.turns
        ),
    ]
    happened.sort(key=lambda row: row[0])
    rows = [(clock(at), *cells) for at, cells in happened]
    head = ("time", "what", "name", "change", "observed")
    left_out = incident.events_left_out
    if len(rows) > MOST_ROWS:
        left_out += len(rows) - MOST_ROWS
        rows = rows[: MOST_ROWS * 3 // 4] + rows[-MOST_ROWS // 4 :]
    lines = table(head, rows) or ["Nothing happened."]
    return [*lines, "", f"**{left_out} between the first and the last ones are left out.**"] if left_out else lines


def _event(event: Event) -> tuple[str, ...]:
    mark = {True: "✖", False: "●", None: "·"}[event.bad]
    turn = " → ".join(part for part in (event.before, event.after or "gone") if part is not None)
    return f"{mark} {code_span(event.kind)}", code_span(event.name), code_span(turn), code_span(event.text)


def _change(change: ChangeSeen) -> tuple[str, ...]:
    turn = " → ".join(part for part in (change.before, change.after) if part is not None)
    return f"◆ {code_span(change.kind)}", code_span(change.service), code_span(turn), "–"


def _indented(line: str) -> str:
    told = line.lstrip(" ")
    return " " * (len(line) - len(told)) + one_line(told)


def _printable(line: str) -> str:
    """A line as it is laid out, without what a terminal or a parser would act on."""
    return neutralise(line).replace("\n", " ").replace("\t", "    ")
