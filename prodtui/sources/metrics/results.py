"""What Prometheus answers, checked and typed: rows of an instant vector, times, text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from prodtui.sources.metrics.queries import SLI

# Go's zero time stands for "never".
_NEVER = datetime(1971, 1, 1, tzinfo=UTC)


class _Sample(msgspec.Struct, frozen=True):
    metric: dict[str, str]
    value: tuple[float, str]


class Row(NamedTuple):
    """One series of an instant vector; the value may be NaN or infinite."""

    labels: dict[str, str]
    value: float


class _Range(msgspec.Struct, frozen=True):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class Series(NamedTuple):
    """One series of a range; a value may be NaN or infinite."""

    labels: dict[str, str]
    values: dict[float, float]
    """By Unix time."""


class Numbers(msgspec.Struct):
    """What was answered of one service, by SLI."""

    values: dict[str, float] = {}
    doubled: set[str] = set()
    """SLIs of which more than one series came, so that none can be trusted."""

    def finite(self, sli: str) -> float | None:
        """The number; None where it is missing, doubled, NaN or infinite."""
        value = self.values.get(sli)
        return value if value is not None and math.isfinite(value) and sli not in self.doubled else None


def rows(result: object) -> list[Row]:
    """An instant vector. Raises msgspec.ValidationError for any other result.

    A scalar's or string's result has the shape of one sample, not of a list of them.
    """
    samples = msgspec.convert(result, list[_Sample])
    try:
        return [Row(one.metric, float(one.value[1])) for one in samples]
    except ValueError as error:
        raise msgspec.ValidationError(str(error)) from error


def rows_or_scalar(result: object) -> list[Row]:
    """As `rows`; a scalar is one row without labels."""
    try:
        return rows(result)
    except msgspec.ValidationError:
        _, value = msgspec.convert(result, tuple[float, str])
        try:
            return [Row({}, float(value))]
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from error


def series(result: object) -> list[Series]:
    """A range query's matrix. Raises msgspec.ValidationError for any other result."""
    found = msgspec.convert(result, list[_Range])
    try:
        return [Series(one.metric, {at: float(value) for at, value in one.values}) for one in found]
    except ValueError as error:
        raise msgspec.ValidationError(str(error)) from error


def numbers(answered: Iterable[Row], label: Callable[[dict[str, str]], str]) -> dict[str, Numbers]:
    """The rows by service label and SLI; rows of no service are left out."""
    found: dict[str, Numbers] = defaultdict(Numbers)
    for row in answered:
        service, sli = label(row.labels), row.labels.get(SLI, "")
        if not service:
            continue
        told = found[service]
        if sli in told.values:
            told.doubled.add(sli)
        told.values[sli] = row.value
    return dict(found)


def unix(text: str) -> float | None:
    """Unix seconds of an RFC 3339 time; None for Go's zero time and for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None and moment > _NEVER else None
