"""What the statements of a function come to, worked out over any grammar's tree.

An abstract evaluation: each expression is followed back to where its parts come from (`Origin`), through the function's
own variables, in the order in which it is written. Branches are not told apart: what any of them does, the body does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from prodtui.scan.facts import Body, Origin
from prodtui.scan.languages.grammar import Grammar
from prodtui.scan.languages.nodes import below, field, text
from prodtui.scan.languages.values import approves, records, telling_number

if TYPE_CHECKING:
    from tree_sitter import Node


def summary(
    body: Node, parameters: tuple[str, ...], grammar: Grammar, *, receiver: str = "", error_result: bool = False
) -> Body:
    """The body of a function with these parameters. `error_result`: it returns an error alone, nil when all is well."""
    evaluation = _Evaluation(grammar, parameters, receiver)
    if body.type in grammar.functions.values() or not _is_block(body):
        evaluation.returned(body)
    else:
        evaluation.origin(body)
    statements = [node for node in _statements(body) if node.type != "comment"]
    doing = [node for node in statements if node.type not in grammar.idle and not _is_text(node)]
    values = evaluation.values
    return Body(
        empty=_is_block(body) and not doing,
        result=evaluation.result,
        reads=evaluation.reads,
        prints=evaluation.prints,
        tells=evaluation.tells,
        sleeps=evaluation.sleeps,
        approves=bool(values) and all(approves(value, grammar, error_result) for value in values),
        records=any(records(value, grammar) for value in values),
        number=len(values) == 1 and telling_number(values[0]),
        unwritten=next(
            (said for node in statements if (said := _unwritten(node, evaluation, grammar)) is not None), None
        ),
    )


def _is_block(node: Node) -> bool:
    return node.type in ("block", "statement_block")


def _statements(body: Node) -> list[Node]:
    inside = body.named_children
    return inside[0].named_children if len(inside) == 1 and inside[0].type == "statement_list" else inside


def _is_text(node: Node) -> bool:
    """A docstring, or `...`."""
    inside = node.named_children
    return (
        node.type == "expression_statement"
        and len(inside) == 1
        and (inside[0].type in ("ellipsis", "string", "concatenated_string"))
    )


def _unwritten(statement: Node, evaluation: _Evaluation, grammar: Grammar) -> str | None:
    """The words of a refusal that no earlier return can forestall."""
    elsewhere = evaluation.returns - (statement.type in grammar.returns)
    return grammar.unwritten(statement) if elsewhere == 0 else None


class _Evaluation:
    """One function's variables, and what has been found of it so far."""

    def __init__(self, grammar: Grammar, parameters: tuple[str, ...], receiver: str) -> None:
        self._grammar = grammar
        self._variables = dict.fromkeys(parameters, Origin.INPUT)
        self._given = frozenset(parameters)
        if receiver:
            self._variables[receiver] = Origin.OUTSIDE
        self._depth = 0
        self.result = self.reads = Origin.NOTHING
        self.values: list[Node] = []
        self.returns = 0
        self.prints = self.tells = self.sleeps = False

    def origin(self, node: Node) -> Origin:
        """Where the value of an expression, or what a statement evaluates, comes from."""
        found = self._origin(node)
        self.reads |= found
        return found

    def returned(self, node: Node) -> Origin:
        """As `origin`, of what the function gives back."""
        found = self.origin(node)
        if self._depth == 0:
            self.result |= found
            if node.type not in self._grammar.nothings:
                self.values.append(node)
        return found

    def _origin(self, node: Node) -> Origin:
        grammar, kind = self._grammar, node.type
        if kind in grammar.skipped or kind in grammar.nothings:
            return Origin.NOTHING
        if kind in grammar.names:
            return self._named(text(node))
        if kind in grammar.calls:
            return self._call(node)
        if kind in grammar.members:
            return self._member(node)
        if kind in grammar.entries:
            value = field(node, grammar.entries[kind])
            return Origin.CONSTANT if value is None else self.origin(value)
        if kind in grammar.bindings:
            return self._bind(node)
        if kind in grammar.returns:
            self.returns += self._depth == 0
            return self._all(node, self.returned)
        if kind in grammar.functions:
            return self._inner(node)
        found = Origin.OUTSIDE if kind in grammar.acts or kind in grammar.selves else Origin.NOTHING
        if kind in grammar.clauses:
            for child in sorted(node.named_children, key=lambda child: child.type not in grammar.bindings):
                found |= self.origin(child)
            return found
        if kind in grammar.constructs:
            found |= Origin.MADE
        if not node.named_child_count:
            return found or (Origin.NOTHING if kind.endswith("statement") else Origin.CONSTANT)
        found |= self._all(node, self.origin)
        return found | Origin.CONSTANT if kind in grammar.objects or kind in grammar.lists else found

    def _all(self, node: Node, ask: Callable[[Node], Origin]) -> Origin:
        found = Origin.NOTHING
        for child in node.named_children:
            found |= ask(child)
        return found

    def _named(self, name: str) -> Origin:
        known = self._variables.get(name)
        if known is not None:
            return known
        return Origin.CONSTANT if self._grammar.shared(name) else Origin.OUTSIDE

    def _member(self, node: Node) -> Origin:
        if self._grammar.shared(text(node)) and self._root(node) not in self._variables:
            return Origin.CONSTANT
        whole = field(node, self._grammar.members[node.type])
        found = Origin.OUTSIDE if whole is None else self.origin(whole)
        index = field(node, "subscript") or field(node, "index")
        # A table that the input looks up in is an answer to it.
        looked_up = index is not None and Origin.INPUT in self.origin(index)
        return found | Origin.OUTSIDE if looked_up else found

    def _root(self, node: Node) -> str:
        """The variable that a chain of members starts with; empty where it starts with something else."""
        inner: Node | None = node
        while inner is not None and inner.type in self._grammar.members:
            inner = field(inner, self._grammar.members[inner.type])
        return text(inner) if inner is not None and inner.type in self._grammar.names else ""

    def _bind(self, node: Node) -> Origin:
        names, value = self._grammar.bindings[node.type]
        right = field(node, value)
        found = Origin.NOTHING if right is None else self.origin(right)
        for left in node.children_by_field_name(names):
            for target in left.named_children if left.type in _TARGET_LISTS else [left]:
                if target.type in self._grammar.members:
                    root = self._root(target)
                    if root in self._given or Origin.OUTSIDE in self._variables.get(root, Origin.OUTSIDE):
                        found |= Origin.OUTSIDE
                    else:
                        self._variables[root] |= found
                else:
                    self._variables[text(target)] = self._variables.get(text(target), Origin.NOTHING) | found
        for child in node.named_children:
            if child.type in ("block", "statement_block"):
                found |= self.origin(child)
        return found

    def _inner(self, node: Node) -> Origin:
        """A function inside: what it would come to when called with what is known."""
        inner = field(node, self._grammar.functions[node.type])
        for name in ("parameters", "parameter"):
            if (parameters := field(node, name)) is not None:
                for each in below(parameters):
                    if each.type in self._grammar.names:
                        self._variables.setdefault(text(each), Origin.CONSTANT)
        if inner is None:
            return Origin.NOTHING
        self._depth += 1
        found = self.origin(inner)
        self._depth -= 1
        return found

    def _call(self, node: Node) -> Origin:
        grammar = self._grammar
        callee = field(node, grammar.calls[node.type])
        name = text(callee)
        arguments = field(node, "arguments")
        if grammar.prints.fullmatch(name):
            self.prints = True
            self.tells = self.tells or (arguments is not None and self._tells(arguments))
            return Origin.NOTHING
        if grammar.sleeps.fullmatch(name):
            self.sleeps = True
            # How long does not matter; what is called afterwards does.
            after = [] if arguments is None else arguments.named_children
            return reduce(or_, (self.origin(each) for each in after if each.type in grammar.functions), Origin.NOTHING)
        if grammar.randoms.fullmatch(name):
            return Origin.RANDOM
        if grammar.clocks.fullmatch(name):
            return Origin.CLOCK
        given = Origin.NOTHING if arguments is None else self.origin(arguments)
        if grammar.pure.fullmatch(name):
            return given or Origin.CONSTANT
        if callee is not None and callee.type in grammar.members:
            return given | self._of_method(callee, given, name)
        if name in self._variables and not self._variables[name] & (Origin.INPUT | Origin.OUTSIDE):
            return given | self._variables[name]
        if grammar.constructor(name):
            standing_alone = node.parent is not None and node.parent.type == "expression_statement"
            return given | Origin.MADE | (Origin.OUTSIDE if standing_alone else Origin.NOTHING)
        return given | Origin.OUTSIDE

    def _of_method(self, callee: Node, given: Origin, name: str) -> Origin:
        """A method of what was written here gives of that; of anything else, nobody knows what it does."""
        if self._grammar.constructor(name) and self._root(callee) not in self._variables:
            return Origin.MADE
        whole = field(callee, self._grammar.members[callee.type])
        base = Origin.OUTSIDE if whole is None else self.origin(whole)
        if base & (Origin.INPUT | Origin.OUTSIDE | Origin.MADE):
            return Origin.OUTSIDE
        root = self._root(callee)
        if root in self._variables:
            self._variables[root] |= given
        return base

    def _tells(self, arguments: Node) -> bool:
        return any(node.type in _TEXTS and any(map(str.isalpha, text(node))) for node in below(arguments))


_TARGET_LISTS = frozenset({"expression_list", "pattern_list", "tuple_pattern", "tuple"})
_TEXTS = frozenset({"string_content", "string_fragment", "interpreted_string_literal_content"})
