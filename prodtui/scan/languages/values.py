"""What a written value says: yes, a number, records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodtui.scan.languages.grammar import Grammar
from prodtui.scan.languages.nodes import below, field, literal, text

if TYPE_CHECKING:
    from tree_sitter import Node

_YES = re.compile(r"(?i)true|ok|okay|healthy|success|succeeded|valid|verified|pass|passed|up|alive|approved|authorized")
_YES_KEYS = re.compile(r"(?i)ok|valid|is_?valid|success|healthy|verified|authorized|allowed|approved|status|passed")
_NUMBER = re.compile(r"-?\d[\d_]*\.?\d*")
_NEUTRAL = (0.0, 1.0, -1.0, 100.0)
_WRAPPERS = frozenset(
    {"parenthesized_expression", "expression_list", "as_expression", "await", "await_expression", "unary_expression"}
)
FEWEST_ENTRIES = 3


def approves(value: Node, grammar: Grammar, error_result: bool) -> bool:
    """Whether the written value says yes."""
    written = literal(value)
    if written is not None or not value.named_child_count:
        if value.type in grammar.nothings:
            return error_result
        return bool(_YES.fullmatch(text(value) if written is None else written))
    if value.type in grammar.calls:
        arguments = field(value, "arguments")
        plain = grammar.pure.fullmatch(text(field(value, grammar.calls[value.type]))) is not None
        return plain and arguments is not None and _approves_any(arguments.named_children, grammar, error_result)
    if value.type in grammar.objects:
        for entry in below(value):
            if entry.type in grammar.entries:
                key, inner = entry.named_children[0], field(entry, grammar.entries[entry.type])
                named = literal(key) or text(key).strip("\"'`")
                if inner is not None and _YES_KEYS.fullmatch(named):
                    return approves(_unwrapped(inner), grammar, error_result)
        return False
    if value.type in _WRAPPERS:
        return _approves_any(value.named_children, grammar, error_result)
    return False


def _approves_any(values: list[Node], grammar: Grammar, error_result: bool) -> bool:
    meant = [value for value in values if value.type not in grammar.nothings or error_result]
    return bool(meant) and all(approves(value, grammar, error_result) for value in meant)


def _unwrapped(node: Node) -> Node:
    return node.named_children[0] if node.type == "literal_element" and node.named_child_count else node


def records(value: Node, grammar: Grammar) -> bool:
    for node in below(value):
        if node.type in grammar.lists and any(
            inner.type in grammar.objects and _entries(inner, grammar) > 1 for inner in below(node)
        ):
            return True
        if node.type in grammar.objects and _entries(node, grammar) >= FEWEST_ENTRIES:
            return True
    return False


def _entries(table: Node, grammar: Grammar) -> int:
    inside = table.named_children + [each for child in table.named_children for each in child.named_children]
    return sum(node.type in grammar.entries for node in inside)


def telling_number(value: Node) -> bool:
    while value.type in _WRAPPERS and value.named_child_count and value.type != "unary_expression":
        value = value.named_children[0]
    written = text(value)
    return bool(_NUMBER.fullmatch(written)) and float(written.replace("_", "")) not in _NEUTRAL
