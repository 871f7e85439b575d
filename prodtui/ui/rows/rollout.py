"""A rollout in a few lines: where it is, what is decided, what it waits for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prodtui.model import rollout_progress as progress
from prodtui.model.rollout import Phase, Rollout, Word
from prodtui.model.rollout_progress import left_s, silent_s, stage_samples, tally
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run, between, clipped, line_length
from prodtui.ui.rows.first import LABEL
from prodtui.ui.wrapping import wrapped

OF_PHASE: Mapping[Phase, str] = {
    Phase.RUNNING: "strong accent",
    Phase.PAUSED: "WARN",
    Phase.HELD: "INCONCLUSIVE",
    Phase.WATCHING: "strong accent",
    Phase.PROMOTED: "READY",
    Phase.ROLLED_BACK: "NOT_READY",
    Phase.ABORTED: "WARN",
    Phase.FAILED: "NOT_READY",
}
OF_WORD: Mapping[Word, str] = {
    Word.WAIT: "strong accent",
    Word.PROMOTE: "READY",
    Word.EXTEND: "WARN",
    Word.HOLD: "INCONCLUSIVE",
    Word.ROLLBACK: "NOT_READY",
}
_PLAIN: Mapping[str, str] = {"READY": "good", "WARN": "warn", "INCONCLUSIVE": "unknown", "NOT_READY": "bad"}
_HARD = "\u00a0"
_OF_NUMBER = re.compile(r"(?<=\d) (?=(?:%|ms|s|min|h|d)(?:\W|$))|(?<=[<>]=) (?=\d)")
"""The blanks between a number and its unit, and a comparison and its number, at which no line is folded."""
INDENT = LABEL + 1
"""Cells before what is said of a decision."""
_DOT: Run = (" · ", "dim")


def phase(rollout: Rollout) -> Run:
    """The phase as the header shows it."""
    style = OF_PHASE[rollout.phase]
    word = rollout.phase.value.upper()
    return (f" {word} ", style) if style in _PLAIN else (word, style)


def versions(rollout: Rollout) -> Line:
    """`payments 1.4.2 → 1.5.0`."""
    before = f" {rollout.plan.rollback_to} →" if rollout.plan.rollback_to else ""
    return ((rollout.service, "strong"), (before, "dim"), (f" {rollout.plan.candidate}", "strong"))


def header(rollout: Rollout | None, environment: Run, now: float, width: int) -> tuple[Line, Line]:
    """Left what is rolled out and its phase, right whose doing it is, where that fits, and the clock."""
    left: Line = ((" ", ""), ("prodtui", "strong accent"), ("  ", ""), environment, ("  ", ""))
    clock: Line = ((fmt.clock(now), ""),)
    if rollout is None:
        return (*left, ("rollout", "dim")), clock
    left = (*left, *versions(rollout), ("  ", ""), phase(rollout))
    observed: Line = (("  ", ""), ("observes only", "dim")) if rollout.plan.observes else ()
    if line_length((*left, *observed)) + line_length(clock) + 3 < width:
        left = (*left, *observed)
    whose: Line = ((f"{rollout.plan.name} by {rollout.by}", "dim"), ("   ", ""))
    fits = line_length(left) + line_length(whose) + line_length(clock) + 3 <= width
    return left, (*whose, *clock) if fits else clock


def decision(rollout: Rollout, now: float, width: int) -> tuple[Line, ...]:
    """What is decided and why, then what it waits for, and where nobody looks any more that it is so."""
    if rollout.phase.ended:
        took = "" if rollout.ended_at is None else f" after {fmt.age(rollout.ended_at - rollout.started_at)}"
        head: Line = ((rollout.phase.value.upper(), f"strong {ink(rollout)}"), (took, "dim"), ("  ", ""))
        lines = _reasoned(head, rollout.decision.reason, width)
    else:
        lines = [*_reasoned(_word(rollout.decision.word), rollout.decision.reason, width), *_waits(rollout, now, width)]
    silent = silent_s(rollout, now)
    if silent is not None:
        lines.append(((f"no sample for {fmt.age(silent)}: a hook runs, or nobody drives it", "warn"),))
    return tuple(clipped(line, width) for line in lines)


def _word(word: Word) -> Line:
    """The word, and blanks up to where the texts stand."""
    style = OF_WORD[word]
    said = f" {word.value} " if style in _PLAIN else word.value
    return ((said, style), (" " * max(1, INDENT - len(said)), ""))


def _reasoned(head: Line, reason: str, width: int) -> list[Line]:
    """A reason after its head, on two lines where one is too short."""
    kept = _OF_NUMBER.sub(_HARD, reason)
    first, *more = (
        "".join(text for text, _ in row) for row in wrapped(((kept, ""),), max(20, width - line_length(head)))
    )
    lines: list[Line] = [(*head, (first.replace(_HARD, " "), ""))]
    if more:
        lines.append(((" " * INDENT, ""), (kept[len(first) :].lstrip().replace(_HARD, " "), "")))
    return lines


def _waits(rollout: Rollout, now: float, width: int) -> list[Line]:
    """What it waits for, beside one another; on two lines where that is not enough room."""
    waits: Sequence[str] = progress.waits(rollout, now, fmt.age)
    if not waits and rollout.phase in (Phase.HELD, Phase.PAUSED):
        since = "" if rollout.held_at is None else f" for {fmt.age(now - rollout.held_at)}"
        waits = (f"somebody: it is {rollout.phase.value}{since}",)
    if not waits:
        return []
    first: Line = (("waits for ", "dim"), (waits[0], ""))
    for n, wait in enumerate(waits[1:], 1):
        longer: Line = (*first, _DOT, (wait, ""))
        if line_length(longer) > width:
            return [first, ((" " * INDENT, ""), (" · ".join(waits[n:]), ""))]
        first = longer
    return [first]


def line(rollout: Rollout, now: float, width: int) -> Line:
    """A rollout in one line, for whoever looks at all of production."""
    counted = tally(stage_samples(rollout))
    said: list[Run] = [
        (f"{'ROLLOUT':<{LABEL}}", f"strong {ink(rollout)}"),
        (f"{rollout.service} {rollout.plan.candidate}", "strong"),
    ]
    made, waits = rollout.decision, progress.waits(rollout, now, fmt.age)
    if rollout.phase.ended:
        how = rollout.phase.value
        said += [_DOT, (f"{how} at {percent(rollout)}: {made.reason.removeprefix(f'{how} ')}", ink(rollout))]
    else:
        said += [(f" {percent(rollout)}", "")]
        said += [] if rollout.phase is Phase.RUNNING else [_DOT, (rollout.phase.value, ink(rollout))]
        if counted.total:
            well = "" if counted.ok == counted.total else "warn"
            said += [_DOT, (f"{counted.ok} of {counted.total} samples OK", well)]
        if made.word in (Word.HOLD, Word.ROLLBACK):
            said += [_DOT, (f"{made.word.value}: {made.reason}", ink(rollout))]
        elif waits:
            said += [_DOT, (f"waits for {waits[0]}{f' +{len(waits) - 1}' if len(waits) > 1 else ''}", "")]
    silent, left = silent_s(rollout, now), left_s(rollout, now)
    right: Line = ()
    if rollout.ended_at is not None:
        right = ((f"  {fmt.age(now - rollout.ended_at)} ago", "dim"),)
    elif silent is not None:
        right = ((f"  no sample for {fmt.age(silent)}", "warn"),)
    elif left is not None and not waits:
        right = ((f"  {fmt.age(left)} left", "dim"),)
    return between(tuple(said), right, width) if line_length(right) < width // 2 else clipped(said, width)


def percent(rollout: Rollout) -> str:
    """The share of its stage: `10 %`, `0.5 %`."""
    return f"{rollout.plan.stages[rollout.stage].percent:g} %"


def ink(rollout: Rollout) -> str:
    """The colour of how it goes."""
    word = OF_PHASE[rollout.phase]
    if rollout.phase is Phase.RUNNING:
        word = OF_WORD[rollout.decision.word]
    return _PLAIN.get(word, "accent")
