"""Which values criteria allow, as unions of intervals, and whether one set of criteria allows more than another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from prodtui.readiness.criteria import Bound, Criteria


class Edge(NamedTuple):
    """One end of an interval. Ordered along the number line: just below a value, on it, just above it."""

    value: float
    side: int
    """-1, 0 or 1."""


class Interval(NamedTuple):
    """All values from `low` to `high`, both included."""

    low: Edge
    high: Edge


LOWEST, HIGHEST = Edge(-math.inf, 0), Edge(math.inf, 0)
Region = tuple[Interval, ...]
"""A union of intervals: sorted, apart from each other."""


def interval(bounds: Iterable[Bound]) -> Interval | None:
    """What a set of absolute bounds allows; None where no value meets all of them."""
    low, high = LOWEST, HIGHEST
    for bound in bounds:
        if math.isinf(bound.value) and bound.op in ("<", "<="):
            continue  # every measured value is finite
        match bound.op:
            case "<":
                high = min(high, Edge(bound.value, -1))
            case "<=":
                high = min(high, Edge(bound.value, 0))
            case ">":
                low = max(low, Edge(bound.value, 1))
            case ">=":
                low = max(low, Edge(bound.value, 0))
            case "=":
                low, high = max(low, Edge(bound.value, 0)), min(high, Edge(bound.value, 0))
    return Interval(low, high) if low <= high else None


def region(*criteria: Criteria | None) -> Region:
    """What any of the criteria allow by their absolute sets; sets with relative bounds are left out."""
    found = sorted(
        one
        for each in criteria
        if each is not None
        for bounds in each.sets
        if not any(bound.relative for bound in bounds) and (one := interval(bounds)) is not None
    )
    joined: list[Interval] = []
    for one in found:
        if joined and one.low <= _after(joined[-1].high):
            joined[-1] = Interval(joined[-1].low, max(joined[-1].high, one.high))
        else:
            joined.append(one)
    return tuple(joined)


def covers(outer: Region, inner: Iterable[Interval]) -> bool:
    """Whether every value of `inner` is in `outer`."""
    return all(any(one.low <= each.low and each.high <= one.high for one in outer) for each in inner)


def everything(found: Region) -> bool:
    """Whether the region leaves no value out."""
    return covers(found, (Interval(LOWEST, HIGHEST),))


class Allowed(NamedTuple):
    """Criteria with the least change that relative ones allow, in the check's unit."""

    criteria: Criteria | None
    floor: float = 0.0


def within(inner: Allowed, outer: Allowed, *also: Allowed) -> bool:
    """Whether whatever `inner` allows `outer` (or one of `also`) allows too, for any baseline.

    Exact for absolute criteria and for single relative ones; where relative and absolute ones depend on each other
    it says False rather than guess.
    """
    outers = (outer, *also)
    absolute = region(*(each.criteria for each in outers))
    for bounds in inner.criteria.sets if inner.criteria else ():
        own = interval([bound for bound in bounds if not bound.relative])
        if own is None or covers(absolute, (own,)):
            continue
        if not any(
            _implies(bounds, inner.floor, others, each.floor)
            for each in outers
            for others in (each.criteria.sets if each.criteria else ())
        ):
            return False
    return True


def tighter(bound: Bound, floor: float, than: Bound, than_floor: float) -> bool:
    """Whether a relative bound allows no more than another of its form, whatever the baseline."""
    upper = bound.op in ("<", "<=")
    if bound.op == "=" or than.op == "=":
        return bound == than and floor == than_floor
    if bound.relative != than.relative or upper != (than.op in ("<", "<=")):
        return False
    own, other = _outwards(bound, floor), _outwards(than, than_floor)
    if own == other:
        return len(bound.op) <= len(than.op)
    return own[0] <= other[0] and own[1] <= other[1]


def _outwards(bound: Bound, floor: float) -> tuple[float, float]:
    """How far a relative limit lies outside the baseline: by its change, and at least; inside counts as negative."""
    outside = math.copysign(1, bound.value) if bound.op in ("<", "<=") else -math.copysign(1, bound.value)
    change = abs(bound.value)
    if bound.relative == "amount":
        change = floor = max(change, floor)
    return outside * change, outside * floor


def _implies(bounds: Iterable[Bound], floor: float, others: Iterable[Bound], other_floor: float) -> bool:
    """Whether values that meet all of `bounds` meet all of `others`."""
    bounds = tuple(bounds)
    own = interval([bound for bound in bounds if not bound.relative])
    absolute = interval([bound for bound in others if not bound.relative])
    if own is None:
        return True
    if absolute is None or not (absolute.low <= own.low and own.high <= absolute.high):
        return False
    return all(
        any(bound.relative and tighter(bound, floor, other, other_floor) for bound in bounds)
        for other in others
        if other.relative
    )


def _after(edge: Edge) -> Edge:
    """The next place on the number line: intervals that touch there leave nothing between them."""
    return Edge(edge.value, edge.side + 1) if edge.side < 1 else edge
