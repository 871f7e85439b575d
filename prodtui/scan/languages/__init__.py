"""The languages that are read, by the ending of a file's name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

    from prodtui.scan.facts import Source

PYTHON, JAVASCRIPT, TYPESCRIPT, GO = "Python", "JavaScript", "TypeScript", "Go"


class _Dialect(msgspec.Struct, frozen=True):
    language: str
    grammar: str
    """Module of the grammar."""
    entry: str
    """Function in it that hands out the grammar."""
    reader: str
    """Module here that reads its trees."""


_PYTHON = _Dialect(PYTHON, "tree_sitter_python", "language", "python")
_JAVASCRIPT = _Dialect(JAVASCRIPT, "tree_sitter_javascript", "language", "javascript")
_TYPESCRIPT = _Dialect(TYPESCRIPT, "tree_sitter_typescript", "language_typescript", "javascript")
_TSX = _Dialect(TYPESCRIPT, "tree_sitter_typescript", "language_tsx", "javascript")
_GO = _Dialect(GO, "tree_sitter_go", "language", "go")

_DIALECTS: Mapping[str, _Dialect] = {
    ".py": _PYTHON,
    ".js": _JAVASCRIPT,
    ".jsx": _JAVASCRIPT,
    ".mjs": _JAVASCRIPT,
    ".cjs": _JAVASCRIPT,
    ".ts": _TYPESCRIPT,
    ".mts": _TYPESCRIPT,
    ".cts": _TYPESCRIPT,
    ".tsx": _TSX,
    ".go": _GO,
}
LANGUAGES: Mapping[str, str] = {ending: dialect.language for ending, dialect in _DIALECTS.items()}
"""Ending of a file's name -> language."""


class Reader(Protocol):
    """A module that reads the trees of one grammar."""

    def read(self, tree: Tree, language: str) -> Source: ...


@cache
def _tools(dialect: _Dialect) -> tuple[Parser, Reader]:
    from tree_sitter import Language, Parser

    grammar = Language(getattr(import_module(dialect.grammar), dialect.entry)())
    reader: Reader = import_module(f"{__name__}.{dialect.reader}").reader(grammar)
    return Parser(grammar), reader


def read(text: bytes, ending: str) -> Source:
    """What the file says; `ending` is a key of LANGUAGES. The text is UTF-8."""
    dialect = _DIALECTS[ending]
    parser, reader = _tools(dialect)
    return reader.read(parser.parse(text), dialect.language)
