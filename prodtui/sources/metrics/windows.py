"""Requests and errors over the longer windows that a policy needs, each asked seldom: it changes slowly."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from prodtui.model.errors import SourceError
from prodtui.model.evidence import Traffic
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics import queries
from prodtui.sources.metrics.aside import Aside
from prodtui.sources.metrics.results import Numbers, numbers
from prodtui.sources.metrics.slis import Histogram

PART = 60
"""A window is asked again after this part of itself has passed."""
SOON_S = 60.0
"""The same after a failure, and where a service has come or gone."""

_Key = tuple[float, str]
"""Window, metric."""


class _Told(msgspec.Struct, frozen=True):
    """What was answered of one window and histogram."""

    at: float
    """When it was asked, monotonic seconds."""
    traffic: dict[str, Traffic]
    """By service label."""
    known: frozenset[str]
    """The labels that the histogram had then."""
    failed: bool = False


class Windows:
    """The last answer for each window."""

    def __init__(self) -> None:
        self._windows_s: tuple[float, ...] = ()
        self._told: dict[_Key, _Told] = {}

    def ask(self, windows_s: Sequence[float]) -> None:
        """Takes the windows that are wanted from now on."""
        self._windows_s = tuple(dict.fromkeys(windows_s))

    def jobs(self, aside: Aside, histograms: Iterable[Histogram]) -> Iterator[Callable[[], Awaitable[None]]]:
        """One query for each window that is due, shortest first."""
        found = {(window, one.selection.preset.metric): one for window in self._windows_s for one in histograms}
        self._told = {key: told for key, told in self._told.items() if key in found}
        for key, histogram in sorted(found.items(), key=lambda item: item[0]):
            if self._due(self._told.get(key), key[0], histogram):
                yield partial(self._ask, aside, key, histogram)

    def answers(self) -> tuple[Traffic, ...]:
        """Every service's traffic; of one that two histograms tell of, what the first says."""
        found: dict[str, Traffic] = {}
        for told in self._told.values():
            for traffic in told.traffic.values():
                found.setdefault(traffic.key, traffic)
        return tuple(found[key] for key in sorted(found))

    def _due(self, told: _Told | None, window_s: float, histogram: Histogram) -> bool:
        if told is None:
            return True
        pause_s = window_s / PART
        if told.failed or told.known != frozenset(histogram.bounds_s):
            pause_s = min(pause_s, SOON_S)
        return time.monotonic() - told.at >= pause_s

    async def _ask(self, aside: Aside, key: _Key, histogram: Histogram) -> None:
        window, _ = key
        at, labels = time.monotonic(), frozenset(histogram.bounds_s)
        selection = histogram.selection
        try:
            answered = await aside.query(queries.longer_window(selection, window))
        except SourceError as error:
            trouble = error.cause.message
            failed = {name: Traffic(label=neutralise_name(name), window_s=window, trouble=trouble) for name in labels}
            self._told[key] = _Told(at, failed, labels, failed=True)
            return
        now = time.time()
        found = numbers(answered, selection.label)
        traffic = {name: _traffic(name, told, histogram, window, now) for name, told in found.items()}
        self._told[key] = _Told(at, traffic, labels)


def _traffic(service: str, told: Numbers, histogram: Histogram, window_s: float, now: float) -> Traffic:
    oldest = told.finite("oldest")
    if "history" in told.values:
        history_s: float | None = window_s
    else:
        history_s = None if oldest is None else min(window_s, max(0.0, now - oldest))
    return Traffic(
        label=neutralise_name(service),
        window_s=window_s,
        requests=told.finite("requests"),
        error_ratio=told.finite("errors"),
        history_s=history_s,
        observed_at=told.finite("newest"),
        trouble=neutralise_name(_trouble(told, histogram, queries.duration(window_s))),
    )


def _trouble(told: Numbers, histogram: Histogram, window: str) -> str:
    if told.doubled:
        return f"several series of {', '.join(sorted(told.doubled))} where one was asked for"
    requests = told.finite("requests")
    if requests is None:
        return f"fewer than two samples in the last {window}"
    if requests == 0:
        return f"no requests in the last {window}"
    if "errors" not in told.values:
        return f"no label of {histogram.selection.preset.counter} tells which requests failed"
    return "" if told.finite("errors") is not None else "the error ratio is no number"
