"""What is not written yet."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prodtui.scan.facts import Function, Source
from prodtui.scan.rules.hollow import acts
from prodtui.scan.rules.rule import Rule, Violation
from prodtui.scan.words import said, words

NOT_IMPLEMENTED = Rule(
    id="not-implemented",
    title="a function is not written yet",
    why="Whoever calls it in production gets an error, or silently nothing.",
    remedy="Write it, or remove it with what calls it. A base class's method: mark it abstract.",
)
RULES = (NOT_IMPLEMENTED,)

_TODO = said(
    r"\b(todo|fixme|tbd)\b", r"\bnot (yet )?implemented\b", r"^\W*implement (me|this|later)\b", r"\bunimplemented\b"
)
_SPOKEN = said(_TODO.pattern, "NotImplementedError")
_ABSTRACT = said(r"\babstract", r"overrid", r"subclass", r"\binterface\b", r"\bmixin\b", r"\bbase class\b", r"\bhook\b",
                 r"must (be )?(implement|define|provide)", r"\bto be implemented by\b", r"\bderived\b")  # fmt: skip
_DELIBERATE = said(r"support", r"platform", r"available", r"must", r"should", r"subclass", r"overrid", r"abstract",
                   r"\buse\b", r"cannot", r"can't", r"only ", r"derived", r"windows|linux|macos|unix",
                     r"allowed", r"forbidden", r"not be called", r"disabled")  # fmt: skip
_BASE = frozenset({"base", "abstract", "interface", "mixin", "protocol", "unimplemented", "i", "generic", "template"})
_DECORATED = said(
    r"(\w+\.)*(abstract\w*|overload|typing\.overload|singledispatch|register|callback|group|setter|deleter)"
)
_COMMAND = said(r".+\.(callback|group|command|register|fixture)")


def judge(source: Source) -> Iterator[Violation]:
    """Functions that refuse because nobody wrote them, and those that are empty and say so."""
    spoken = [number for number, line in enumerate(source.lines, 1) if _SPOKEN.search(line)]
    for function in source.functions:
        # Working a body out costs more than all else here: most functions say nothing that calls for it.
        if not (acts(function) or _speaks(function, spoken)):
            continue
        body = function.body
        if body.unwritten is not None:
            if _meant(function, body.unwritten):
                continue
            why = f"{function.name} is not implemented: whatever it is given, it fails"
        elif body.empty and not _decorated(function) and (todo := _TODO.search(function.comments + function.doc)):
            why = f'{function.name} is empty and says "{todo[0]}"'
        elif body.empty and not _decorated(function) and _empty_act(function):
            why = f"{function.name} does nothing"
        else:
            continue
        owner = function.owner
        yield Violation(
            rule=NOT_IMPLEMENTED.id,
            line=function.line,
            column=function.column,
            why=why,
            unless_overridden=None if owner is None else (owner.name, function.name),
        )


def _speaks(function: Function, lines: list[int]) -> bool:
    first = bisect_left(lines, function.line)
    return first < len(lines) and lines[first] <= function.last


def _meant(function: Function, told: str) -> bool:
    """Whether refusing is what the function is for: an abstract method, or something that can't be had here."""
    owner = function.owner
    if owner is not None and (owner.interface or _BASE & set(words(owner.name)) or _ABSTRACT.search(owner.doc)):
        return True
    if _decorated(function) or _ABSTRACT.search(function.doc) or function.alternative:
        return True
    return bool(_DELIBERATE.search(told + function.doc)) and not _TODO.search(told)


def _decorated(function: Function) -> bool:
    return any(_DECORATED.fullmatch(name) or _COMMAND.fullmatch(name) for name in function.decorators)


def _empty_act(function: Function) -> bool:
    """An action of its own that does nothing and does not say why; methods may be hooks."""
    return (
        acts(function)
        and function.owner is None
        and not function.doc
        and not function.comments
        and not function.alternative
    )
