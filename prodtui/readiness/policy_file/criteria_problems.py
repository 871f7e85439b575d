"""Criteria that can't be meant: warn stricter than pass, relative without a floor, the wrong unit, nothing within."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prodtui.model.toml_keys import KeyPath
from prodtui.readiness.check import Check
from prodtui.readiness.criteria import UNITS, Criteria, Limits
from prodtui.readiness.policy_file.built import custom_of, limits_of
from prodtui.readiness.policy_file.problems import Problem
from prodtui.readiness.policy_file.regions import Allowed, covers, everything, interval, region, within
from prodtui.readiness.policy_file.tables import Checks, CheckTable, CustomTable

_WRITTEN = re.compile(r"\s*[<>=]+\s*([+-]?)\s*([0-9.]+)\s*([A-Za-z%]*)\s*")
_TIMES = ("ms", "s", "min", "m", "h", "d")
_FITTING = {"s": _TIMES, "ratio": ("%",)}
"""Which units criteria may have, by the check's own; elsewhere any but these."""


def of_checks(
    checks: Checks,
    path: KeyPath,
    values: Mapping[str, Any],
    builtin: Mapping[str, Check],
    below: Mapping[str, Limits | None],
    units: Mapping[str, str],
) -> Iterator[Problem]:
    """Problems of `[checks.…]` at `path`; `below` are the limits that hold without them, `values` the whole file's."""
    for pillar, named in checks.items():
        for name, table in named.items():
            check = f"{pillar}.{name}"
            if check not in below:
                continue
            here = (*path, pillar, name)
            limits = limits_of(table, below[check])
            if below[check] is None and (table.passes or table.warns or table.floor is not None):
                key = "pass" if table.passes else "warn" if table.warns else "floor"
                yield Problem((*here, key), f"takes no criteria; its rule: {builtin[check].rule}")
            elif limits is not None:
                yield from _of(limits, here, floor_given=_floor_given(table, below[check]))
                yield from _units(values, here, units[check])


def of_custom(custom: CustomTable, path: KeyPath) -> Iterator[Problem]:
    """Problems of a custom check's criteria."""
    yield from _of(custom_of(custom).limits, path, floor_given=custom.floor is not None)


def of_limits(criteria: Criteria, path: KeyPath) -> Iterator[Problem]:
    """Problems of criteria for a number that has no history."""
    yield from _empty(criteria, path)
    if criteria.relative:
        yield Problem(path, "expected absolute criteria: there is no baseline for it")


def _of(limits: Limits, path: KeyPath, *, floor_given: bool) -> Iterator[Problem]:
    yield from _empty(limits.passes, (*path, "pass"))
    if limits.warns is not None:
        yield from _empty(limits.warns, (*path, "warn"))
    if limits.relative and not floor_given:
        yield Problem((*path, "floor"), 'required with relative criteria: the least change that counts, such as "20ms"')
    if limits.warns is not None and stricter(limits.warns, limits.passes):
        yield Problem(
            (*path, "warn"),
            f"stricter than pass: {limits.passes.text()} passes, but not all of it is within {limits.warns.text()}; "
            "give a warn that pass lies within",
        )


def stricter(warns: Criteria, passes: Criteria) -> bool:
    """Whether some value passes but does not warn. A `warn` that takes all that `pass` leaves over is fine.

    Absolute sets are compared as intervals, relative ones with those of the same form.
    """
    allowed, wanted = region(warns), region(passes)
    if allowed and not covers(allowed, wanted) and not everything(region(warns, passes)):
        return True
    for bounds in passes.sets:
        forms = [(bound.op[0], bound.relative) for bound in bounds]
        alike = [others for others in warns.sets if [(bound.op[0], bound.relative) for bound in others] == forms]
        if not any(bound.relative for bound in bounds) or not alike:
            continue
        if not within(Allowed(Criteria((bounds,))), Allowed(Criteria(tuple(alike))), Allowed(warns)):
            return True
    return False


def _empty(criteria: Criteria, path: KeyPath) -> Iterator[Problem]:
    for bounds in criteria.sets:
        if interval([bound for bound in bounds if not bound.relative]) is None:
            yield Problem(path, f"no value is within {Criteria((bounds,)).text()}")


def _floor_given(table: CheckTable, below: Limits | None) -> bool:
    own = any(criteria is not None and criteria.relative for criteria in (table.passes, table.warns))
    return table.floor is not None or (below is not None and below.relative) or not own


def _units(values: Mapping[str, Any], path: KeyPath, unit: str) -> Iterator[Problem]:
    """Criteria in another kind of unit than the check's, or in none: nobody knows whether 100 means ms or s."""
    if not unit:
        return
    table: Any = values
    for part in path:
        table = table[part]
    for key in ("pass", "warn"):
        for place, text in _texts(table.get(key, []), (*path, key)):
            found = _WRITTEN.fullmatch(text)
            if found is None or (found[1] and found[3] == "%"):
                continue
            if not found[3] and (unit not in _FITTING or not found[2].strip("0.")):
                continue  # a count, or none of it
            others = [each for fitting in _FITTING.values() for each in fitting]
            fits = _FITTING.get(unit, [each for each in UNITS if each not in others])
            if found[3] not in fits:
                allowed = ", ".join(each for each in fits if each)
                yield Problem(place, f'expected a number in {unit} (units: {allowed or "none"}), got "{text}"')


def _texts(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    for index, each in enumerate(value if isinstance(value, list) else ()):
        yield from _texts(each, (*path, index))
