"""Small questions to a syntax tree that every language's reader asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodtui.scan.facts import Comment, Gap, Name

if TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS = frozenset({"string", "interpreted_string_literal", "raw_string_literal", "template_string"})
_INTERPOLATIONS = frozenset({"interpolation", "template_substitution"})


def text(node: Node | None) -> str:
    """The source text of the node; empty for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def field(node: Node, name: str) -> Node | None:
    return node.child_by_field_name(name)


def place(node: Node) -> tuple[int, int]:
    """Line and column, both from 1. The column counts bytes, as parsers do."""
    return node.start_point.row + 1, node.start_point.column + 1


def named(node: Node, name: str | None = None) -> Name:
    """The node, or the other name it is known by, at its place."""
    return Name(text(node) if name is None else name, *place(node))


def literal(node: Node | None) -> str | None:
    """The value of a literal text without escapes worked out; None for anything else, interpolated text too."""
    if node is None or node.type not in _STRINGS:
        return None
    if any(child.type in _INTERPOLATIONS for child in node.named_children):
        return None
    inside = text(node).lstrip("rRbBuUfF")
    mark = inside[:3] if inside[:3] in ('"""', "'''") else inside[:1]
    return inside[len(mark) : -len(mark)]


def below(node: Node) -> Iterator[Node]:
    """The node and all named ones under it, outermost first."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.named_children))


def comment(node: Node) -> Comment:
    """A comment without `#`, `//`, `/*`."""
    inside = text(node).strip()
    for mark in ("#", "//", "/*"):
        if inside.startswith(mark):
            inside = inside[len(mark) :].removesuffix("*/")
            break
    return Comment(*place(node), inside.lstrip("*!/ ").strip())


def broken(root: Node) -> Gap | None:
    """What does not parse; None where all does. The parser goes on after it, and inside it keeps what it knows."""
    if not root.has_error:
        return None
    lost: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error:
            lost |= {node.start_point.row} | {child.start_point.row for child in node.children if not child.child_count}
        if node.is_missing:
            lost.add(node.start_point.row)
        waiting += [child for child in node.children if child.has_error or child.is_missing]
    return Gap(min(lost) + 1, len(lost))
