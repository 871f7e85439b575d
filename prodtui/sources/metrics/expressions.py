"""PromQL read, not asked: which services an expression is about, and which series it selects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    BinModifier,
    Call,
    Expr,
    LabelModifierType,
    Matcher,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
    parse,
)

EVERY = None
"""Every service; otherwise a set of names, empty where the result is of no service."""
Services = frozenset[str] | None
MOST_OPERATORS = 200
"""The parser's time grows with the square of the depth, and some thousands of brackets end the process (measured)."""
_OPERATOR = re.compile(r"[(+\-*/%^<>]|==|!=|\b(?:and|or|unless|atan2)\b")
_PLAIN = re.compile(r"[\w./:-]+(?:\|[\w./:-]+)*", re.ASCII)
_ANYTHING = frozenset({".*", ".+"})
_KEEP_LABELS = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_MAKE_LABELS = frozenset({"label_replace", "label_join"})
_DROP_LABELS = frozenset({"absent", "absent_over_time", "scalar", "vector"})
_GROUPED = (VectorMatchCardinality.ManyToOne, VectorMatchCardinality.OneToMany)


@lru_cache(maxsize=4096)
def services(expression: str, service_label: str, jobs: frozenset[str] = frozenset()) -> Services:
    """The services that alerts of this rule can be of: those that its selectors name, else all whose label it keeps.

    `jobs`: names of jobs that stand for services. Of an expression that cannot be read it is of none: what is not
    known to be watched counts as unwatched.
    """
    try:
        return _About(service_label, jobs).of(_parsed(expression))
    except ValueError:
        return frozenset()


@lru_cache(maxsize=1024)
def selectors(expression: str) -> tuple[str, ...]:
    """The vector selectors, with their offsets; none where the samples' time cannot be told by them."""
    try:
        return tuple(dict.fromkeys(_selectors(_parsed(expression))))
    except ValueError:
        return ()


def plain_names(pattern: str) -> frozenset[str] | None:
    """The names in a regular expression that is nothing but names; None for any other. A dot counts as itself."""
    inner = pattern[1:-1] if pattern.startswith("(") and pattern.endswith(")") else pattern
    return frozenset(inner.split("|")) if _PLAIN.fullmatch(inner) else None


def _parsed(expression: str) -> Expr:
    """Raises ValueError."""
    if len(_OPERATOR.findall(expression)) > MOST_OPERATORS:
        raise ValueError(f"more than {MOST_OPERATORS} operators")
    return parse(expression)


def _selectors(expr: Expr) -> Iterator[str]:
    """Raises ValueError for a subquery at another time: what is under it is not selected now."""
    match expr:
        case VectorSelector():
            yield expr.prettify()
        case MatrixSelector():
            yield expr.vector_selector.prettify()
        case SubqueryExpr() if expr.offset or expr.at:
            raise ValueError("a subquery at another time")
        case ParenExpr() | UnaryExpr() | SubqueryExpr() | AggregateExpr():
            yield from _selectors(expr.expr)
        case Call():
            for arg in expr.args:
                yield from _selectors(arg)
        case BinaryExpr():
            yield from _selectors(expr.lhs)
            yield from _selectors(expr.rhs)


class _About:
    """Which services a parsed expression is about."""

    def __init__(self, service_label: str, jobs: frozenset[str]) -> None:
        self._label = service_label
        self._jobs = jobs

    def of(self, expr: Expr) -> Services:
        """Names that any selector gives count, else every service or none, by whether the label is kept."""
        match expr:
            case VectorSelector():
                return self._of_selector(expr)
            case MatrixSelector():
                return self._of_selector(expr.vector_selector)
            case ParenExpr() | UnaryExpr() | SubqueryExpr():
                return self.of(expr.expr)
            case AggregateExpr():
                return self._kept(self.of(expr.expr), kept=self._aggregation_keeps(expr))
            case Call():
                return self._of_call(expr)
            case BinaryExpr():
                return self._of_binary(expr)
        return frozenset()

    def _kept(self, found: Services, *, kept: bool) -> Services:
        """Names that a selector gives stay: the alert is about them, label or not."""
        return found if found is not EVERY or kept else frozenset()

    def _aggregation_keeps(self, expr: AggregateExpr) -> bool:
        if str(expr.op) in _KEEP_LABELS:
            return True
        if expr.modifier is None:
            return False
        return (self._label in expr.modifier.labels) is (expr.modifier.type == AggModifierType.By)

    def _of_call(self, expr: Call) -> Services:
        found = _union(self.of(arg) for arg in expr.args if not isinstance(arg, NumberLiteral | StringLiteral))
        if expr.func.name in _MAKE_LABELS and isinstance(made := expr.args[1], StringLiteral):
            return EVERY if made.val == self._label else found
        return self._kept(found, kept=expr.func.name not in _DROP_LABELS)

    def _of_binary(self, expr: BinaryExpr) -> Services:
        lhs, rhs, op = self.of(expr.lhs), self.of(expr.rhs), str(expr.op)
        if op == "or":
            return _union((lhs, rhs))
        if op == "unless":
            return lhs
        if lhs is not EVERY and rhs is not EVERY:
            return lhs & rhs or lhs | rhs
        return lhs or rhs or self._kept(EVERY, kept=op == "and" or self._match_keeps(expr.modifier))

    def _match_keeps(self, modifier: BinModifier | None) -> bool:
        if modifier is None or modifier.matching is None or modifier.card in _GROUPED:
            return True
        return (self._label in modifier.matching.labels) is (modifier.matching.type == LabelModifierType.Include)

    def _of_selector(self, selector: VectorSelector) -> Services:
        every = selector.matchers.matchers
        groups = [[*every, *group] for group in selector.matchers.or_matchers] or [every]
        return _union(self._of_matchers(group) for group in groups)

    def _of_matchers(self, matchers: Iterable[Matcher]) -> Services:
        found: Services = EVERY
        jobs: Services = EVERY
        for one in matchers:
            if one.name == self._label:
                found = _both(found, _matched(one))
            elif one.name == "job":
                jobs = _both(jobs, _matched(one))
        return jobs if found is EVERY and jobs is not EVERY and jobs.issubset(self._jobs) else found


def _matched(matcher: Matcher) -> Services:
    """The values that the matcher lets through: those named, none known of a pattern that is more than names."""
    if matcher.op == MatchOp.Equal:
        return frozenset({matcher.value} - {""})
    if matcher.op != MatchOp.Re or matcher.value in _ANYTHING:
        return EVERY
    return plain_names(matcher.value) or frozenset()


def _both(one: Services, other: Services) -> Services:
    if one is EVERY or other is EVERY:
        return other if one is EVERY else one
    return one & other


def _union(found: Iterable[Services]) -> Services:
    names: set[str] = set()
    for one in found:
        if one is EVERY:
            return EVERY
        names |= one
    return frozenset(names)
