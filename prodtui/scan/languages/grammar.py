"""What a reader tells of its language, for bodies to be understood without knowing its syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tree_sitter import Node


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """What a language calls the things that matter here: node types, field names, and well-known functions."""

    names: frozenset[str]
    calls: Mapping[str, str]
    """Node type -> field of what is called."""
    constructs: frozenset[str] = frozenset()
    """Node types that make an object by their own syntax."""
    members: Mapping[str, str]
    """Node type of `a.b` and `a[b]` -> field of `a`."""
    entries: Mapping[str, str]
    """Node type of `key: value` -> field of the value."""
    bindings: Mapping[str, tuple[str, str]]
    """Node type that gives a value to names -> fields of the names and of the value."""
    clauses: frozenset[str] = frozenset()
    """Node types that bind names for what is written before them: comprehensions."""
    objects: frozenset[str]
    lists: frozenset[str]
    returns: frozenset[str]
    functions: Mapping[str, str]
    """Node type of a function inside an expression -> field of its body."""
    acts: frozenset[str]
    """Node types that reach outside whatever they hold."""
    skipped: frozenset[str]
    """Types, comments, names of keys: nothing to evaluate."""
    nothings: frozenset[str]
    selves: frozenset[str] = frozenset()
    shared: Callable[[str], bool]
    """Whether a dotted name is a constant of its module, such as `Status.OK`."""
    constructor: Callable[[str], bool]
    """Whether a call of this dotted name makes an object."""
    prints: re.Pattern[str]
    sleeps: re.Pattern[str]
    randoms: re.Pattern[str]
    clocks: re.Pattern[str]
    pure: re.Pattern[str]
    """Functions whose result hangs on their arguments alone."""
    unwritten: Callable[[Node], str | None]
    """The words with which a statement refuses because something is not implemented."""
    idle: frozenset[str]
    """Statements that do nothing."""
