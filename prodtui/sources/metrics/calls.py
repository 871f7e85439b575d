"""Who calls whom, as service graphs tell: Tempo's and the OpenTelemetry Collector's, and Istio's. Asked seldom."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial

from prodtui.model.errors import SourceError
from prodtui.model.past import Call
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics import queries
from prodtui.sources.metrics.aside import Aside
from prodtui.sources.metrics.results import Row

EVERY_S = 60.0


class Calls:
    """The calls as last told; a service graph that is not there answers nothing and costs next to nothing."""

    def __init__(self) -> None:
        self._asked_at = -EVERY_S
        """Monotonic seconds."""
        self.records: tuple[Call, ...] = ()

    def jobs(self, aside: Aside) -> Iterator[Callable[[], Awaitable[None]]]:
        """One query, when it is due."""
        if time.monotonic() - self._asked_at >= EVERY_S:
            yield partial(self._ask, aside)

    async def _ask(self, aside: Aside) -> None:
        self._asked_at = time.monotonic()
        try:
            self.records = calls(await aside.query(queries.CALLS))
        except SourceError:
            return  # those that were known stand


def calls(answered: Iterable[Row]) -> tuple[Call, ...]:
    """The calls of the answer; a side that is not named is left out, as are those of a service to itself."""
    found = {
        (neutralise_name(row.labels.get("client", "")), neutralise_name(row.labels.get("server", "")))
        for row in answered
    }
    return tuple(Call(caller=caller, callee=callee) for caller, callee in sorted(found) if _told(caller, callee))


def _told(caller: str, callee: str) -> bool:
    return bool(caller and callee) and caller != callee and "unknown" not in (caller, callee)
