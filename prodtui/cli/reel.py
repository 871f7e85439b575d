"""A recorded journal as the screens see it: its moments by its own clock, and answers from it alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.journal.journal import Journal
    from prodtui.model.moment import Moment
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun
    from prodtui.model.rollout import Rollout
    from prodtui.readiness.standard import Standard

FRAME_S = 2.0
"""From one moment to the next, by the file's clock; a fast replay leaves some out."""
SHORTEST_FRAME_S = 0.25


class Reel:
    """The file's moments, one after the other. Nothing that acts can be done in it."""

    read_only = True
    notice = ""

    def __init__(self, file: Path, env: str | None, standard: Standard, *, speed: float = 1.0) -> None:
        self._file = file
        self._env = env
        self._standard = standard
        self._speed = speed
        self.replays: float | None = speed
        self._journal: Journal | None = None
        self._began = self._ends = 0.0
        self._set_at = 0.0
        """Where the file's clock was when it was set last."""
        self._set = 0.0
        """When that was, by the machine's clock that does not jump."""
        self._wound = asyncio.Event()

    async def wind(self, since: str | None) -> Moment:
        """Finds where the file begins and ends, and from where it is shown. Returns its last moment.

        Raises UsageError where it can't be used, or does not have that time.
        """
        from prodtui.model.when import when
        from prodtui.reports.incident.words import dated
        from prodtui.watch.past import moment_at

        async with self._opened() as journal:
            span = await journal.span()
            if span is None:
                raise UsageError(f"nothing is kept in {self._file}")
            first, self._ends = span
            self._began = first if since is None else when(since, self._ends)
            if self._began < first:
                raise UsageError(
                    f"{self._file} goes from {dated(first)} to {dated(self._ends)}; nothing is kept of {since}"
                )
            last = await moment_at(journal, None, self._standard, self._ends)
            self._env = last.snapshot.declared.environment
            return last

    async def moments(self) -> AsyncIterator[Moment]:
        """The moments by the file's clock; at its end the clock stops."""
        from prodtui.watch.through import Through

        async with self._opened() as self._journal:
            through = Through(self._journal, None, self._standard)
            self._seek(self._began)
            at = self._began
            while True:
                moment = await through.moment(at)
                if moment is not None:
                    yield moment
                self._wound.clear()
                pause_s = None if at >= self._ends else max(SHORTEST_FRAME_S, FRAME_S / self._speed)
                try:
                    async with asyncio.timeout(pause_s):
                        await self._wound.wait()
                except TimeoutError:
                    pass
                at = min(self._clock(), self._ends)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Journal]:
        """Raises UsageError for what is no journal, or none of this version."""
        from prodtui.journal.database import StoreError
        from prodtui.journal.places import journal_in

        if not self._file.is_file():
            raise UsageError(f"{self._file} is not there; journals are kept by `prodtui watch`")
        try:
            journal = await journal_in(self._file, self._env)
            try:
                yield journal
            finally:
                await journal.close()
        except StoreError as error:
            raise UsageError(str(error)) from error

    def _clock(self) -> float:
        """What time it is in the file."""
        return self._set_at + (time.monotonic() - self._set) * self._speed

    def _seek(self, at: float) -> None:
        self._set_at, self._set = at, time.monotonic()
        self._wound.set()

    # What a person may ask

    def refresh(self) -> None:
        """A file has nothing newer."""

    async def rerun(self, check: HealthCheck) -> Rerun:
        raise UsageError(f"this is a recording: {check.name} can't be made again in it")

    async def past(self, at: float) -> Moment:
        """The moment at a time; the file's clock goes on from there."""
        from prodtui.watch.past import kept_moment

        moment = await kept_moment(self._kept(), None, self._standard, at)
        self._seek(moment.now)
        return moment

    async def turn(self, at: float, *, forward: bool) -> float | None:
        return await self._kept().turn(at, forward=forward)

    async def span(self) -> tuple[float, float] | None:
        return await self._kept().span()

    def _kept(self) -> Journal:
        if self._journal is None:
            raise UsageError("the file is not open yet")
        return self._journal

    @property
    def environment(self) -> str:
        return self._env or ""

    def environments(self) -> tuple[str, ...]:
        return (self.environment,)

    def switch(self, environment: str) -> None:
        if environment != self.environment:
            raise UsageError(f'this is a recording of {self.environment}: no environment "{environment}" in it')

    def rollouts(self) -> tuple[Rollout, ...]:
        """A journal keeps none."""
        return ()

    async def acknowledge(self, about: str, note: str) -> None:  # noqa: ARG002 — the protocol's
        raise UsageError(f"a recording can't be acknowledged: {about} is as it was then")

    async def export(self, moment: Moment, form: str) -> Path:
        """The incident that is open at this moment. Raises UsageError, StoreError."""
        from prodtui.cli.incidents import exported

        return await exported(self._kept(), None, self._standard, moment, form, self)

    async def picture(self, svg: str) -> Path:
        from prodtui.cli.documents import written

        return await asyncio.to_thread(written, svg, "screen", "svg")

    async def handover(self, moment: Moment) -> str:
        from prodtui.cli.ended import ended_last
        from prodtui.reports.handover import handover

        ended = await ended_last(self._kept(), None, self._standard, moment)
        return await asyncio.to_thread(handover, moment, ended=ended)
