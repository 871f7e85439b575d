"""The grammar of thresholds: `< 250ms`, `>= 80%`, `<= +10%`; criteria in a set are ANDed, sets are ORed.

Relative criteria (`+10%`, `-50%`, `+20ms`) stand for a limit beside the baseline: base + max(share·|base|, floor).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, Self, cast

import msgspec

from prodtui.model.assessment import State
from prodtui.readiness import words

Op = Literal["<", "<=", "=", ">=", ">"]
UNITS = {
    "": "1",
    "%": "0.01",
    "ms": "0.001",
    "s": "1",
    "min": "60",
    "m": "60",
    "h": "3600",
    "d": "86400",
    "B": "1",
    "kB": "1e3",
    "MB": "1e6",
    "GB": "1e9",
    "KiB": "1024",
    "MiB": "1048576",
    "GiB": "1073741824",
}
"""What a number with the unit is multiplied by; decimal, so that 70 % is 0.7 and not a little more."""
FORMS = (
    'an operator (< <= = >= >) and a number with a unit (600ms, 5%, 0.2) or a change (+10%, -50%, +20ms), as "<= 600ms"'
)
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_CRITERION = re.compile(r"\s*(<=|>=|<|>|=)\s*([+-]?)\s*(inf|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-z%]*)\s*")


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What a relative criterion compares with: the median of accepted evaluations, and a pinned reference."""

    value: float | None
    """None: too few accepted evaluations, or they are too old."""
    count: int = 0
    """Accepted evaluations that it stands on."""
    pinned: float | None = None
    max_drift: float = 0.25
    """How far a limit may lie from the pinned reference, as a share of it."""


class Bound(msgspec.Struct, frozen=True):
    """One criterion: `< 0.25`, or relative to the baseline: `<= +0.1` of it."""

    op: Op
    value: float
    relative: Literal["", "share", "amount"] = ""
    """Empty: the value is the limit. Else it is added to the baseline: as a share of it, or as it is."""

    def holds(self, measured: float) -> bool | None:
        """Whether a measured value is within the bound; None where it is relative and no baseline resolved it."""
        return None if self.relative else _COMPARED[self.op](measured, self.value)

    def resolve(self, baseline: Baseline | None, floor: float) -> Bound:
        """The absolute bound beside a baseline; itself where it is absolute or there is no baseline."""
        if not self.relative or baseline is None or baseline.value is None:
            return self
        change = abs(self.value) * abs(baseline.value) if self.relative == "share" else abs(self.value)
        limit = baseline.value + math.copysign(max(change, floor), self.value)
        if baseline.pinned is not None and self.op != "=":
            drift = max(baseline.max_drift * abs(baseline.pinned), floor)
            upper = self.op in ("<", "<=")
            limit = min(limit, baseline.pinned + drift) if upper else max(limit, baseline.pinned - drift)
        return Bound(self.op, limit)

    def tightened(self, margin: float) -> Bound:
        """The bound with a margin inside it, as a share of its value.

        An equality, and "all of them" (at least 1), can't be met with anything to spare: they stay.
        """
        lower = self.op in (">", ">=")
        if self.relative or self.op == "=" or (lower and self.value == 1):
            return self
        inwards = 1 if lower else -1
        return Bound(self.op, self.value + inwards * margin * abs(self.value))

    def text(self, unit: str = "") -> str:
        """The bound as a person reads it: `< 250 ms`, `<= baseline +10 %`."""
        if not self.relative:
            return f"{self.op} {words.measure(self.value, unit)}"
        sign = "+" if self.value >= 0 else "−"
        change = words.percent(abs(self.value)) if self.relative == "share" else words.measure(abs(self.value), unit)
        return f"{self.op} baseline {sign}{change}"

    def written(self) -> str:
        """The bound in the grammar it is read from."""
        if not self.relative:
            return f"{self.op} {_plainly(self.value)}"
        sign = "-" if self.value < 0 else "+"
        change = _plainly(abs(self.value) * 100) + "%" if self.relative == "share" else _plainly(abs(self.value))
        return f"{self.op} {sign}{change}"


class Criteria(msgspec.Struct, frozen=True):
    """Sets of bounds: all of one set must hold, of any set."""

    sets: tuple[tuple[Bound, ...], ...]

    def holds(self, measured: float) -> bool | None:
        """True where a set holds, None where one could: a relative bound without a baseline."""
        unsure = False
        for bounds in self.sets:
            sure = True
            for bound in bounds:
                held = bound.holds(measured)
                if held is False:
                    break
                sure = sure and held is not None
            else:
                if sure:
                    return True
                unsure = True
        return None if unsure else False

    def resolve(self, baseline: Baseline | None, floor: float) -> Criteria:
        """The criteria with every relative bound resolved that can be."""
        return Criteria(tuple(tuple(b.resolve(baseline, floor) for b in bounds) for bounds in self.sets))

    def tightened(self, margin: float) -> Criteria:
        """The criteria with a margin inside every bound."""
        return Criteria(tuple(tuple(b.tightened(margin) for b in bounds) for bounds in self.sets))

    @property
    def relative(self) -> bool:
        """Whether any bound needs a baseline."""
        return any(bound.relative for bounds in self.sets for bound in bounds)

    @property
    def edge(self) -> float | None:
        """The loosest absolute limit: the largest upper one, else the smallest lower one; None where there is none."""
        bounds = [bound for bounds in self.sets for bound in bounds if not bound.relative]
        upper = [bound.value for bound in bounds if bound.op in ("<", "<=", "=")]
        lower = [bound.value for bound in bounds if bound.op in (">", ">=")]
        return max(upper) if upper else min(lower, default=None)

    def text(self, unit: str = "") -> str:
        """`< 250 ms`, `>= 80 % and < 1.2, or <= baseline +10 %`."""
        return ", or ".join(" and ".join(bound.text(unit) for bound in bounds) for bounds in self.sets)

    def written(self) -> list[list[str]]:
        """In the grammar they are read from."""
        return [[bound.written() for bound in bounds] for bounds in self.sets]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The criteria of one check: within `passes` PASS, else within `warns` WARN, else FAIL."""

    passes: Criteria
    warns: Criteria | None = None
    """None: there is no WARN, what does not pass fails."""
    floor: float = 0.0
    """The least change that a relative criterion allows, in the check's unit."""

    @classmethod
    def of(cls, passes: str, warns: str | None = None, *, floor: float = 0.0) -> Self:
        """Limits of single criteria as they are written: `Limits.of("< 250ms", "< 500ms")`."""
        return cls(passes=criteria([[passes]]), warns=criteria([[warns]]) if warns else None, floor=floor)

    @property
    def relative(self) -> bool:
        return self.passes.relative or (self.warns is not None and self.warns.relative)

    def resolve(self, baseline: Baseline | None) -> Limits:
        """The limits beside a baseline."""
        if not self.relative:
            return self
        warns = self.warns.resolve(baseline, self.floor) if self.warns else None
        return Limits(passes=self.passes.resolve(baseline, self.floor), warns=warns, floor=self.floor)

    def judge(self, measured: float | None) -> State:
        """The state of a measured value; UNKNOWN where there is none, NaN or ±Inf, or no baseline to compare with."""
        if measured is None or not math.isfinite(measured):
            return State.UNKNOWN
        passes = self.passes.holds(measured)
        if passes:
            return State.PASS
        warns = self.warns.holds(measured) if self.warns is not None else False
        # What passes is within `warns` too: outside it, it fails whatever the baseline.
        if warns is False and (passes is False or self.warns is not None):
            return State.FAIL
        return State.UNKNOWN if passes is None or warns is None else State.WARN

    def recovered(self, measured: float, margin: float) -> bool:
        """Whether a value passes with a margin to spare, as a share of the limit."""
        return self.passes.tightened(margin).holds(measured) is True

    def text(self, unit: str = "") -> str:
        """Both: `PASS < 250 ms, WARN < 500 ms, else FAIL`."""
        warns = f", WARN {self.warns.text(unit)}" if self.warns else ""
        return f"PASS {self.passes.text(unit)}{warns}, else FAIL"


def _plainly(number: float) -> str:
    """The number without an exponent, which the grammar does not know."""
    return "inf" if math.isinf(number) else format(Decimal(repr(number)), "f")


def bound(text: str) -> Bound:
    """One criterion as it is written. Raises ValueError naming the forms."""
    found = _CRITERION.fullmatch(text)
    if found is None or found[4] not in UNITS:
        units = ", ".join(unit for unit in UNITS if unit)
        raise ValueError(f'expected {FORMS}; units: {units}; got "{text}"')
    op, sign, number, unit = cast("Op", found[1]), found[2], found[3], found[4]
    value = scaled(number, unit)
    if not sign:
        return Bound(op, value)
    return Bound(op, -value if sign == "-" else value, "share" if unit == "%" else "amount")


def below(limit: float) -> Criteria:
    """One upper limit."""
    return Criteria(((Bound("<", limit),),))


def scaled(number: str, unit: str) -> float:
    """A written number in its base unit: seconds, bytes, a ratio."""
    return float(Decimal(number) * Decimal(UNITS[unit]))


def criteria(sets: Sequence[Sequence[str]]) -> Criteria:
    """Sets of criteria as they are written. Raises ValueError."""
    return Criteria(tuple(tuple(bound(text) for text in texts) for texts in sets))
