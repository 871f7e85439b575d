"""Loads as a policy declares them: where to, how much, by what they are judged. Values only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Self

import msgspec

from prodtui.readiness.criteria import Bound, bound
from prodtui.readiness.slo import DAY_S

MOST_USERS = 100_000
_PER_SECOND = re.compile(r"\s*/\s*(?:s|second)\s*$")
_THRESHOLD = re.compile(r"\s*([a-z0-9]+)\s*([<>=].*)")
_UNITLESS = re.compile(r"[\d.\s]+")
_FORMS = '"p99 < 1s", "avg < 200ms", "errors < 1%" or "rate >= 100/s"'


class LoadMetric(StrEnum):
    """What a threshold is about."""

    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    AVG = "avg"
    ERRORS = "errors"
    RATE = "rate"


CHECKED: Mapping[LoadMetric, str] = MappingProxyType(
    {
        LoadMetric.P99: "performance.load_p99",
        LoadMetric.ERRORS: "performance.load_error_ratio",
        LoadMetric.RATE: "performance.load_throughput",
    }
)
"""The check that reads a metric of the last whole run."""


class LoadThreshold(msgspec.Struct, frozen=True):
    """One threshold. Its bound is in seconds, in a ratio 0..1, or in requests/s."""

    metric: LoadMetric
    bound: Bound
    expr: str
    """As it is written."""

    @classmethod
    def of(cls, text: str) -> Self:
        """The threshold as it is written. Raises ValueError naming the forms."""
        expr = " ".join(text.split())
        written = _THRESHOLD.fullmatch(expr)
        if written is None or written[1] not in (metric.value for metric in LoadMetric):
            raise ValueError(f"a threshold such as {_FORMS}")
        metric, rest = LoadMetric(written[1]), written[2]
        number = rest.lstrip("<>= ")
        fits = {
            LoadMetric.RATE: _PER_SECOND.search(number) or _UNITLESS.fullmatch(number),
            LoadMetric.ERRORS: number.endswith("%") or _UNITLESS.fullmatch(number),
        }.get(metric, number.endswith(("s", "min", "m", "h")) and not _PER_SECOND.search(number))
        try:
            limit = bound(_PER_SECOND.sub("", rest))
        except ValueError as error:
            raise ValueError(f"a threshold such as {_FORMS}") from error
        if not fits or limit.relative:
            raise ValueError(f"a threshold such as {_FORMS}")
        return cls(metric, limit, expr)


class LoadStage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a ramp: from where the last one ended to so many users, or requests/s, within a time."""

    duration_s: float
    users: int | None = None
    rate_per_s: float | None = None


DEFAULT_THRESHOLDS = (LoadThreshold.of("p99 < 1s"), LoadThreshold.of("errors < 1%"))


class LoadRule(msgspec.Struct, frozen=True, kw_only=True):
    """One `[load.NAME]`: requests to a target, or a k6 script of the user's.

    How much: `iterations` of each user, or users for `duration_s`, or `rate_per_s` for `duration_s`, or a `ramp`.
    """

    name: str
    target: str = ""
    """A URL; empty where there is a script."""
    method: str = "GET"
    headers: Mapping[str, str] = MappingProxyType({})
    """`${NAME}` in a value stands for a variable of whoever runs the load."""
    header_files: Mapping[str, str] = MappingProxyType({})
    """Headers whose value is in a file, by absolute path."""
    body: str = ""
    users: int | None = None
    """Of an arrival rate: so many at most."""
    iterations: int | None = None
    duration_s: float | None = None
    rate_per_s: float | None = None
    ramp: tuple[LoadStage, ...] = ()
    limit_s: float = 600.0
    """The longest that iterations may take."""
    timeout_s: float = 60.0
    """Of one request."""
    thresholds: tuple[LoadThreshold, ...] = DEFAULT_THRESHOLDS
    service: str = ""
    """Which it judges; empty: none by its checks."""
    script: str = ""
    """Absolute path of a k6 script."""
    hosts: tuple[str, ...] = ()
    """Where a script may send to, and nowhere else."""
    variables: tuple[str, ...] = ()
    """Variables that are handed on to a script."""
    max_rate_per_s: float = 10_000.0
    max_age_s: float = 7 * DAY_S
    """A run older than this says nothing any more."""

    @property
    def length_s(self) -> float | None:
        """How long it takes at most; None where a script says so itself."""
        if self.script:
            return None
        if self.iterations is not None:
            return self.limit_s
        return sum(stage.duration_s for stage in self.ramp) if self.ramp else self.duration_s

    def threshold(self, metric: LoadMetric) -> LoadThreshold | None:
        """The first threshold of a metric."""
        return next((each for each in self.thresholds if each.metric is metric), None)


def expected_users(rate_per_s: float) -> int:
    """Users that an arrival rate needs where nobody says how many: an answer may take a second."""
    return max(1, min(MOST_USERS, round(rate_per_s)))


def most_rate(rule: LoadRule) -> float:
    """The highest arrival rate that the rule itself asks for; 0 where it asks for none."""
    return max([rule.rate_per_s or 0.0, *(stage.rate_per_s or 0.0 for stage in rule.ramp)])


def thresholds(texts: Sequence[str]) -> tuple[LoadThreshold, ...]:
    """Thresholds as they are written. Raises ValueError."""
    return tuple(map(LoadThreshold.of, texts))
