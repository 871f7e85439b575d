"""What is open: told and not over, or not told yet. Plain values; what was told comes back from the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from prodtui.model.notice import About, Notice, Severity
from prodtui.model.notice_ids import opening_id

QUIET_S = 7_200.0
"""How often something was over is forgotten once it has stayed so for so long."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong, or was until a moment ago."""

    about: About
    key: str
    entities: frozenset[str]
    roots: frozenset[str]
    services: tuple[str, ...] = ()
    began_at: float
    seen_at: float
    gone_at: float | None = None
    incident: str = ""
    """Empty: it is not told yet."""
    severity: Severity = Severity.WARNING
    """The most severe that was told."""
    worse_at: float | None = None
    """Since when it is more severe than that."""
    title: str = ""


class Over(msgspec.Struct, frozen=True):
    """Something that was told as over, and how often lately."""

    at: float
    times: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered from moment to moment."""

    open: tuple[Open, ...] = ()
    over: Mapping[str, Over] = {}
    """By `name_of`."""


def state_of(notices: Iterable[Notice]) -> State:
    """The state of a prodtui that goes on from what was told before: what is not over yet, and what was over lately."""
    # A decision has no roots: it does not last.
    lasting = [one for one in notices if one.roots]
    told: dict[str, Open] = {}
    for notice in sorted((one for one in lasting if not one.recovered), key=lambda one: one.severity.weight):
        told[notice.incident] = Open(
            about=notice.about,
            key=notice.roots[0],
            entities=frozenset(notice.entities),
            roots=frozenset(notice.roots),
            services=notice.services,
            began_at=notice.began_at,
            seen_at=notice.at,
            incident=notice.incident,
            severity=notice.severity,
            title=notice.title,
        )
    over: dict[str, Over] = {}
    for notice in sorted((one for one in lasting if one.recovered), key=lambda one: one.at):
        told.pop(notice.incident, None)
        name = name_of(notice.about, notice.roots[0])
        last = over.get(name)
        over[name] = Over(notice.at, last.times + 1 if last and notice.at - last.at < QUIET_S else 1)
    return State(open=tuple(told.values()), over=over)


def name_of(about: About, key: str) -> str:
    """By what it is known when it comes back."""
    return f"{about}:{key}"


def joined(state: State, before: State) -> State:
    """Goes on with what was told before, though that could only be read after something was told since."""
    since = {one.incident for one in state.open}
    told = (one for one in before.open if one.incident not in since)
    return State(open=(*state.open, *told), over={**before.over, **state.over})


def adopted(state: State, notice: Notice, known: Sequence[Notice]) -> tuple[State, Notice]:
    """Where another prodtui told of the same incident before, and it is not over: that is what goes on.

    What was told as an incident of its own stays one, though it may grow together with another one.
    """
    if notice.recovered or any(one.incident == notice.incident for one in known):
        return state, notice
    # What goes on here by that name already would end with the first of both.
    mine = {one.incident for one in state.open}
    told = next((one for one in known if one.incident not in mine and _same(one, notice)), None)
    if told is None:
        return state, notice
    renamed = tuple(
        msgspec.structs.replace(one, incident=told.incident) if one.incident == notice.incident else one
        for one in state.open
    )
    named = msgspec.structs.replace(notice, incident=told.incident, id=opening_id(told.incident, notice.severity))
    return msgspec.structs.replace(state, open=renamed), named


def _same(one: Notice, other: Notice) -> bool:
    overlap = not set(one.entities).isdisjoint(other.roots) or not set(one.roots).isdisjoint(other.entities)
    return one.about is other.about and overlap
