"""One source's polls, each under a deadline that holds even when the source ignores its cancellation."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.reading import Answer, Reading
from prodtui.polling.pace import Pace
from prodtui.sources.imports import imported
from prodtui.sources.source import Source

_log = logging.getLogger(__name__)

WAIT_JITTER = 17 / 16
"""A blocking query returns up to one sixteenth late (sources.md §1)."""
LETTING_GO_S = 0.5
"""How long a cancelled read may take to end before it is left to end by itself."""


class Poll:
    """Asks one source and stamps what it says. One read at a time, also when the last one never ended."""

    def __init__(self, name: str, source: Source, *, interval_s: float, timeout_s: float) -> None:
        self.name = name
        self.source = source
        self.pace = Pace(interval_s, source.waits)
        self._deadline_s = timeout_s + (interval_s * WAIT_JITTER if source.waits else 0.0)
        self._timeout_s = timeout_s
        self._under_way: asyncio.Task[Answer] | None = None

    async def read(self, deadline_s: float | None = None) -> Reading:
        """One reading, within the source's own deadline or a shorter one; never raises for what the source does."""
        for module in self.source.needs:
            await imported(module)
        started, began = time.time(), time.monotonic()
        answer, cause = None, None
        try:
            answer = await self._ask(min(deadline_s or self._deadline_s, self._deadline_s))
        except SourceError as error:
            cause = error.cause
        except TimeoutError:
            cause = Cause(CauseClass.TIMEOUT, f"no answer within {min(deadline_s or 99, self._timeout_s):g} s")
        except Exception as error:  # noqa: BLE001 — design.md's border: a source's own fault is shown as its cause
            _log.exception("source failed", extra={"source": self.name})
            cause = Cause(CauseClass.INTERNAL, f"prodtui's {self.source.kind} source failed: {type(error).__name__}")
        took_s = time.monotonic() - began
        self.pace = self.pace.succeeded() if cause is None else self.pace.failed(cause.cause_class)
        pause_s = self.pace.pause_s(took_s)
        at = started + took_s
        waited = self.source.waits and answer is not None and not answer.keyframe
        return Reading(
            source=self.name,
            at=at,
            latency_s=None if waited else took_s,
            answer=answer,
            cause=cause,
            next_at=at + pause_s,
        )

    async def _ask(self, deadline_s: float) -> Answer:
        if self._under_way is not None and not self._under_way.done():
            raise TimeoutError
        self._under_way = task = asyncio.create_task(self.source.read(), name=f"read {self.name}")
        try:
            done, _ = await asyncio.wait({task}, timeout=deadline_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if done:
            return task.result()
        task.cancel()
        await asyncio.wait({task}, timeout=LETTING_GO_S)
        if task.done() and not task.cancelled():
            task.exception()  # retrieved, so that the loop does not complain of it later
        raise TimeoutError

    async def run(self, tell: Callable[[Reading], None], wake: asyncio.Event) -> None:
        """Reads for ever, telling each reading; `wake` cuts a pause short."""
        while True:
            reading = await self.read()
            tell(reading)
            pause_s = max(0.0, (reading.next_at or 0.0) - time.time())
            try:
                async with asyncio.timeout(pause_s):
                    await wake.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Closes the source, within a second whatever it does."""
        if self._under_way is not None and not self._under_way.done():
            self._under_way.cancel()
        closing = asyncio.create_task(self.source.close())
        await asyncio.wait({closing}, timeout=1.0)
        if not closing.done():
            closing.cancel()
        elif not closing.cancelled() and (error := closing.exception()) is not None:
            _log.warning("source did not close", extra={"source": self.name, "error": repr(error)})
