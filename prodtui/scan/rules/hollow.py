"""Functions that say what they do and do not do it: actions that only print, checks that always agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodtui.scan.facts import Function, Origin, Source
from prodtui.scan.rules.rule import Rule, Violation
from prodtui.scan.words import said, words

ACTION = Rule(
    id="hollow-action",
    title="an action only prints or logs",
    why="The caller believes that a mail was sent, a card charged, a version deployed.",
    remedy="Do what the name says, or raise an error that says it can't be done.",
)
CHECK = Rule(
    id="hollow-check",
    title="a check ignores its input and always agrees",
    why="Everything passes: bad tokens, broken payments, dead backends.",
    remedy="Judge the input; until that is written, refuse.",
)
RULES = (ACTION, CHECK)

_ACTIONS = frozenset(
    words(
        """send charge deploy notify delete publish refund pay submit upload email dispatch transfer withdraw deposit
        provision rollback restart backup restore revoke cancel ship purge archive alert enqueue process create insert
        persist store save sync migrate broadcast bill capture book reserve transcode encrypt decrypt sms"""
    )
)
_CHECKS = frozenset(
    words(
        """verify validate authenticate authorize authorise check healthcheck authenticated authorized valid permitted
        allowed health healthy"""
    )
)
_QUESTIONS = frozenset({"is", "has", "can"})
_PRINTERS = said(
    r"console|print|log|logger|logging|echo|stdout|stderr|debug|terminal|dry|null|noop|nop|report|verbose|trace"
)
_OPEN = said(
    r"noop|nop|null|allow|always|any|every|insecure|permissive|default|base|abstract|accept|trivial|unlimited|skip|anonymous"
)
_HOOK = said(
    r"overrid|subclass|hook|by default|always|no-?op|does nothing|do nothing|not needed|never|nothing to|implement"
)


def acts(function: Function) -> bool:
    """Whether its name says that it changes something in the world."""
    return bool(function.words) and function.words[0] in _ACTIONS


def judge(source: Source) -> Iterator[Violation]:
    """Actions first: a function is one or the other."""
    for function in source.functions:
        if acts(function) and _only_prints(function):
            why = f"{function.name} only prints that it does it"
            yield Violation(rule=ACTION.id, line=function.line, column=function.column, why=why)
        elif _checks(function) and _agrees(function):
            why = f"{function.name} takes input, ignores it, and always says yes"
            owner = function.owner
            yield Violation(
                rule=CHECK.id,
                line=function.line,
                column=function.column,
                why=why,
                unless_overridden=None if owner is None else (owner.name, function.name),
            )


def _only_prints(function: Function) -> bool:
    if _named(function, _PRINTERS) or function.alternative:
        return False
    body = function.body
    if not body.tells or body.unwritten is not None:
        return False
    return not body.reads & (Origin.OUTSIDE | Origin.MADE) and not body.result & Origin.RANDOM


def _checks(function: Function) -> bool:
    parts = function.words
    if not parts:
        return False
    return parts[0] in _CHECKS or (parts[0] in _QUESTIONS and bool(_CHECKS & set(parts[1:])))


def _agrees(function: Function) -> bool:
    given = [name for name in function.parameters if not name.startswith("_") and name not in ("args", "kwargs")]
    if not given or _named(function, _OPEN) or function.alternative or _HOOK.search(function.doc + function.comments):
        return False
    if function.owner is not None and function.owner.interface:
        return False
    body = function.body
    return body.approves and not body.reads & (Origin.INPUT | Origin.OUTSIDE)


def _named(function: Function, pattern: re.Pattern[str]) -> bool:
    owner = words(function.owner.name) if function.owner is not None else ()
    return any(pattern.fullmatch(word) for word in (*function.words, *owner))
