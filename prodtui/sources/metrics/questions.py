"""What a policy asks in PromQL: one number each, with the time of the samples that it was made of."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from prodtui.model.asks import Ask
from prodtui.model.errors import SourceError
from prodtui.model.evidence import Measurement
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.metrics import queries
from prodtui.sources.metrics.aside import Aside
from prodtui.sources.metrics.queries import SLI
from prodtui.sources.metrics.results import Row

SELECTORS_AT_ONCE = 40
"""Selectors whose times one query asks for: its URL stays within what proxies take."""
_LATE = "not asked yet: other questions took the time"


class Questions:
    """The last answer to each question. Each is asked in every read that has time for it."""

    def __init__(self) -> None:
        self._asked: tuple[Ask, ...] = ()
        self._asked_at: dict[Ask, float] = {}
        """Unix seconds."""
        self._values: dict[Ask, float | str] = {}
        """The number, or why there is none."""
        self._times: dict[str, float] = {}
        """Of the newest sample, by selector."""
        self._observed_at: dict[Ask, float | None] = {}

    def ask(self, asked: Sequence[Ask]) -> None:
        """Takes what is asked from now on; answers to what is asked still are kept."""
        self._asked = tuple(asked)
        for kept in (self._asked_at, self._values, self._observed_at):
            for gone in kept.keys() - set(asked):
                del kept[gone]

    def jobs(self, aside: Aside) -> Iterator[Callable[[], Awaitable[None]]]:
        """The samples' times, then the questions, those first that have waited longest."""
        from prodtui.sources.metrics.expressions import selectors

        wanted = sorted({one for asked in self._asked for one in selectors(asked.query)})
        self._times = {}
        for begin in range(0, len(wanted), SELECTORS_AT_ONCE):
            yield partial(self._ask_times, aside, wanted[begin : begin + SELECTORS_AT_ONCE])
        for one in sorted(self._asked, key=lambda asked: self._asked_at.get(asked, 0.0)):
            yield partial(self._ask, aside, one)

    def answers(self, since: float) -> tuple[Measurement, ...]:
        """The last answer to every question; one from before `since` is no younger than when it was asked."""
        from prodtui.sources.metrics.expressions import selectors

        for one, at in self._asked_at.items():
            if at >= since:
                times = [self._times[name] for name in selectors(one.query) if name in self._times]
                self._observed_at[one] = min(times, default=None)
        return tuple(self._measurement(one, since) for one in self._asked)

    def _measurement(self, one: Ask, since: float) -> Measurement:
        value = self._values.get(one, _LATE)
        observed_at = self._observed_at.get(one)
        if observed_at is None and one in self._asked_at and self._asked_at[one] < since:
            observed_at = self._asked_at[one]
        return Measurement(
            check=one.check,
            service=one.service,
            query=neutralise(one.query),
            value=None if isinstance(value, str) else value,
            observed_at=None if isinstance(value, str) else observed_at,
            trouble=neutralise_name(value) if isinstance(value, str) else "",
        )

    async def _ask(self, aside: Aside, one: Ask) -> None:
        self._asked_at[one] = time.time()
        try:
            self._values[one] = _value(await aside.query(one.query))
        except SourceError as error:
            self._values[one] = error.cause.message

    async def _ask_times(self, aside: Aside, selectors: Sequence[str]) -> None:
        """Without the times a value's age is unknown, and the value stands."""
        try:
            answered = await aside.query(queries.newest(selectors))
        except SourceError:
            return
        self._times |= {selectors[int(row.labels[SLI])]: row.value for row in answered}


def _value(answered: Sequence[Row]) -> float | str:
    if len(answered) != 1:
        return f"{len(answered)} series where one was asked for" if answered else "no series"
    value = answered[0].value
    return value if math.isfinite(value) else f"{value:+}".replace("+nan", "NaN").replace("inf", "Inf")
