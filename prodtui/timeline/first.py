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
        chain = _chain(cause.key, follow - told - shown, rest, failing)
        yield FirstCause(
            cause=_no_later(cause, chain),
            chain=chain,
            confidence=Confidence.CLEAR if clear else Confidence.UNCLEAR,
            candidates=() if clear else candidates,
        )
        told |= follow


def _no_later(cause: Failing, chain: Iterable[Consequence]) -> Failing:
    """A cause that was there before us began no later than what follows from it."""
    first = min((one.failing.onset.not_after for one in chain), default=cause.onset.not_after)
    if cause.onset.at is not None or first >= cause.onset.not_after:
        return cause
    return msgspec.structs.replace(cause, onset=Onset(None, first))


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


def _chain(cause: str, follow: frozenset[str], links: Links, failing: Failings) -> tuple[Consequence, ...]:
    """What follows as a tree in the order in which it turned bad, each below the last thing that explains it.

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
    chain: list[Consequence] = []
    rest = iter(by_time)
    while len(chain) < len(follow):
        key = heappop(ready)[1] if ready else next(key for key in rest if key not in placed)
        if key in placed:
            continue
        # What only another candidate explains hangs below the one that was named.
        parent = max((one for one in links[key] if one in placed), key=lambda one: (placed[one], one), default=cause)
        placed[key] = placed[parent] + 1
        chain.append(Consequence(failing[key], parent))
        for other in below[key]:
            waits[other] -= 1
            if not waits[other]:
                heappush(ready, (failing[other].onset.not_after, other))
    return tuple(chain)
