"""The lines under the header: what broke first and what followed, what changed before, what nobody could see."""

from __future__ import annotations

from prodtui.model.assessment import State, Verdict
from prodtui.model.freshness import Freshness
from prodtui.model.incident import BlindSpot, ChangeSeen, Confidence, Failing, FirstCause
from prodtui.model.moment import Moment
from prodtui.timeline.acknowledged import of_failing
from prodtui.timeline.first import seen_late
from prodtui.ui import format as fmt
from prodtui.ui.line import Line, Run, clipped, line_length
from prodtui.ui.rows import acknowledged, onsets

LABEL = 9
"""Cells of `ALREADY  `: what follows the labels stands in one column."""
MOST_LOOKED_AT = 20
"""Services whose checks are looked at where nothing explains them: of a whole fleet the worst tell it."""
BESIDE = 60
"""Cells from which one line can tell also that something changed."""
_ARROW: Run = (" → ", "dim")
_DOT: Run = (" · ", "dim")


def lines(moment: Moment, width: int, most: int) -> tuple[Line, ...]:
    """At most `most` lines of `width` cells: the chains, the suspects, the blind spots. One line at least."""
    chains = [first for first in moment.first if not first.already_broken]
    old = [first for first in moment.first if first.already_broken]
    found: list[Line] = []
    if chains:
        found.append(_chain("FIRST", chains[0], moment, width))
        found += [_chain("ALSO", first, moment, width) for first in chains[1:]]
    else:
        found.append(clipped(nothing_failing(moment) or nobody_looked(moment) or unexplained(moment), width))
    changed = _changed(chains, moment, width) if chains else ()
    blind = _blind(moment.blind, moment.now, width) if moment.blind else ()
    rest = [line for line in (changed, blind) if line]
    rest += [_chain("ALREADY", first, moment, width) for first in old]
    if most == 1 and chains and changed and width >= BESIDE:
        return (_beside(chains[0], moment, width),)
    # The first chain, then what may explain it, come before other chains where not all have room.
    room = max(0, most - 1 - len(rest))
    return tuple([found[0], *found[1 : 1 + room], *rest][:most])


def nothing_failing(moment: Moment) -> Line:
    """Since when nothing has failed; nothing where something fails or can't be known."""
    assessment = moment.assessment
    if not assessment.services or assessment.verdict in (Verdict.NOT_READY, Verdict.INCONCLUSIVE):
        return ()
    if any(service.verdict.badness > 1 for service in assessment.services):
        return ()
    since = moment.since.get("verdict")
    turned = next((event.at for event in moment.events if event.bad is not None), None)
    at = max((t for t in (turned, since.at if since else None) if t is not None), default=moment.now)
    return (_label("FIRST", "dim"), (f"nothing failing since {fmt.moment(at, moment.now)}", "dim"))


def nobody_looked(moment: Moment) -> Line:
    """Since when no source was asked, where none was and none failed; nothing where somebody looks."""
    sources = moment.snapshot.sources.values()
    if not sources or any(s.cause is not None or s.freshness(moment.now) is not Freshness.LOST for s in sources):
        return ()
    read = [s.read_at for s in sources if s.read_at is not None]
    since = f" since {fmt.moment(max(read), moment.now)}" if read else ""
    return (_label("FIRST", "dim"), (f"nobody looked{since}", "unknown"))


def unexplained(moment: Moment) -> Line:
    """Why no chain is told though something is not ready: it recovers, or nothing seen says what broke first."""
    ill = [s for s in moment.assessment.services if s.verdict.badness > 1]
    if not ill:
        return ()
    failing = [check for service in ill[:MOST_LOOKED_AT] for check in service.checks if check.state is State.FAIL]
    if failing and all(check.held for check in failing):
        names = ", ".join(service.name for service in ill[:3])
        return (_label("FIRST", "dim"), (f"nothing fails any more, one more good look is wanted of {names}", "dim"))
    why = "it was broken long before" if moment.first else "nothing seen says what broke first"
    return (_label("FIRST", "dim"), (f"{len(ill)} failing or unknown: {why}", "dim"))


def service_of(first: FirstCause) -> str:
    """The service to look at first: the cause's own, else that of the first that follows; empty where none has one."""
    failing = (first.cause, *(consequence.failing for consequence in first.chain))
    return next((f.service for f in failing if f.service), "")


def top(moment: Moment) -> str:
    """The service that what broke first is of; empty where that is unclear."""
    clear = (f for f in moment.first if not f.already_broken and f.confidence is Confidence.CLEAR)
    return next((name for first in clear if (name := service_of(first))), "")


def doubt(first: FirstCause) -> str:
    """How unclear a cause is."""
    return f"unclear: {len(first.candidates)} candidates" if len(first.candidates) > 1 else "not certain yet:"


def change(seen: ChangeSeen) -> str:
    """`payments 2.14.0 → 2.14.1`; what is no deploy says what it is."""
    kind = "" if seen.kind == "deploy" else f" {seen.kind}"
    turn = " → ".join(part for part in (seen.before, seen.after) if part)
    return f"{seen.service}{kind} {turn}".strip()


def blind(spot: BlindSpot, now: float) -> str:
    """`envoy lost since 14:02:11 hides proxied clusters`."""
    since = "never read" if spot.since is None else f"lost since {fmt.moment(spot.since, now)}"
    return f"{since}, hides {spot.hides}" if spot.hides else since


def _label(text: str, style: str) -> Run:
    return (f"{text:<{LABEL}}", style)


def _failing(failing: Failing, moment: Moment, *, cause: bool, timed: bool = True, late: bool = False) -> Line:
    mark = acknowledged.TAIL if cause and of_failing(failing, moment) else ()
    said: Line = ((failing.name, "strong"), *mark, (f" {failing.what}", "" if cause else "bad"))
    when = f" {onsets.short(failing.onset, moment.now)}{f' {onsets.LATE}' if late else ''}"
    return (*said, (when, "dim")) if timed else said


def _cause(label: str, first: FirstCause, moment: Moment) -> Line:
    style = "dim" if first.already_broken else "strong bad"
    if first.confidence is Confidence.CLEAR:
        late = first.cause.key in seen_late(first)
        return (_label(label, style), *_failing(first.cause, moment, cause=True, late=late))
    candidates = first.candidates or (first.cause,)
    said: list[Run] = [_label(label, style), (doubt(first), "strong warn"), ("  ", "")]
    for n, candidate in enumerate(candidates):
        said += [*((_DOT,) if n else ()), *_failing(candidate, moment, cause=True)]
    return tuple(said)


def _chain(label: str, first: FirstCause, moment: Moment, width: int) -> Line:
    """Cause and consequences, as many as fit; how many more there are. Without their times where these cost one."""
    line, told = _followed(label, first, moment, width, timed=True)
    if told < len(first.chain):
        other, more = _followed(label, first, moment, width, timed=False)
        line, told = (other, more) if more > told else (line, told)
    left = len(first.chain) - told
    if width < 2 * line_length(_more(left)) + LABEL:
        return clipped(line, width)  # the cause before all
    return (*clipped(line, width - line_length(_more(left))), *_more(left)) if left else clipped(line, width)


def _followed(label: str, first: FirstCause, moment: Moment, width: int, *, timed: bool) -> tuple[Line, int]:
    """The cause and as many consequences as fit, and how many these are."""
    line, late = _cause(label, first, moment), seen_late(first)
    for told, consequence in enumerate(first.chain):
        left = len(first.chain) - told - 1
        failing = consequence.failing
        longer = (*line, _ARROW, *_failing(failing, moment, cause=False, timed=timed, late=failing.key in late))
        if line_length(longer) + (line_length(_more(left)) if left else 0) > width:
            return line, told
        line = longer
    return line, len(first.chain)


def _more(count: int) -> Line:
    return (_ARROW, (f"{count} more ", "dim"), ("f", "strong accent"))


def _beside(first: FirstCause, moment: Moment, width: int) -> Line:
    """The chain and, at its right, when something changed before: for a screen that has one line."""
    newest = first.suspects[0].at if first.suspects else None
    if newest is None:
        return _chain("FIRST", first, moment, width)
    changed: Line = (("  ", ""), ("CHANGED ", "strong warn"), (fmt.moment(newest, moment.now)[:-3], ""))
    chain = _chain("FIRST", first, moment, width - line_length(changed))
    return (*chain, (" " * (width - line_length(chain) - line_length(changed)), ""), *changed)


def _changed(chains: list[FirstCause], moment: Moment, width: int) -> Line:
    """The suspects, newest first; how many more there are."""
    told = {(seen.at, seen.kind, seen.service): (seen, first) for first in chains for seen in first.suspects}
    suspects = [told[key] for key in sorted(told, key=lambda key: -key[0])]
    if not suspects:
        return ()
    line: Line = (_label("CHANGED", "strong warn"),)
    for n, (seen, first) in enumerate(suspects):
        when = f" {fmt.moment(seen.at, moment.now)}, {onsets.before(seen.at, first.cause.onset)}"
        longer: Line = (*line, *((_DOT,) if n else ()), (change(seen), ""), (when, "dim"))
        more: Line = ((f" · {len(suspects) - n - 1} more ", "dim"), ("f", "strong accent"))
        last = n == len(suspects) - 1
        if n and line_length(longer) + (0 if last else line_length(more)) > width:
            return (*line, (f" · {len(suspects) - n} more ", "dim"), ("f", "strong accent"))
        line = longer
    return clipped(line, width)


def _blind(spots: tuple[BlindSpot, ...], now: float, width: int) -> Line:
    line: list[Run] = [_label("BLIND", "strong unknown")]
    for n, spot in enumerate(spots):
        line += [*((_DOT,) if n else ()), (spot.source, "strong"), (f" {blind(spot, now)}", "dim")]
    return clipped(line, width)
