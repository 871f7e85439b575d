"""The timeline's rows: what goes to and fro is one row, and so is what turns alike at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from prodtui.model.incident import Acknowledgement, ChangeSeen
from prodtui.model.moment import Event
from prodtui.model.subject import parts
from prodtui.reports.incident.incident import Incident, Turn
from prodtui.reports.incident.shown import cut, rounded
from prodtui.reports.incident.words import about, clock
from prodtui.reports.markdown_text import code_span
from prodtui.reports.words import score, words

FLAPS_S = 30.0
"""What turns again within so long goes to and fro."""
_FLAPS = 3
"""Turns from which on it does."""
_MOST_NAMES = 3
HEAD = ("time", "what", "name", "change", "observed")


class Row(msgspec.Struct, frozen=True):
    """What happened at one time; all but names are Markdown already."""

    at: float
    what: str
    names: tuple[str, ...]
    change: str
    observed: str

    @property
    def cells(self) -> tuple[str, ...]:
        named = [code_span(name) for name in self.names[:_MOST_NAMES]]
        more = len(self.names) - _MOST_NAMES
        names = ", ".join(named) + (f" and {more} more" if more > 0 else "")
        return clock(self.at), self.what, names, self.change, self.observed


def rows(incident: Incident) -> list[Row]:
    """Everything that happened, oldest first."""
    happened = [
        *_events(incident.events),
        *map(_change, incident.changes),
        *map(_noted, incident.acknowledged),
        *(_turn(incident.environment, turn) for turn in incident.turns),
    ]
    return _together(sorted(happened, key=lambda row: row.at))


def _events(events: Sequence[Event]) -> Iterator[Row]:
    entities: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        entities.setdefault(_entity(event), []).append(event)
    for turns in entities.values():
        for run in _runs(turns):
            if len(run) >= _FLAPS:
                yield _flapping(run)
            else:
                yield from map(_event, run)


def _entity(event: Event) -> tuple[str, ...]:
    # Sessions come and go by the dozen behind one lock: those of one database are told together.
    if event.kind == "session":
        return event.kind, event.name.partition(" on ")[2]
    return event.kind, event.name, event.source, event.key


def _runs(turns: Sequence[Event]) -> Iterator[list[Event]]:
    """An entity's turns, oldest first, parted where it turns to a third state or rests."""
    run: list[Event] = []
    for turn in turns:
        rested = run and turn.at - run[-1].at > FLAPS_S
        if run and (rested or len({one.after for one in (*run, turn)}) > 2):
            yield run
            run = []
        run.append(turn)
    if run:
        yield run


def _flapping(run: Sequence[Event]) -> Row:
    first, last = run[0], run[-1]
    states = list(dict.fromkeys(one.after or "gone" for one in run))
    change = f"{code_span('↔'.join(states))} {len(run)} times until {clock(last.at)}"
    if len(states) > 1:
        change += f", last {code_span(states[states.index(last.after or 'gone')])}"
    names = (_name(first),)
    if first.kind == "session" and len(found := dict.fromkeys(one.name for one in run)) > 1:
        names = (f"{len(found)} sessions on {first.name.partition(' on ')[2]}",)
    observed = next((one for one in run if one.bad and one.text), first)
    mark = _mark(True if any(one.bad for one in run) else first.bad)
    return Row(first.at, f"{mark} {code_span(first.kind)}", names, change, _observed(observed))


def _event(event: Event) -> Row:
    turn = " → ".join(part for part in (event.before, event.after or "gone") if part is not None)
    what = f"{_mark(event.bad)} {code_span(event.kind)}"
    return Row(event.at, what, (_name(event),), code_span(turn), _observed(event))


def _name(event: Event) -> str:
    """A breaker's with the instance that keeps it."""
    if event.kind != "breaker" or event.key.count(":") < 2:
        return event.name
    instance = parts(event.key)[2].rpartition("/")[2]
    return f"{event.name} at {instance}" if instance else event.name


def _observed(event: Event) -> str:
    # What an instance that passes says is no news.
    return "–" if event.kind == "health" and event.bad is False else code_span(rounded(cut(event.text)))


def _mark(bad: bool | None) -> str:
    return {True: "✖", False: "●", None: "·"}[bad]


def _change(change: ChangeSeen) -> Row:
    turn = " → ".join(part for part in (change.before, change.after) if part is not None)
    return Row(change.at, f"◆ {code_span(change.kind)}", (change.service,), code_span(turn), "–")


def _noted(one: Acknowledgement) -> Row:
    return Row(one.at, "noted", (about(one),), code_span(one.by), code_span(one.note))


def _turn(environment: str, turn: Turn) -> Row:
    said = words(turn.assessment.verdict)
    return Row(turn.at, "verdict", (environment,), said, f"score {score(turn.assessment)}")


def _together(found: Iterable[Row]) -> list[Row]:
    """Rows of one second that tell the same turn of several things as one."""
    alike: dict[tuple[str, str, str], Row] = {}
    for row in found:
        key = clock(row.at), row.what, row.change
        known = alike.get(key)
        if known is None:
            alike[key] = row
        elif names := tuple(name for name in row.names if name not in known.names):
            observed = known.observed if row.observed == known.observed else "–"
            alike[key] = msgspec.structs.replace(known, names=(*known.names, *names), observed=observed)
    return list(alike.values())
