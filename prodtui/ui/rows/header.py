"""The header: where we are, whether it is ready, and how fresh each source's word is."""

from __future__ import annotations

from collections.abc import Sequence

from prodtui.model.assessment import ServiceAssessment, Verdict
from prodtui.model.evidence import Silence
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Moment
from prodtui.ui import format as fmt
from prodtui.ui.clock import Mode
from prodtui.ui.line import Line, cut, length, line_length
from prodtui.ui.rows.sign import OF_FRESHNESS

_GAP = ("  ", "")
_FULLNESS = ((True, True), (False, True), (False, False))
"""Whether the left part has words beside its counts, and the score: what goes first where it is narrow."""
_STEP = " › "
_APART = 3
"""Blank cells between both parts."""
LEAST_WAY = 8
"""Cells of the way to the screen that stay, however narrow it is."""


def header(moment: Moment, width: int, *, mode: Mode, crumbs: Sequence[str] = ()) -> tuple[Line, Line]:
    """The left and the right part of the header, in the fullest form that fits."""
    service = moment.assessment.service(crumbs[1]) if len(crumbs) > 1 else None
    right_end = right = (*_replay(mode), *_clock(moment, mode))
    way = _STEP.join(crumbs) if len(crumbs) > 1 else ""
    for form in (_named, _pointed, _classed, _dotted):
        right = (*form(moment), *right_end)
        for words, score in _FULLNESS[: 2 if form in (_named, _pointed) else 3]:
            left = _left(moment, mode, way, service, words=words, score=score)
            if _fit(left, right, width):
                return left, right
    # The verdict and the clock are worth more than the whole way to here.
    way = way.removeprefix(crumbs[0]).lstrip() if crumbs else ""
    left = _left(moment, mode, way, service, words=False, score=False)
    if _fit(left, right, width):
        return left, right
    over = line_length(left) + _APART + line_length(right_end) - width
    way = cut(way, max(min(LEAST_WAY, length(way)), length(way) - max(0, over)))
    return _left(moment, mode, way, service, words=False, score=False), right_end


def _fit(left: Line, right: Line, width: int) -> bool:
    return line_length(left) + _APART + line_length(right) <= width


def _left(moment: Moment, mode: Mode, way: str, service: ServiceAssessment | None, *, words: bool, score: bool) -> Line:
    declared = moment.snapshot.declared
    judged = service or moment.assessment
    runs: list[tuple[str, str]] = [
        (" ", ""),
        ("prodtui", "strong accent"),
        _GAP,
        (declared.environment, f"strong {colour(declared.colour)}".strip()),
        _GAP,
    ]
    if mode.read_only and mode.replays is None:
        runs += [("read-only", "dim"), _GAP]
    silences = len(moment.snapshot.of(Silence))
    if silences:
        runs += [(f"{silences} silence{'s' * (silences > 1)}", "warn"), _GAP]
    if way:
        runs += [(way, "dim"), _GAP]
    runs.append((f" {judged.verdict.replace('_', ' ')} ", judged.verdict.value))
    if service is None and moment.assessment.services:
        runs += _counts(moment, words=words)
    if score and moment.assessment.services:
        runs += [_GAP, (fmt.scores(judged.score, judged.score_max), "strong")]
    return tuple(runs)


def _counts(moment: Moment, *, words: bool) -> Line:
    """`2 of 5 failing`, and how many can't be judged."""
    verdicts = [service.verdict for service in moment.assessment.services]
    failing, unknown = verdicts.count(Verdict.NOT_READY), verdicts.count(Verdict.INCONCLUSIVE)
    total = len(verdicts)
    if not failing and unknown:
        return ((f" {unknown} of {total}" + (" unknown" if words else ""), "strong unknown"),)
    said: Line = ((f" {failing} of {total}" + (" failing" if words else ""), "strong" if failing else "dim"),)
    return (*said, (f" · {unknown} unknown", "strong unknown")) if unknown and words else said


def colour(declared: str | None) -> str:
    """The environment's colour: a theme's word, `#rrggbb`, or a plain name for what it means in production."""
    if declared is None:
        return ""
    if declared.startswith("#") and len(declared) == 7:
        return declared
    known = {"red": "bad", "green": "good", "yellow": "warn", "orange": "warn", "blue": "accent", "magenta": "unknown"}
    return known.get(declared, "")


def _replay(mode: Mode) -> Line:
    """`REPLAY ×10`."""
    if mode.replays is None:
        return ()
    return (("REPLAY" if mode.replays == 1 else f"REPLAY ×{mode.replays:g}", "strong accent"), (" ", ""))


def _clock(moment: Moment, mode: Mode) -> Line:
    """`LIVE 14:03:22`, `AT 14:02:58 (−24 s)`, and while a time is looked for which."""
    if mode.seeking is not None:
        return ((" SEEKING ", "WARN"), (f" {fmt.moment(mode.seeking, moment.newest or moment.now)}", "strong"))
    if moment.newest is not None:
        behind = fmt.age(moment.newest - moment.now)
        return ((f" AT {fmt.moment(moment.now, moment.newest)} ", "WARN"), (f"(−{behind})", "warn"))
    if mode.paused:
        return ((" PAUSED ", "WARN"), (f" {fmt.clock(moment.now)}", "strong"))
    return (("LIVE", "strong good"), (f" {fmt.clock(moment.now)}", ""))


def _states(moment: Moment) -> list[tuple[SourceState, Freshness]]:
    return [(state, state.freshness(moment.now)) for state in moment.snapshot.sources.values()]


def _named(moment: Moment) -> Line:
    """`● consul  ✖ envoy lost 18 s refused`."""
    runs: list[tuple[str, str]] = []
    for state, freshness in _states(moment):
        runs += [*source(state, freshness, moment.now), _GAP]
    return tuple(runs)


def _pointed(moment: Moment) -> Line:
    """Names only what is not live."""
    runs: list[tuple[str, str]] = []
    live = [state for state, freshness in _states(moment) if freshness is Freshness.LIVE]
    for state, freshness in _states(moment):
        if freshness is not Freshness.LIVE:
            runs += [*source(state, freshness, moment.now), _GAP]
    if live:
        runs += [("●" * len(live), "good"), _GAP]
    return tuple(runs)


def _classed(moment: Moment) -> Line:
    """Names only what is not live, with the class of its cause."""
    runs: list[tuple[str, str]] = []
    for state, freshness in _states(moment):
        if freshness is not Freshness.LIVE:
            sign = OF_FRESHNESS[freshness]
            why = f" {state.cause.cause_class.value.replace('_', ' ')}" if state.cause else ""
            runs += [(f"{sign.glyph} {state.name}{why}", sign.style), _GAP]
    live = sum(freshness is Freshness.LIVE for _, freshness in _states(moment))
    return (*runs, ("●" * live, "good"), _GAP) if live else tuple(runs)


def _dotted(moment: Moment) -> Line:
    """One glyph a source; of the first that is not live also the name and the cause class."""
    runs: list[tuple[str, str]] = []
    lost = [state for state, freshness in _states(moment) if freshness is not Freshness.LIVE]
    for _, freshness in _states(moment):
        runs.append((OF_FRESHNESS[freshness].glyph, OF_FRESHNESS[freshness].style))
    if lost:
        why = f" {lost[0].cause.cause_class.value.replace('_', ' ')}" if lost[0].cause else ""
        runs.append((f" {lost[0].name}{why}" + (f" +{len(lost) - 1}" if len(lost) > 1 else ""), "bad"))
    return (*runs, _GAP)


def source(state: SourceState, freshness: Freshness, now: float) -> Line:
    """A source's glyph and name; when it is not live also its age and cause."""
    sign = OF_FRESHNESS[freshness]
    if freshness is Freshness.LIVE:
        return ((f"{sign.glyph} ", sign.style), (state.name, ""))
    if state.read_at is None and state.cause is None:
        return (("· ", "dim"), (f"{state.name} reading…", "dim"))
    age = "never read" if state.read_at is None else f"{freshness} {fmt.age(state.age_s(now))}"
    why = f" {state.cause.cause_class.value.replace('_', ' ')}" if state.cause else ""
    return ((f"{sign.glyph} ", sign.style), (state.name, "strong"), (f" {age}{why}", sign.style))
