"""Trees as indented lines: what stands before a node's name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple, TypeVar

N = TypeVar("N")


class Twig(NamedTuple):
    """What is drawn before a node: the branches that pass by, and its own."""

    branches: str
    again: bool
    """It was told above already: its own branches are there."""


def walked(
    roots: Iterable[N], below: Callable[[N], Iterable[N]], key: Callable[[N], Hashable]
) -> Iterator[tuple[N, Twig]]:
    """Every node with its twig, each opened once: a circle and what several lead to end at `again`.

    Without recursion, as what is drawn comes from outside and may be deep.
    """
    opened: set[Hashable] = set()
    pending: list[tuple[N, str, str]] = [(root, "", "") for root in reversed(list(roots))]
    while pending:
        node, branches, passing = pending.pop()
        again = key(node) in opened
        yield node, Twig(branches, again)
        if again:
            continue
        opened.add(key(node))
        children = list(below(node))
        for n in range(len(children) - 1, -1, -1):
            last = n == len(children) - 1
            pending.append((children[n], f"{passing}{'└ ' if last else '├ '}", f"{passing}{'  ' if last else '│ '}"))
