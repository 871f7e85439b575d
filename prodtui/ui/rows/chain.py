"""What broke first as a tree: the cause, what follows from it, when; its suspects, and what nobody could see."""

from __future__ import annotations

from prodtui.model.incident import ChangeSeen, Confidence, Failing, FirstCause
from prodtui.model.moment import Moment
from prodtui.timeline.acknowledged import of_failing
from prodtui.timeline.first import seen_late
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import acknowledged, first, onsets
from prodtui.ui.rows.sign import BAD, CHANGE, UNKNOWN, WARN
from prodtui.ui.rows.tree import walked

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("", 14, 64, gap=1, sortable=False),
    Column("", 12, 200, flex=True, sortable=False),
    Column("", 8, 39, right=True, sortable=False),
)
_KIND = {"sli": "", "service": ""}
"""Kinds that a failing entity's own words tell already."""
ROOT = ""


def rows(moment: Moment) -> tuple[Row, ...]:
    """A section for each chain, the suspects of all, the blind spots."""
    found: list[Row] = []
    for number, told in enumerate(moment.first):
        found += [_title(told, number), *_tree(told, number, moment)]
    suspects = {_key(seen): (seen, told) for told in moment.first for seen in told.suspects}
    if suspects:
        found.append(_section("changed before", "suspects, newest first"))
        newest = sorted(suspects.values(), key=lambda pair: -pair[0].at)
        found += [_suspect(seen, told, moment) for seen, told in newest]
    if moment.blind:
        found.append(_section("blind spots", "no evidence of what these would show"))
        for spot in moment.blind:
            since = "never read" if spot.since is None else fmt.moment(spot.since, moment.now)
            cells = (UNKNOWN.cell, Cell(spot.source, "strong"), Cell(f"hides {spot.hides}", "dim"), Cell(since, "dim"))
            found.append(Row(f"source:{spot.source}", cells, UNKNOWN.badness))
    return tuple(found)


def heading(moment: Moment) -> Line:
    chains = sum(not told.already_broken for told in moment.first)
    if not chains:
        return (("What broke first", "strong"),)
    return (("What broke first", "strong"), (f" {chains} {'chain' if chains == 1 else 'chains'}", "dim"))


def lead(moment: Moment) -> Line:
    """The answer in a sentence: the cause, how sure that is, how much follows from it."""
    chains = [told for told in moment.first if not told.already_broken]
    if not chains:
        if said := first.nothing_failing(moment):
            return said[1:]
        failing = sum(service.verdict.badness > 1 for service in moment.assessment.services)
        why = "every chain is old" if moment.first else "nothing seen says what broke first"
        return (((f"{failing} failing or unknown: " if failing else "") + why, "dim"),)
    told = chains[0]
    if told.confidence is Confidence.UNCLEAR:
        if len(told.candidates) < 2:
            why = f"  {told.cause.name} {told.cause.what}: not all that could explain it was read since"
            return (("not certain yet", "strong warn"), (why, ""))
        why = f"  {len(told.candidates)} candidates: what is seen does not tell them apart"
        return (("unclear", "strong warn"), (why, ""))
    follows = f"  {len(told.chain)} more follow from it" if told.chain else ""
    return (
        (told.cause.name, "strong"),
        (f" {told.cause.what}", "bad"),
        (f"  {onsets.onset(told.cause.onset, moment.now)}", "dim"),
        (f", {onsets.LATE}" if told.cause.key in seen_late(told) else "", "dim"),
        (follows, "dim"),
    )


def failing_of(key: str, moment: Moment) -> Failing | None:
    """What fails at a row; None at a suspect or a blind spot."""
    number, _, name = key.partition(" ")
    if not number.isdigit() or int(number) >= len(moment.first):
        return None
    told = moment.first[int(number)]
    all_of_it = (told.cause, *told.candidates, *(consequence.failing for consequence in told.chain))
    return next((failing for failing in all_of_it if failing.key == name), None)


def suspect_of(key: str, moment: Moment) -> ChangeSeen | None:
    """The change at a row; None elsewhere."""
    return next((seen for told in moment.first for seen in told.suspects if _key(seen) == key), None)


def _key(seen: ChangeSeen) -> str:
    return f"change {seen.at:.3f} {seen.kind} {seen.service}"


def _title(told: FirstCause, number: int) -> Row:
    clear = told.confidence is Confidence.CLEAR
    name = "already broken" if told.already_broken else "first" if number == 0 else "also"
    said = "clear" if clear else first.doubt(told).rstrip(":")
    if told.already_broken:
        said = "bad for more than an hour longer than the rest"
    return _section(name, said, "good" if clear and not told.already_broken else "warn")


def _section(name: str, said: str, style: str = "dim") -> Row:
    return Row(f"section {name}", (Cell(name, "strong", tail=((f" {said}", style),)), Cell()), heading=True)


def _tree(told: FirstCause, number: int, moment: Moment) -> list[Row]:
    """The cause or, where it is unclear, every candidate, and below each what follows from it."""
    causes = list({failing.key: failing for failing in (told.cause, *told.candidates)}.values())
    known = {failing.key for failing in causes} | {consequence.failing.key for consequence in told.chain}
    below: dict[str, list[Failing]] = {}
    for consequence in told.chain:
        of = consequence.of if consequence.of in known else told.cause.key
        below.setdefault(of, []).append(consequence.failing)
    candidates = {failing.key for failing in causes}
    unclear, late = told.confidence is Confidence.UNCLEAR, seen_late(told)
    found: list[Row] = []
    for failing, twig in walked(causes, lambda f: below.get(f.key, ()), lambda f: f.key):
        if twig.again:
            continue
        is_cause = failing.key in candidates
        sign = WARN if unclear and is_cause else BAD
        mark = acknowledged.TAIL if is_cause and of_failing(failing, moment) else ()
        kind = _KIND.get(failing.kind, f"{failing.kind} ")
        said_late: Line = ((f"  {onsets.LATE}", "dim"),) if failing.key in late else ()
        cells = (
            sign.cell,
            Cell(twig.branches, "dim", tail=((kind, "dim"), (failing.name, "strong"), *mark)),
            Cell(failing.what, "bad" if is_cause and not unclear else "", tail=said_late),
            Cell(onsets.column(failing.onset, moment.now), "dim"),
        )
        found.append(Row(f"{number} {failing.key}", cells, BAD.badness))
    return found


def _suspect(seen: ChangeSeen, told: FirstCause, moment: Moment) -> Row:
    cells = (
        CHANGE.cell,
        Cell(seen.kind, "dim", tail=((f" {seen.service}", "strong"),)),
        Cell(" → ".join(part for part in (seen.before, seen.after) if part), "", tail=((
            f"  {onsets.before(seen.at, told.cause.onset)}", "dim"),)),
        Cell(fmt.moment(seen.at, moment.now), "dim"),
    )  # fmt: skip
    return Row(_key(seen), cells)
