"""JavaScript and TypeScript as facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodtui.scan.facts import Body, Class, Function, Given, Name, Source, Text
from prodtui.scan.languages.body import summary
from prodtui.scan.languages.captures import Captures, comments_in
from prodtui.scan.languages.grammar import Grammar
from prodtui.scan.languages.nodes import below, broken, field, literal, named, place, text
from prodtui.scan.words import said

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

_QUERY = """
(function_declaration) @function
(generator_function_declaration) @function
(method_definition) @function
(variable_declarator value: [(arrow_function) (function_expression)]) @holder
(assignment_expression right: [(arrow_function) (function_expression)]) @holder
(pair value: [(arrow_function) (function_expression)]) @holder
(class_declaration) @class
(class) @class
(import_statement) @import
(call_expression) @call
(new_expression) @new
(variable_declarator) @declared
(assignment_expression) @assigned
(pair) @entry
(binary_expression) @binary
(comment) @comment
"""
_FIELD = {"JavaScript": "(field_definition) @field", "TypeScript": "(public_field_definition) @field"}
_ABSTRACT = {"JavaScript": "", "TypeScript": "(abstract_class_declaration) @class"}
_FUNCTIONS = frozenset({"arrow_function", "function_expression"})
_NOT_WRITTEN = said(r"\bnot[ _-]?(yet[ _-])?implemented\b", r"\bunimplemented\b", r"\btodo\b", r"\bimplement me\b")
_ENVIRONMENT = re.compile(r"(?:process\.env|import\.meta\.env|Deno\.env|Bun\.env)(?:\.(\w+)|\[['\"](\w+)['\"]\])")


def _shared(name: str) -> bool:
    first, _, last = name.rpartition(".")
    return name in ("undefined", "NaN", "Infinity") or (first[:1].isupper() and last[:1].isupper() and "(" not in name)


def _constructor(name: str) -> bool:
    return name.rpartition(".")[2][:1].isupper()


def _unwritten(statement: Node) -> str | None:
    if statement.type not in ("throw_statement", "return_statement", "expression_statement"):
        return None
    if statement.type != "throw_statement" and not text(statement).startswith("return Promise.reject("):
        return None
    said_ = next((text(node) for node in below(statement) if node.type in ("string", "template_string")), "")
    return said_ if _NOT_WRITTEN.search(said_) else None


_GRAMMAR = Grammar(
    names=frozenset({"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}),
    calls={"call_expression": "function", "new_expression": "constructor"},
    members={"member_expression": "object", "subscript_expression": "object"},
    entries={"pair": "value"},
    bindings={
        "variable_declarator": ("name", "value"),
        "assignment_expression": ("left", "right"),
        "augmented_assignment_expression": ("left", "right"),
        "for_in_statement": ("left", "right"),
    },
    objects=frozenset({"object"}),
    lists=frozenset({"array"}),
    returns=frozenset({"return_statement"}),
    functions={"arrow_function": "body", "function_expression": "body", "function_declaration": "body"},
    acts=frozenset({"yield_expression", "throw_statement", "this", "super", "import"}),
    skipped=frozenset({"type_annotation", "type_arguments", "comment", "property_identifier", "statement_identifier",
                       "predefined_type", "type_identifier", "generic_type", "array_type", "object_type"}),
    nothings=frozenset({"null", "undefined"}),
    shared=_shared,
    constructor=_constructor,
    prints=said(r"console\.\w+|(this\.)?(\w+\.)*_?(logger|log)\.\w+|process\.std(out|err)\.write"),
    sleeps=said(r"(\w+\.)?(sleep|delay|wait|setTimeout|set_timeout)"),
    randoms=re.compile(r"Math\.random|crypto\.(getRandomValues|randomInt)|_\.random|random(Int|Float|Between)?"),
    clocks=re.compile(r"Date|Date\.now|performance\.now|crypto\.randomUUID|uuid(v4)?|randomUUID"),
    pure=re.compile(r"Math\.\w+|Promise(\.(resolve|all))?|Array(\.(from|of))?|Number(\.parse\w+)?|String|Boolean"
                    r"|parseInt|parseFloat|Object\.(assign|freeze|keys|values|entries)|JSON\.stringify|Set|Map"
                    r"|(res|response|reply|ctx|c)\.(json|send)|(Next)?Response(\.json)?"),
    unwritten=_unwritten,
    idle=frozenset({"empty_statement"}),
)  # fmt: skip


class _Function(Function):
    """`node` is the function, `holder` what gives it its name: itself, or a variable, a field, an entry."""

    def __init__(self, node: Node, holder: Node, source: Captures) -> None:
        name = next(
            (found for key in ("name", "property", "key", "left") if (found := field(holder, key)) is not None), None
        )
        super().__init__(text(name).rpartition(".")[2].strip("'\""), *place(holder), node.end_point.row + 1)
        self._node = node
        self._holder = holder
        self._source = source

    @cached_property
    def owner(self) -> Class | None:
        outer = self._holder.parent
        return _class(outer.parent) if outer is not None and outer.type == "class_body" and outer.parent else None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        alone, several = field(self._node, "parameter"), field(self._node, "parameters")
        if alone is not None:
            return (text(alone),)
        return () if several is None else tuple(_names(several))

    @cached_property
    def doc(self) -> str:
        before = (
            self._holder if self._holder is self._node else self._holder.parent or self._holder
        ).prev_named_sibling
        near = (
            before is not None and before.type == "comment" and before.end_point.row + 1 >= self._holder.start_point.row
        )
        return text(before) if near else ""

    @property
    def decorators(self) -> tuple[str, ...]:
        return ()

    @cached_property
    def alternative(self) -> bool:
        outer = self._holder.parent
        while outer is not None and outer.type in ("export_statement", "lexical_declaration", "class_body",
                                                   "variable_declaration", "expression_statement"):  # fmt: skip
            outer = outer.parent
        return outer is not None and outer.type not in ("program", "class_declaration", "class",
                                                        "abstract_class_declaration")  # fmt: skip

    @cached_property
    def comments(self) -> str:
        return comments_in(self._source, self._node)

    @cached_property
    def body(self) -> Body:
        block = field(self._node, "body")
        if block is None:
            raise LookupError(f"{self.name} has no body")
        return summary(block, self.parameters, _GRAMMAR)


def _names(parameters: Node) -> Iterator[str]:
    """Names that parameters bind, destructured ones too; types and default values bind none."""
    waiting = list(parameters.named_children)
    while waiting:
        node = waiting.pop(0)
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield text(node)
        elif node.type not in ("type_annotation", "accessibility_modifier", "comment"):
            value = field(node, "value" if node.type in ("required_parameter", "optional_parameter") else "right")
            waiting += [
                child for child in node.named_children if child != value and child.type != "property_identifier"
            ]


def _class(node: Node) -> Class:
    heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
    bases = [] if heritage is None else [text(each) for each in below(heritage) if each.type.endswith("identifier")]
    block = field(node, "body")
    members = [] if block is None else block.named_children
    named_ = [field(member, "name") or field(member, "property") for member in members]
    return Class(
        name=text(field(node, "name")),
        line=place(node)[0],
        column=place(node)[1],
        bases=tuple(bases),
        methods=frozenset(map(text, named_)) - {""},
        interface=node.type == "abstract_class_declaration",
    )


def _functions(captures: Captures) -> Iterator[Function]:
    for node in captures["function"]:
        if field(node, "body") is not None:
            yield _Function(node, node, captures)
    for node in (*captures["holder"], *captures["field"]):
        inner = field(node, "value") or field(node, "right")
        if inner is not None and inner.type in _FUNCTIONS:
            yield _Function(inner, node, captures)


def _imported(captures: Captures) -> Iterator[Name]:
    for node in captures["import"]:
        module = literal(field(node, "source"))
        # `import type` is gone before anything runs.
        if module is not None and not text(node).startswith("import type "):
            yield named(node, module)
    for node in captures["call"]:
        if text(field(node, "function")) in ("require", "import") and (arguments := field(node, "arguments")):
            module = literal(next(iter(arguments.named_children), None))
            if module is not None:
                yield named(node, module)


def _unwrapped(node: Node | None) -> Node | None:
    inner = node
    while inner is not None and inner.type in ("as_expression", "satisfies_expression"):
        inner = inner.named_children[0]
    return inner


def _pairs(captures: Captures) -> Iterator[tuple[Node, Node]]:
    """Everything that has a value written to it: name and value."""
    for kind, names, value in (("declared", "name", "value"), ("assigned", "left", "right"), ("entry", "key", "value"),
                               ("field", "name", "value"), ("field", "property", "value")):  # fmt: skip
        for node in captures[kind]:
            left, right = field(node, names), _unwrapped(field(node, value))
            if left is not None and right is not None:
                yield left, right


def _texts(captures: Captures) -> Iterator[Text]:
    for left, right in _pairs(captures):
        if (value := literal(right)) is not None:
            yield Text(literal(left) or text(left), value, *place(right), Given.ASSIGNED)
    for node in captures["binary"]:
        fallback = field(node, "right")
        known = _ENVIRONMENT.fullmatch(text(field(node, "left")))
        if known and fallback is not None and (value := literal(fallback)) is not None:
            yield Text(known[1] or known[2], value, *place(fallback), Given.FALLBACK)


class _JavaScript:
    def __init__(self, grammar: Language) -> None:
        self._grammar = grammar

    def read(self, tree: Tree, language: str) -> Source:
        captures = Captures(self._grammar, _QUERY + _FIELD[language] + _ABSTRACT[language], tree)
        called = [named(node, text(field(node, "function"))) for node in captures["call"]]
        made = [named(node, text(field(node, "constructor"))) for node in captures["new"]]
        return Source(
            language=language,
            lines=captures.lines,
            functions=list(_functions(captures)),
            classes=[_class(node) for node in captures["class"]],
            imports=list(_imported(captures)),
            calls=called + made,
            tables=[named(left) for left, right in _pairs(captures)
                    if left.type == "identifier" and right.type in ("array", "object") and right.named_child_count],
            texts=list(_texts(captures)),
            comments=captures.comments,
            prose={line: column if line == node.start_point.row + 1 else 1 for node in captures["comment"]
                   for column in (place(node)[1],) for line in range(node.start_point.row + 1, node.end_point.row + 2)},
            gap=broken(tree.root_node),
        )  # fmt: skip


def reader(grammar: Language) -> _JavaScript:
    """Reads trees of this grammar."""
    return _JavaScript(grammar)
