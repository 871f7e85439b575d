"""Go as facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodtui.scan.facts import Body, Class, Function, Given, Source, Text
from prodtui.scan.languages.body import summary
from prodtui.scan.languages.captures import Captures, comments_in
from prodtui.scan.languages.grammar import Grammar
from prodtui.scan.languages.nodes import below, broken, field, literal, named, place, text
from prodtui.scan.words import said

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

_QUERY = """
(function_declaration) @function
(method_declaration) @function
(type_spec type: (struct_type)) @class
(import_spec) @import
(call_expression) @call
(composite_literal) @made
(const_spec) @declared
(var_spec) @declared
(short_var_declaration) @assigned
(assignment_statement) @assigned
(keyed_element) @entry
(comment) @comment
"""
_NOT_WRITTEN = said(r"\bnot (yet )?implemented\b", r"\bunimplemented\b", r"\btodo\b", r"\bimplement me\b")
_REFUSES = said(r"panic|errors\.New|fmt\.Errorf")


def _shared(name: str) -> bool:
    """`http.StatusOK`: what a package exports and nobody calls is mostly a constant."""
    first, _, last = name.rpartition(".")
    return bool(first) and first.isidentifier() and first.islower() and last[:1].isupper()


def _constructor(_: str) -> bool:
    return False


def _unwritten(statement: Node) -> str | None:
    if statement.type not in ("expression_statement", "return_statement"):
        return None
    for node in below(statement):
        if node.type == "call_expression" and _REFUSES.fullmatch(text(field(node, "function"))):
            told = next((text(inner) for inner in below(node) if literal(inner) is not None), "")
            return told if _NOT_WRITTEN.search(told) else None
    return None


_GRAMMAR = Grammar(
    names=frozenset({"identifier"}),
    calls={"call_expression": "function"},
    constructs=frozenset({"composite_literal"}),
    members={"selector_expression": "operand", "index_expression": "operand"},
    entries={"keyed_element": "value"},
    bindings={
        "short_var_declaration": ("left", "right"),
        "assignment_statement": ("left", "right"),
        "var_spec": ("name", "value"),
        "range_clause": ("left", "right"),
    },
    objects=frozenset({"literal_value"}),
    lists=frozenset({"literal_value"}),
    returns=frozenset({"return_statement"}),
    functions={"func_literal": "body"},
    acts=frozenset({"go_statement", "defer_statement", "send_statement", "select_statement"}),
    skipped=frozenset({"type_identifier", "slice_type", "map_type", "pointer_type", "qualified_type", "struct_type",
                       "array_type", "interface_type", "comment"}),
    nothings=frozenset({"nil"}),
    shared=_shared,
    constructor=_constructor,
    prints=said(r"fmt\.Print(f|ln)?|fmt\.Fprint(f|ln)?|(\w+\.)*(log|logger|slog|klog|zap)\.\w+|println"),
    sleeps=re.compile(r"time\.(Sleep|After)"),
    randoms=re.compile(r"m?rand\.\w+"),
    clocks=re.compile(r"time\.(Now|Since)|uuid\.New(String)?"),
    pure=re.compile(r"fmt\.Sprintf?|errors\.New|fmt\.Errorf|u?int(8|16|32|64)?|float(32|64)|string|len|append|make"
                    r"|math\.\w+|strconv\.\w+|time\.Duration"),
    unwritten=_unwritten,
    idle=frozenset({"empty_statement"}),
)  # fmt: skip


class _Function(Function):
    def __init__(self, node: Node, source: Captures) -> None:
        super().__init__(text(field(node, "name")), *place(node), node.end_point.row + 1)
        self._node = node
        self._source = source

    @cached_property
    def owner(self) -> Class | None:
        receiver = field(self._node, "receiver")
        kind = None if receiver is None else next((n for n in below(receiver) if n.type == "type_identifier"), None)
        return None if kind is None else Class(name=text(kind), line=place(kind)[0], column=place(kind)[1])

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(_names(field(self._node, "parameters")))

    @cached_property
    def doc(self) -> str:
        said_, before = [], self._node.prev_named_sibling
        row = self._node.start_point.row
        while before is not None and before.type == "comment" and before.end_point.row == row - 1:
            said_.append(text(before))
            row, before = before.start_point.row, before.prev_named_sibling
        return "\n".join(reversed(said_))

    @property
    def decorators(self) -> tuple[str, ...]:
        return ()

    @property
    def alternative(self) -> bool:
        return False

    @cached_property
    def comments(self) -> str:
        return comments_in(self._source, self._node)

    @cached_property
    def body(self) -> Body:
        block = field(self._node, "body")
        if block is None:
            raise LookupError(f"{self.name} has no body")
        receiver = next(iter(_names(field(self._node, "receiver"))), "")
        only_error = text(field(self._node, "result")).strip("()") in ("error", "err error")
        return summary(block, self.parameters, _GRAMMAR, receiver=receiver, error_result=only_error)


def _names(parameters: Node | None) -> Iterator[str]:
    for declaration in [] if parameters is None else parameters.named_children:
        yield from map(text, declaration.children_by_field_name("name"))


def _spread(node: Node | None) -> list[Node]:
    """One node of a list of expressions, or the node itself."""
    if node is None:
        return []
    return node.named_children if node.type == "expression_list" else [node]


def _inner(node: Node | None) -> Node | None:
    return node.named_children[0] if node is not None and node.type == "literal_element" else node


def _pairs(captures: Captures) -> Iterator[tuple[Node, Node]]:
    for node in captures["declared"]:
        yield from zip(node.children_by_field_name("name"), _spread(field(node, "value")), strict=False)
    for node in captures["assigned"]:
        yield from zip(_spread(field(node, "left")), _spread(field(node, "right")), strict=False)
    for node in captures["entry"]:
        key, value = _inner(field(node, "key")), _inner(field(node, "value"))
        if key is not None and value is not None:
            yield key, value


class _Go:
    def __init__(self, grammar: Language) -> None:
        self._grammar = grammar

    def read(self, tree: Tree, language: str) -> Source:
        captures = Captures(self._grammar, _QUERY, tree)
        pairs = list(_pairs(captures))
        return Source(
            language=language,
            lines=captures.lines,
            functions=[_Function(node, captures) for node in captures["function"] if field(node, "body") is not None],
            classes=[Class(name=text(field(node, "name")), line=place(node)[0], column=place(node)[1])
                     for node in captures["class"]],
            imports=[named(node, literal(field(node, "path")) or "") for node in captures["import"]],
            calls=[named(node, text(field(node, "function"))) for node in captures["call"]]
            + [named(node, text(field(node, "type"))) for node in captures["made"]],
            tables=[named(left) for left, right in pairs
                    if left.type == "identifier" and right.type == "composite_literal"
                    and (inside := field(right, "body")) is not None and inside.named_child_count],
            texts=[Text(literal(left) or text(left), value, *place(right), Given.ASSIGNED)
                   for left, right in pairs if (value := literal(right)) is not None],
            comments=captures.comments,
            prose={line: column if line == node.start_point.row + 1 else 1 for node in captures["comment"]
                   for column in (place(node)[1],) for line in range(node.start_point.row + 1, node.end_point.row + 2)},
            gap=broken(tree.root_node),
        )  # fmt: skip


def reader(grammar: Language) -> _Go:
    """Reads trees of this grammar."""
    return _Go(grammar)
