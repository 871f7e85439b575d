"""What a query finds in one tree, and the comments among it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from prodtui.scan.facts import Comment
from prodtui.scan.languages.nodes import comment, text

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query, Tree


@cache
def _compiled(grammar: Language, query: str) -> Query:
    from tree_sitter import Query

    return Query(grammar, query)


class Captures:
    """By name, the nodes that a query captures, in the order of the source."""

    def __init__(self, grammar: Language, query: str, tree: Tree) -> None:
        from tree_sitter import QueryCursor

        self._found: Mapping[str, Sequence[Node]] = QueryCursor(_compiled(grammar, query)).captures(tree.root_node)
        self._root = tree.root_node

    def __getitem__(self, name: str) -> Sequence[Node]:
        return self._found.get(name, ())

    @cached_property
    def lines(self) -> list[str]:
        return text(self._root).split("\n")

    @cached_property
    def comments(self) -> list[Comment]:
        return sorted(map(comment, self["comment"]), key=lambda found: found.line)


def comments_in(captures: Captures, node: Node) -> str:
    """All that is said in comments between the node's first and last line."""
    first = bisect_left(captures.comments, node.start_point.row + 1, key=lambda found: found.line)
    last = bisect_left(captures.comments, node.end_point.row + 2, key=lambda found: found.line)
    return "\n".join(found.text for found in captures.comments[first:last])
