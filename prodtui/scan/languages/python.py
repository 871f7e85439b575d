"""Python as facts."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodtui.scan.facts import Body, Class, Function, Gap, Given, Name, Source, Text
from prodtui.scan.languages.body import summary
from prodtui.scan.languages.captures import Captures, comments_in
from prodtui.scan.languages.grammar import Grammar
from prodtui.scan.languages.nodes import broken, comment, field, literal, named, place, text
from prodtui.scan.words import said

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

_QUERY = """
(function_definition) @function
(class_definition) @class
(import_statement) @import
(import_from_statement) @import
(call) @call
(assignment) @assigned
(pair) @entry
(keyword_argument) @keyword
(default_parameter) @default
(typed_default_parameter) @default
(comment) @comment
(expression_statement . (string) @prose .)
"""
_INTERFACES = said(r"(\w+\.)?(ABC|ABCMeta|Protocol|Interface|TypedDict|NamedTuple)(\[.*\])?")
_ENVIRONMENT = said(r"(os\.)?(environ\.get|getenv)|env|config|env\.(str|get)|decouple\.config")


def _shared(name: str) -> bool:
    """`Status.OK`, `signal.SIGTERM`: the field's way of writing constants."""
    last = name.rpartition(".")[2]
    return "." in name and last.isupper() and name.isascii() and "(" not in name and not name.startswith("self.")


def _constructor(name: str) -> bool:
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not last.isupper()


def _unwritten(statement: Node) -> str | None:
    if statement.type != "raise_statement" or not statement.named_child_count:
        return None
    raised = statement.named_children[0]
    name = text(field(raised, "function")) if raised.type == "call" else text(raised)
    return text(raised) if name == "NotImplementedError" else None


_GRAMMAR = Grammar(
    names=frozenset({"identifier"}),
    calls={"call": "function"},
    members={"attribute": "object", "subscript": "value"},
    entries={"pair": "value", "keyword_argument": "value"},
    bindings={
        "assignment": ("left", "right"),
        "augmented_assignment": ("left", "right"),
        "for_statement": ("left", "right"),
        "for_in_clause": ("left", "right"),
        "named_expression": ("name", "value"),
    },
    clauses=frozenset({"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}),
    objects=frozenset({"dictionary"}),
    lists=frozenset({"list"}),
    returns=frozenset({"return_statement"}),
    functions={"lambda": "body", "function_definition": "body"},
    acts=frozenset(
        {"yield", "raise_statement", "with_statement", "delete_statement", "global_statement", "nonlocal_statement"}
    ),
    skipped=frozenset({"type", "comment", "string_start", "string_end", "import_statement", "import_from_statement"}),
    nothings=frozenset({"none"}),
    shared=_shared,
    constructor=_constructor,
    prints=said(r"print|pprint|sys\.std(out|err)\.write|(\w+\.)*_?(logging|logger|log)\.(\w+)|click\.echo|typer\.echo"),
    sleeps=said(r"(time\.|asyncio\.|anyio\.|trio\.)?sleep"),
    randoms=said(r"(np\.|numpy\.|_)?random\.\w+(\.\w+)*|random|uniform|randint|randrange|gauss|choice|secrets\.randbelow"),
    clocks=said(r"(time\.)?(time|monotonic|perf_counter)|(datetime\.)*(now|utcnow|today)|(datetime\.)+(now|utcnow|today)"
                r"|(uuid\.)?uuid[14]"),
    pure=said(r"round|int|float|str|bool|abs|min|max|sum|list|dict|tuple|set|range|len|sorted|enumerate|zip|Decimal"
              r"|(datetime\.)?timedelta|math\.\w+|isinstance|(\w+\.)*(Response|JSONResponse|jsonify)|json\.dumps"),
    unwritten=_unwritten,
    idle=frozenset({"pass_statement"}),
)  # fmt: skip


class _Function(Function):
    def __init__(self, node: Node, source: Captures) -> None:
        super().__init__(text(field(node, "name")), *place(node), node.end_point.row + 1)
        self._node = node
        self._source = source

    @cached_property
    def _outer(self) -> Node | None:
        """The definition or the condition that it stands in."""
        outer = self._node.parent
        while outer is not None and outer.type in ("decorated_definition", "block"):
            outer = outer.parent
        return outer

    @cached_property
    def owner(self) -> Class | None:
        outer = self._outer
        return _class(outer) if outer is not None and outer.type == "class_definition" else None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        parameters = field(self._node, "parameters")
        names = [] if parameters is None else [_parameter(node) for node in parameters.named_children]
        if self.owner is not None and names and "staticmethod" not in self.decorators:
            del names[0]
        return tuple(filter(None, names))

    @cached_property
    def doc(self) -> str:
        return _doc(self._node)

    @cached_property
    def decorators(self) -> tuple[str, ...]:
        outer = self._node.parent
        if outer is None or outer.type != "decorated_definition":
            return ()
        return tuple(text(node).lstrip("@").partition("(")[0] for node in outer.named_children[:-1])

    @cached_property
    def alternative(self) -> bool:
        return self._outer is not None and self._outer.type not in ("module", "class_definition")

    @cached_property
    def comments(self) -> str:
        return comments_in(self._source, self._node)

    @cached_property
    def body(self) -> Body:
        receiver = ""
        parameters = field(self._node, "parameters")
        if self.owner is not None and "staticmethod" not in self.decorators and parameters is not None:
            receiver = next((_parameter(node) for node in parameters.named_children), "")
        block = field(self._node, "body")
        if block is None:
            raise LookupError(f"{self.name} has no body")
        return summary(block, self.parameters, _GRAMMAR, receiver=receiver)


def _parameter(node: Node) -> str:
    if node.type in ("identifier", "list_splat_pattern", "dictionary_splat_pattern"):
        return text(node).lstrip("*")
    name = field(node, "name")
    if name is None and node.type == "typed_parameter":
        name = node.named_children[0]
    return text(name).lstrip("*")


def _doc(definition: Node) -> str:
    block = field(definition, "body")
    first = next((node for node in block.named_children if node.type != "comment"), None) if block is not None else None
    if first is None or first.type != "expression_statement" or not first.named_child_count:
        return ""
    return literal(first.named_children[0]) or ""


def _class(node: Node) -> Class:
    heritage = field(node, "superclasses")
    given = [] if heritage is None else [text(base) for base in heritage.named_children]
    bases = tuple(base.partition("[")[0].rpartition(".")[2] for base in given if "=" not in base)
    block = field(node, "body")
    methods = set()
    for each in [] if block is None else block.named_children:
        inner = field(each, "definition") if each.type == "decorated_definition" else each
        if inner is not None and inner.type == "function_definition":
            methods.add(text(field(inner, "name")))
    interface = any(_INTERFACES.fullmatch(base.rpartition("=")[2].rpartition(".")[2]) for base in given)
    return Class(
        name=text(field(node, "name")),
        line=place(node)[0],
        column=place(node)[1],
        bases=bases,
        methods=frozenset(methods),
        doc=_doc(node),
        interface=interface,
    )


def _imported(node: Node) -> Iterator[Name]:
    """Absolute modules only: what is relative is the project's own, and read where it stands."""
    module = field(node, "module_name")
    names = [field(each, "name") or each for each in node.children_by_field_name("name")]
    if module is None:
        yield from (named(each) for each in names)
    elif module.type == "dotted_name":
        yield from (named(node, f"{text(module)}.{text(each)}") for each in names)


def _texts(captures: Captures) -> Iterator[Text]:
    for node in captures["assigned"]:
        left, right = field(node, "left"), field(node, "right")
        if left is not None and (value := literal(right)) is not None and right is not None:
            yield Text(text(left), value, *place(right), Given.ASSIGNED)
    for kind, name, given in (("entry", "key", Given.ASSIGNED), ("keyword", "name", Given.ARGUMENT),
                              ("default", "name", Given.ARGUMENT)):  # fmt: skip
        for node in captures[kind]:
            key, value_node = field(node, name), field(node, "value")
            if key is not None and value_node is not None and (value := literal(value_node)) is not None:
                yield Text(literal(key) or text(key), value, *place(value_node), given)
    for node in captures["call"]:
        callee, arguments = field(node, "function"), field(node, "arguments")
        if arguments is None or arguments.named_child_count < 2 or not _ENVIRONMENT.fullmatch(text(callee)):
            continue
        key, value_node = arguments.named_children[0], arguments.named_children[1]
        if value_node.type == "keyword_argument":
            value_node = field(value_node, "value") or value_node
        if (name_ := literal(key)) and (value := literal(value_node)) is not None:
            yield Text(name_, value, *place(value_node), Given.FALLBACK)


def _gap(root: Node) -> Gap | None:
    """The grammar does not know all of Python; what the interpreter parses is whole."""
    found = broken(root)
    if found is None:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text(root))
    except SyntaxError as error:
        return Gap(error.lineno or found.line, text(root).count("\n") + 1)
    except (ValueError, RecursionError, MemoryError):
        return found
    return None


class _Python:
    def __init__(self, grammar: Language) -> None:
        self._grammar = grammar

    def read(self, tree: Tree, language: str) -> Source:
        captures = Captures(self._grammar, _QUERY, tree)
        tables = [
            named(left)
            for node in captures["assigned"]
            if (left := field(node, "left")) is not None
            and (right := field(node, "right")) is not None
            and right.type in ("list", "dictionary")
            and right.named_child_count
        ]
        prose = {line: 1 for node in captures["prose"] for line in range(place(node)[0], node.end_point.row + 2)}
        return Source(
            language=language,
            lines=captures.lines,
            functions=[_Function(node, captures) for node in captures["function"]],
            classes=[_class(node) for node in captures["class"]],
            imports=[name for node in captures["import"] for name in _imported(node)],
            calls=[named(node, text(field(node, "function"))) for node in captures["call"]],
            tables=tables,
            texts=list(_texts(captures)),
            comments=captures.comments,
            prose=prose | {each.line: each.column for each in map(comment, captures["comment"])},
            gap=_gap(tree.root_node),
        )


def reader(grammar: Language) -> _Python:
    """Reads trees of this grammar."""
    return _Python(grammar)
