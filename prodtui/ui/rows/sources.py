"""The sources themselves: state, cause, last success, latency, next try, requests, and how they are set."""

from __future__ import annotations

from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Moment
from prodtui.ui import format as fmt
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows.fields import LABEL
from prodtui.ui.rows.sign import NONE, OF_FRESHNESS, Sign

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("source", 8, 24, gap=1),
    Column("kind", 6, 14),
    Column("plane", 6, 9, drop=3),
    Column("state", 5, 60, flex=True),
    Column("latency", 7, 7, right=True),
    Column("requests", 8, 9, right=True, drop=2),
    Column("failed", 6, 7, right=True, drop=1),
)
PREFIX = "source:"
MOST_EVENTS = 20


def rows(moment: Moment) -> tuple[Row, ...]:
    """What is not live first, then as declared."""
    found = [_row(state, moment) for state in moment.snapshot.sources.values()]
    return tuple(sorted(found, key=lambda row: -row.badness))


def heading(moment: Moment) -> Line:
    states = [state.freshness(moment.now) for state in moment.snapshot.sources.values()]
    bad = sum(state is not Freshness.LIVE for state in states)
    return (("Sources", "strong"), (f" {len(states)}" + (f" · {bad} not live" if bad else ""), "dim"))


def title(state: SourceState, now: float) -> Line:
    sign, said = _said(state, now)
    return ((state.name, "strong"), (f" {said}", sign.style))


def lines(state: SourceState, moment: Moment) -> list[Line]:
    """All that is known of one source, what is wrong with it first."""
    now, declared = moment.now, state.declared
    found: list[Line] = []
    if state.cause is not None:
        word = state.cause.cause_class.value.replace("_", " ")
        retry = "trying again may help" if state.cause.worth_retrying else "only a change of configuration helps"
        found += [((f"{word}: ", "strong bad"), (state.cause.message, "bad")), ((retry, "dim"),), ()]
    read = "never" if state.read_at is None else fmt.moment(state.read_at, now)
    told = [
        ("last success", read),
        ("failing since", "" if state.failing_since is None else fmt.moment(state.failing_since, now)),
        ("next read", "" if state.next_at is None else fmt.moment(state.next_at, now)),
        ("latency", "waits for changes" if state.latency_s is None else fmt.duration(state.latency_s)),
        ("requests", f"{state.requests:,}, {state.failures:,} failed"),
        ("interval", f"{declared.interval_s:g} s, lost after {declared.stale_after_s:g} s"),
        ("reads", f"{declared.plane.value} by {declared.kind}"),
        ("version", state.about.version or "?"),
        ("rights", state.about.rights or "?"),
    ]
    found += [_field(name, said, "unknown" if said == "?" else "") for name, said in told if said]
    found += [_field("note" if not n else "", note, "warn") for n, note in enumerate(state.about.notes)]
    if declared.settings:
        found += [(), (("settings", "dim"),)]
        width = max(LABEL, *(len(name) for name, _ in declared.settings))
        found += [((f"{name:<{width}}  ", "dim"), (value, "")) for name, value in declared.settings]
    past = [event for event in moment.events if event.kind == "source" and event.name == state.name]
    if past:
        found += [(), (("history", "dim"),)]
        for event in past[:MOST_EVENTS]:
            turn = f"  {event.before or 'live'} → {event.after}"
            style = "bad" if event.bad else ""
            found.append(((fmt.moment(event.at, now), "dim"), (turn, style), (f"  {event.text}", "dim")))
    return found


def _field(name: str, said: str, style: str) -> Line:
    return ((f"{name:<{LABEL}}  ", "dim"), (said, style))


def _said(state: SourceState, now: float) -> tuple[Sign, str]:
    """The sign and the state in words: since when it fails and why; no age, which would be drawn each second."""
    freshness = state.freshness(now)
    if state.read_at is None and state.cause is None:
        return NONE, "reading…"
    why = f", {state.cause.cause_class.value.replace('_', ' ')}" if state.cause else ""
    since = "" if state.failing_since is None else f" since {fmt.moment(state.failing_since, now)}"
    return OF_FRESHNESS[freshness], f"{freshness.value}{since}{why}"


def _row(state: SourceState, moment: Moment) -> Row:
    sign, said = _said(state, moment.now)
    cells = (
        sign.cell,
        Cell(state.name, "strong" if sign.badness else ""),
        Cell(state.declared.kind, "dim"),
        Cell(state.declared.plane.value, "dim"),
        Cell(said, sign.value_style or "dim"),
        Cell("–" if state.latency_s is None else fmt.latency(state.latency_s), "", order=state.latency_s),
        Cell(_count(state.requests), "dim", order=state.requests),
        Cell(_count(state.failures), "bad" if state.cause else "dim", order=state.failures),
    )
    return Row(f"{PREFIX}{state.name}", cells, sign.badness)


def _count(number: int) -> str:
    """A count to three digits or two: it grows with each read, and is drawn again only when its text changes."""
    return str(number) if number < 1_000 else f"{number // 100 / 10:.1f}k"
