"""The first cause: of what fails and depends on one another, what explains the rest and began first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush

import msgspec

from prodtui.model.incident import Confidence, Consequence, Failing, FirstCause, Onset
from prodtui.timeline.components import circles, components, reached, reversed_edges

HOUR_S = 3_600.0
Failings = Mapping[str, Failing]
Links = Mapping[str, frozenset[str]]
"""By key: the keys of what it depends on, all of them failing too."""


def first_causes(
    failing: Failings, links: Links, settled: Callable[[Failing], bool] = lambda _: True
) -> tuple[FirstCause, ...]:
    """One for each failing entity that nothing failing explains, the one that explains most first.

    `settled`: whether everybody has been read since it began, so that what explains it would be known.
    """
    found: list[FirstCause] = []
    for component in components(links):
        found += _of_component({key: failing[key] for key in component}, links, settled)
    found.sort(key=lambda one: (one.already_broken, -len(one.chain), one.cause.onset.not_after, one.cause.key))
    return tuple(found)


def before(one: Onset, other: Onset) -> bool:
    """Whether one certainly began before the other: intervals that overlap, and what was there before us, say
    nothing."""
    return other.at is not None and one.not_after <= other.at


def _of_component(failing: Failings, links: Links, settled: Callable[[Failing], bool]) -> Iterable[FirstCause]:
    broken = _already_broken(failing)
    rest = {key: links[key] - broken for key in failing if key not in broken}
    yield from (FirstCause(cause=failing[key], already_broken=True) for key in sorted(broken))
    circle, explained_by = circles(rest), reversed_edges(rest)
    roots = {own for own in circle.values() if all(rest[key] <= own for key in own)}
    explains = {own: frozenset(reached(next(iter(own)), explained_by)) - own for own in roots}
    alike: dict[frozenset[str], list[frozenset[str]]] = defaultdict(list)
    for own in sorted(roots, key=lambda one: _first(one, failing)):
        alike[explains[own] or own].append(own)
    rivals = [together for group in alike.values() for together in _unordered(group, failing)]
    told: set[str] = set()
    for together in sorted(rivals, key=lambda one: (-max(len(explains[own]) for own in one), _first(one[0], failing))):
        members = frozenset[str]().union(*together)
        candidates = _earliest(members, failing)
        cause, clear = candidates[0], len(candidates) == 1 and settled(candidates[0])
        follow = explains[together[0]] | members
        shown = {cause.key} if clear else {one.key for one in candidates}
        parents = _tree(cause.key, follow - told - shown, rest, failing)
        dated = _dated(cause.key, parents, failing, certain=len(candidates) == 1)
        yield FirstCause(
            cause=dated[cause.key],
            chain=_chain(cause.key, parents, dated),
            confidence=Confidence.CLEAR if clear else Confidence.UNCLEAR,
            candidates=() if clear else tuple(dated.get(one.key, one) for one in candidates),
        )
        told |= follow


def seen_late(first: FirstCause) -> frozenset[str]:
    """Keys of those of a chain that were still good when something that follows from them was seen bad.

    A window shows what it is full of, and what comes and goes shows its last turn: they explain, but no time does.
    """
    onsets = {one.key: one.onset for one in (first.cause, *(follows.failing for follows in first.chain))}
    return frozenset(one.of for one in first.chain if one.of in onsets and before(one.failing.onset, onsets[one.of]))


def _dated(cause: str, parents: Mapping[str, str], failing: Failings, *, certain: bool) -> dict[str, Failing]:
    """The cause and what follows. What explains another began no later than that, as far as it was not seen good.

    `certain`: all of it follows from the cause, and not some from another candidate.
    """
    dated = {key: failing[key] for key in (cause, *parents)}
    for key, parent in reversed(tuple(parents.items())):
        explains, first = dated[parent], dated[key].onset.not_after
        at = explains.onset.at
        if first < explains.onset.not_after and (at is None or at < first) and (certain or parent != cause):
            dated[parent] = msgspec.structs.replace(explains, onset=Onset(at, first))
    return dated


def _unordered(roots: Iterable[frozenset[str]], failing: Failings) -> list[list[frozenset[str]]]:
    """Roots that explain the same, by when they began: those of which nobody can say who was first stay together."""
    found: list[list[frozenset[str]]] = []
    for own in roots:
        late = found and any(before(failing[a].onset, failing[b].onset) for one in found[-1] for a in one for b in own)
        if found and not late:
            found[-1].append(own)
        else:
            found.append([own])
    return found


def _first(own: frozenset[str], failing: Failings) -> tuple[float, str]:
    return min((failing[key].onset.not_after, key) for key in own)


def _earliest(together: frozenset[str], failing: Failings) -> tuple[Failing, ...]:
    """Those that nothing among them certainly preceded, the likeliest first."""
    found = [
        failing[key]
        for key in together
        if not any(before(failing[other].onset, failing[key].onset) for other in together if other != key)
    ]
    found = found or [failing[key] for key in together]
    return tuple(sorted(found, key=lambda one: (one.onset.not_after, one.key)))


def _already_broken(failing: Failings) -> frozenset[str]:
    """What is bad for more than an hour longer than the rest, where the rest is more than it."""
    rest = set(failing)
    broken: set[str] = set()
    for key in sorted(failing, key=lambda k: (failing[k].onset.not_after, k)):
        later = rest - {key}
        long = Onset(None, failing[key].onset.not_after + HOUR_S)
        if len(later) <= len(broken) + 1 or not all(before(long, failing[other].onset) for other in later):
            break
        rest.discard(key)
        broken.add(key)
    return frozenset(broken)


def _tree(cause: str, follow: frozenset[str], links: Links, failing: Failings) -> dict[str, str]:
    """What follows, each with the last thing that explains it, and after that.

    What depends on others that are still to come waits for them, unless it goes in a circle with them.
    """
    placed: dict[str, int] = {cause: 0}
    waits = {key: len(links[key] & follow) for key in follow}
    below: dict[str, list[str]] = defaultdict(list)
    for key in follow:
        for other in links[key]:
            below[other].append(key)
    by_time = sorted(follow, key=lambda key: (failing[key].onset.not_after, key))
    ready = [(failing[key].onset.not_after, key) for key in follow if not waits[key]]
    heapify(ready)
    parents: dict[str, str] = {}
    rest = iter(by_time)
    while len(parents) < len(follow):
        key = heappop(ready)[1] if ready else next(key for key in rest if key not in placed)
        if key in placed:
            continue
        # What only another candidate explains hangs below the one that was named.
        parent = max((one for one in links[key] if one in placed), key=lambda one: (placed[one], one), default=cause)
        placed[key] = placed[parent] + 1
        parents[key] = parent
        for other in below[key]:
            waits[other] -= 1
            if not waits[other]:
                heappush(ready, (failing[other].onset.not_after, other))
    return parents


def _chain(cause: str, parents: Mapping[str, str], dated: Failings) -> tuple[Consequence, ...]:
    """What follows in the order in which it turned bad, but nothing before what it follows from."""
    below: dict[str, list[str]] = defaultdict(list)
    place = {key: number for number, key in enumerate(parents)}
    for key, parent in parents.items():
        below[parent].append(key)
    chain: list[Consequence] = []
    ready = [(dated[key].onset.not_after, place[key], key) for key in below[cause]]
    heapify(ready)
    while ready:
        key = heappop(ready)[2]
        chain.append(Consequence(dated[key], parents[key]))
        for other in below[key]:
            heappush(ready, (dated[other].onset.not_after, place[other], other))
    return tuple(chain)
