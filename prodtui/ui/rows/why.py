"""Why a service has its score and its verdict, in sentences: one for each lost point, the most expensive first."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from prodtui.model.assessment import CheckResult, NoteKind, ServiceAssessment, State, Verdict
from prodtui.model.moment import Moment
from prodtui.readiness.difference import sentences
from prodtui.readiness.explain import Gain, gains
from prodtui.readiness.words import listed, plural
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Paragraph
from prodtui.ui.rows import since, standing
from prodtui.ui.rows.sign import OF_STATE, UNKNOWN, WARN

POINTS = 6
"""Cells of `−100.0`."""
SEPARATOR = "\n"
"""Between what a paragraph is of and the check that it leads to; no check's id holds one."""


def check_of(key: str) -> str | None:
    """The check that a paragraph leads to; None where it leads nowhere."""
    return key.partition(SEPARATOR)[2] or None


def heading(service: ServiceAssessment) -> Line:
    lost = sum((gain.lost for gain in gains(service)), Fraction(0))
    said = f" of 100: {fmt.points(lost)} lost, the most expensive first" if lost else " of 100: nothing is lost"
    return ((f"Why {fmt.scores(service.score, service.score_max)}", "strong"), (said, "dim"))


def paragraphs(service: ServiceAssessment, moment: Moment) -> list[Paragraph]:
    """What costs points, then what else keeps it from READY, then what changed since it was last accepted."""
    found = [_lost(gain, service, moment) for gain in gains(service)]
    found += _section("waivers that hold", _waivers(service, moment))
    found += _section("notes", _notes(service, moment))
    if moment.accepted is not None:
        found += _section(f"since {since.accepted(moment.accepted, moment.now)}", _changes(service, moment))
    return found


def verdict(service: ServiceAssessment) -> Line:
    """The verdict and what makes it, in the order in which the rules ask."""
    word = service.verdict.replace("_", " ")
    return ((f" {word} ", service.verdict.value), (f" {_because(service)}", ""))


def _because(service: ServiceAssessment) -> str:
    blocking = [check for check in service.checks if check.blocking]
    failing = [standing.short(c) for c in blocking if c.state is State.FAIL and not c.waived]
    unknown = [standing.short(c) for c in blocking if c.state is State.UNKNOWN]
    missing = [pillar.name for pillar in service.pillars if pillar.required and not _counted(pillar.checks)]
    coverage = fmt.percent(float(service.coverage))
    score = fmt.scores(service.score, service.score_max)
    match service.verdict:
        case Verdict.NOT_READY if failing:
            fail = "fails" if len(failing) == 1 else "fail"
            return f"{plural(len(failing), 'blocking check')} {fail}: {listed(failing)}"
        case Verdict.NOT_READY:
            return f"even if all that is not known passed, {fmt.score(service.score_max)} would be too little"
        case Verdict.INCONCLUSIVE if unknown:
            return f"{plural(len(unknown), 'blocking check')} not known: {listed(unknown)}"
        case Verdict.INCONCLUSIVE if missing:
            return f"required and not measured: {listed(missing)}"
        case Verdict.INCONCLUSIVE:
            return f"only {coverage} of what counts is known: the score is somewhere in {score}"
        case Verdict.WARN:
            return "no blocking check fails, but not all is well"
        case Verdict.READY:
            return "no blocking check fails and the score is high enough"


def _counted(checks: tuple[CheckResult, ...]) -> bool:
    return any(check.state.scored and check.weight > 0 for check in checks)


def _section(title: str, said: list[Paragraph]) -> list[Paragraph]:
    return [Paragraph(None, (), ()), Paragraph(None, (), ((title, "dim"),)), *said] if said else []


def _lost(gain: Gain, service: ServiceAssessment, moment: Moment) -> Paragraph:
    """`−8.3 ✖ B latency_p99 fails: p99 412 ms, passes < 250 ms. See what … (would raise it to 91.2)`."""
    check = gain.check
    sign = OF_STATE[check.state] if check else UNKNOWN
    points = f"−{fmt.points(gain.lost)}" if gain.lost else "0"
    left: Line = (
        (f"{points:>{POINTS}} ", f"strong {sign.style}"),
        (f"{sign.glyph} ", sign.style),
        ("B " if check and check.blocking else "  ", "warn"),
    )
    raised = f" (would raise it to {fmt.score(gain.score)})" if gain.lost else ""
    if check is None:
        text: Line = (
            (gain.pillar, "strong"),
            (" is required and nothing measures it. ", sign.style),
            (gain.remedy, ""),
        )
        return Paragraph(f"lost {gain.pillar}{SEPARATOR}", left, (*text, (raised, "dim")))
    recovering = standing.recovering(check, service.name, moment.assessment)
    does = (f" is {recovering}; ", "accent") if recovering else (f" {standing.verb(check)}: ", sign.style)
    waived = standing.waived(check, moment.now)
    text = (
        (standing.short(check), "strong"),
        does,
        (f"{_sentence(standing.reason(check))} ", ""),
        (f"It is {waived}. " if waived else "", "accent"),
        ("" if recovering else gain.remedy, ""),
        (raised, "dim"),
    )
    return Paragraph(f"lost{SEPARATOR}{check.id}", left, text)


def _sentence(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?", "…")) else f"{reason}."


def _waivers(service: ServiceAssessment, moment: Moment) -> list[Paragraph]:
    """Who answers for what, and until when: as the waiver's own note says, with the day on which it ends."""
    said = {n.check: n.text for n in standing.notes(service, moment.assessment) if n.kind is NoteKind.WAIVER}
    found = []
    for check in service.checks:
        if check.waived:
            ends = "" if check.waiver_ends is None else f" Ends {fmt.moment(check.waiver_ends, moment.now)}."
            text = said.get(check.id, f"{standing.short(check)} {standing.waived(check, moment.now)}")
            found.append(_plain("waiver", check.id, (("▲ ", WARN.style),), f"{_sentence(text)}{ends}"))
    return found


def _notes(service: ServiceAssessment, moment: Moment) -> list[Paragraph]:
    waived = {check.id for check in service.checks if check.waived}
    return [
        _plain(f"note {n}", note.check, (("▲ ", WARN.style),), _sentence(note.text))
        for n, note in enumerate(standing.notes(service, moment.assessment))
        if not (note.kind is NoteKind.WAIVER and note in service.notes and note.check in waived)
    ]


def _changes(service: ServiceAssessment, moment: Moment) -> list[Paragraph]:
    found = since.change(service, moment)
    if found is None:
        return [Paragraph(f"change{SEPARATOR}", (("  ", ""),), (("as accepted", ""),))]
    as_a_whole = sentences(replace(found, checks=()))
    said = [_plain(f"change {n}", "", (("  ", ""),), text) for n, text in enumerate(as_a_whole)]
    for check in found.checks:
        text = sentences(replace(found, checks=(check,)))[-1]
        said.append(_plain("change", check.id, (since.ARROWS.get(check.turn, (" ", "")), (" ", "")), text))
    return said


def _plain(kind: str, check: str, left: Line, text: str) -> Paragraph:
    return Paragraph(f"{kind}{SEPARATOR}{check}", left, ((text, ""),))
