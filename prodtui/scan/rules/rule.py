"""How a rule is declared: once, with all that a report, a page and a person need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from prodtui.scan.facts import Source


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    ERROR = "error"
    WARNING = "warning"


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One place that breaks a rule, before suppressions and the other files had their say."""

    rule: str
    line: int
    column: int
    """In bytes, from 1."""
    why: str
    secret: str = ""
    """What must not be shown of the line, where there is such."""
    unless_overridden: tuple[str, str] | None = None
    """Class and method: no violation where a subclass anywhere in the tree overrides it."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, for every language: what it finds, why that matters, and what to do."""

    id: str
    """Public interface: never changed."""
    title: str
    why: str
    remedy: str
    severity: Severity = Severity.ERROR


Judge = Callable[[Source], Iterator[Violation]]
"""Finds what breaks a family of rules in one file."""
