"""Graphs of keys: what hangs together, what goes in circles, what leads where. Pure, and free of recursion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Edges = Mapping[str, frozenset[str]]
"""From each key to those that it points at; every key is there."""


def components(edges: Edges) -> list[frozenset[str]]:
    """Keys that hang together, whichever way the edges point."""
    beside: dict[str, set[str]] = {key: set(to) for key, to in edges.items()}
    for key, to in edges.items():
        for other in to:
            beside[other].add(key)
    found: list[frozenset[str]] = []
    seen: set[str] = set()
    for key in edges:
        if key not in seen:
            part = reached(key, beside)
            seen |= part
            found.append(frozenset(part))
    return found


def reached(key: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that an edge leads to from a key, the key itself included."""
    found, left = {key}, [key]
    while left:
        for other in edges.get(left.pop(), ()):
            if other not in found:
                found.add(other)
                left.append(other)
    return found


def reversed_edges(edges: Edges) -> dict[str, frozenset[str]]:
    """The same edges pointing the other way."""
    found: dict[str, set[str]] = {key: set() for key in edges}
    for key, to in edges.items():
        for other in to:
            found[other].add(key)
    return {key: frozenset(to) for key, to in found.items()}


def circles(edges: Edges) -> dict[str, frozenset[str]]:
    """By key: all that it goes in a circle with, itself included (Kosaraju's strongly connected components)."""
    order: list[str] = []
    seen: set[str] = set()
    for start in edges:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(sorted(edges[start])))]
        while path:
            key, rest = path[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                order.append(key)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(sorted(edges[following]))))
    back = reversed_edges(edges)
    found: dict[str, frozenset[str]] = {}
    for key in reversed(order):
        if key not in found:
            own, left = {key}, [key]
            while left:
                fresh = {other for other in back[left.pop()] if other not in found and other not in own}
                own |= fresh
                left += fresh
            found.update(dict.fromkeys(own, frozenset(own)))
    return found
