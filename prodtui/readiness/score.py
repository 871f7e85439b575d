"""From states to points: exact fractions, and what a person reads apportioned so that it adds up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from prodtui.model.assessment import State

WHOLE = Fraction(100)
TENTHS = 10
"""Points are shown in tenths."""
_HALF = Fraction(1, 2)
_POINTS = {State.PASS: Fraction(1), State.WARN: _HALF, State.FAIL: Fraction(0), State.UNKNOWN: Fraction(0)}


class Weighed(NamedTuple):
    """A check as the score sees it."""

    state: State
    weight: Fraction
    waived: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is in the denominator."""
        return self.state.scored and self.weight > 0

    @property
    def share(self) -> Fraction:
        """The share of its weight that it gets, 0..1; a waived FAIL gets half."""
        return _HALF if self.waived and self.state is State.FAIL else _POINTS[self.state]


class WeighedPillar(NamedTuple):
    """A pillar as the score sees it."""

    weight: Fraction
    required: bool
    checks: tuple[Weighed, ...]

    @property
    def missing(self) -> bool:
        """Required, but nothing in it counts: it is UNKNOWN as a whole."""
        return self.required and not any(check.counts for check in self.checks)


class Points(NamedTuple):
    """Points got of points possible as shown, in tenths."""

    got: Fraction
    of: Fraction


class PillarPoints(NamedTuple):
    """A pillar's points and those of its checks, in their order; the checks' add up to the pillar's."""

    points: Points
    checks: tuple[Points, ...]


class Score(NamedTuple):
    """A service's score, exact, 0..100; the pillars' points add up to the score floored to a tenth."""

    score: Fraction
    score_max: Fraction
    coverage: Fraction
    pillars: tuple[PillarPoints, ...]


class _Cell(NamedTuple):
    """What a check or pillar gets and loses of the 100, exact."""

    got: Fraction
    lost: Fraction


_NOTHING = _Cell(Fraction(0), Fraction(0))


@lru_cache(maxsize=4096)
def score(pillars: tuple[WeighedPillar, ...]) -> Score:
    """The score of these pillars. Where nothing counts: 0 up to 100 with coverage 0."""
    present = [pillar.missing or any(c.counts for c in pillar.checks) for pillar in pillars]
    total = sum((pillar.weight for pillar, here in zip(pillars, present, strict=True) if here), Fraction(0))
    cells: list[list[_Cell]] = []
    sums: list[_Cell] = []
    unknown = Fraction(0)
    for pillar, here in zip(pillars, present, strict=True):
        of = WHOLE * pillar.weight / total if here and total else Fraction(0)
        weights = sum((check.weight for check in pillar.checks if check.counts), Fraction(0))
        own = [_cell(check, of * check.weight / weights if check.counts else Fraction(0)) for check in pillar.checks]
        cells.append(own)
        sums.append(_Cell(Fraction(0), of) if pillar.missing else _sum(own))
        unseen = (cell.lost for check, cell in zip(pillar.checks, own, strict=True) if check.state is State.UNKNOWN)
        unknown += of if pillar.missing else sum(unseen, Fraction(0))
    if not total:
        return Score(Fraction(0), WHOLE, Fraction(0), tuple(_pillar_points(_NOTHING, own) for own in cells))
    whole = _sum(sums)
    shown = _apportion(_floored(whole), sums)
    return Score(
        score=whole.got,
        score_max=whole.got + unknown,
        coverage=1 - unknown / WHOLE,
        pillars=tuple(_pillar_points(pillar, own) for pillar, own in zip(shown, cells, strict=True)),
    )


def shown(points: Fraction) -> str:
    """A score as a person reads it: cut to a tenth, never rounded up, so that 89.96 does not read 90.0."""
    tenths = math.floor(points * TENTHS)
    return f"{tenths // TENTHS}.{tenths % TENTHS}"


def _cell(check: Weighed, of: Fraction) -> _Cell:
    if not of:
        return _NOTHING
    got = of * check.share
    return _Cell(got, of - got)


def _sum(cells: Sequence[_Cell]) -> _Cell:
    return _Cell(sum((c.got for c in cells), Fraction(0)), sum((c.lost for c in cells), Fraction(0)))


def _floored(whole: _Cell) -> _Cell:
    """What is got in whole tenths; what is cut off counts as lost."""
    got = Fraction(math.floor(whole.got * TENTHS), TENTHS)
    return _Cell(got, whole.got + whole.lost - got)


def _pillar_points(pillar: _Cell, checks: list[_Cell]) -> PillarPoints:
    # What a missing pillar loses is no check's.
    apportioned = _apportion(pillar, checks) if any(cell != _NOTHING for cell in checks) else checks
    return PillarPoints(_points(pillar), tuple(_points(cell) for cell in apportioned))


def _points(cell: _Cell) -> Points:
    return Points(cell.got, cell.got + cell.lost)


def _apportion(total: _Cell, cells: Sequence[_Cell]) -> list[_Cell]:
    """The cells in whole tenths: what is got adds up to the total's, and so does what is lost.

    The two are apportioned apart, so that what passes loses nothing and what fails gets nothing. Ties go to the first
    among those got and to the last among those lost: then a whole number stays one.
    """
    got = _largest_remainder(total.got, [cell.got for cell in cells])
    lost = _largest_remainder(total.lost, [cell.lost for cell in reversed(cells)])
    return [_Cell(a, b) for a, b in zip(got, reversed(lost), strict=True)]


def _largest_remainder(total: Fraction, exact: Sequence[Fraction]) -> list[Fraction]:
    """Each number cut to tenths, and the tenths left over given to the largest remainders."""
    tenths = [math.floor(number * TENTHS) for number in exact]
    left = int(total * TENTHS) - sum(tenths)
    by_remainder = sorted(range(len(exact)), key=lambda i: tenths[i] - exact[i] * TENTHS)
    for i in by_remainder[:left]:
        tenths[i] += 1
    return [Fraction(number, TENTHS) for number in tenths]
