"""What the screens ask for, answered from the watch and its journal: the only place where all are known."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.model.errors import ProdtuiError, UsageError

if TYPE_CHECKING:
    from prodtui.cli.gate import Memory
    from prodtui.journal.journal import Journal
    from prodtui.model.declared import Declared
    from prodtui.model.moment import Moment
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment, Loaded
    from prodtui.watch import Watch
    from prodtui.watch.following import Following

_log = logging.getLogger(__name__)
DEBUG = "PRODTUI_DEBUG"
HELD_TOO_LONG_S = 0.010
"""In debug mode whoever holds the event loop longer than this is named in the log."""
LEAVING_S = 3.0
"""How long an environment that is left may take to end, when the dashboard ends."""


class Shown:
    """One environment as it is watched: by polling, or by following whoever polls it on this host."""

    def __init__(self, environment: Environment, policy: Policy) -> None:
        self.environment = environment
        self.policy = policy
        self.journal: Journal | None = None
        self.memory: Memory | None = None
        self.watch: Watch | Following | None = None
        self.notice = ""
        """Why nothing is kept, where no journal could be had at all."""

    @property
    def declared(self) -> Declared:
        from prodtui.watch.polls import with_release

        return with_release(self.environment, self.policy).declared

    async def run(self, told: asyncio.Queue[Moment | Exception]) -> None:
        """Puts its moments, and what ended them, into the queue. Until it is cancelled."""
        try:
            await self._run(told)
        except Exception as error:  # noqa: BLE001 — not handled here: whoever reads the moments raises it
            await told.put(error)

    async def _run(self, told: asyncio.Queue[Moment | Exception]) -> None:
        from prodtui.cli.gate import letting_go, memory
        from prodtui.cli.journals import journal_of
        from prodtui.cli.recoveries import Recoveries
        from prodtui.watch.opened import opened

        self.memory = known = await memory(self.environment, self.policy)
        for remark in known.remarks:
            _log.warning(remark)
        recoveries = Recoveries(known.store, self.environment, self.policy.digest)
        try:
            try:
                self.journal = journal_of(self.environment)
            except ProdtuiError as error:
                self.notice = str(error)
                _log.warning("%s", error)
            async with await opened(self.environment, known.standard, self.journal) as self.watch:
                settled = False
                async for moment in self.watch.moments():
                    await told.put(moment)
                    if not settled and all(s.tried_at is not None for s in moment.snapshot.sources.values()):
                        settled = True
                        # What is loaded by now stays to the end: no collection walks it (30 ms) between two keys.
                        gc.freeze()
                    await recoveries.keep(moment)
        finally:
            if self.journal is not None:
                await self.journal.close()
            await letting_go(known.store)


class Desk:
    """The moments of the environment that is shown, and the answers to what a person asks of them."""

    def __init__(self, config: Path | None, env: str | None, *, read_only: bool = False) -> None:
        self._config = config
        self._env = env
        self._read_only = read_only
        self._loaded: Loaded | None = None
        self._shown: Shown | None = None
        self._told: asyncio.Queue[Moment | Exception] = asyncio.Queue(1)
        self._task: asyncio.Task[None] | None = None
        self._left: set[asyncio.Task[None]] = set()
        self._switched = asyncio.Event()

    async def moments(self) -> AsyncIterator[Moment]:
        """The moments of what is shown, for as long as somebody looks. Raises ConfigurationError, UsageError."""
        shown = await asyncio.to_thread(self._first)
        if os.environ.get(DEBUG):
            loop = asyncio.get_running_loop()
            loop.slow_callback_duration = HELD_TOO_LONG_S
            loop.set_debug(True)
        self._begin(shown)
        try:
            while True:
                told = await self._next()
                if isinstance(told, Exception):
                    raise told
                if told is not None:
                    yield told
        finally:
            self._leave()
            if self._left:
                await asyncio.wait(self._left, timeout=LEAVING_S)

    async def _next(self) -> Moment | Exception | None:
        """What is told next; None where meanwhile another environment is shown."""
        queue = self._told
        asking = asyncio.ensure_future(queue.get())
        switched = asyncio.ensure_future(self._switched.wait())
        try:
            await asyncio.wait({asking, switched}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() and queue is self._told else None
        finally:
            asking.cancel()
            switched.cancel()

    def _begin(self, shown: Shown) -> None:
        self._leave()
        self._shown, self._told = shown, asyncio.Queue(1)
        self._switched = asyncio.Event()
        self._task = asyncio.create_task(shown.run(self._told), name=f"watch {shown.environment.name}")

    def _leave(self) -> None:
        """Ends what is shown without waiting for it: its sources may hang."""
        if self._task is None:
            return
        self._switched.set()
        self._task.cancel()
        self._left.add(self._task)
        self._task.add_done_callback(self._left.discard)
        self._task = None

    def _first(self) -> Shown:
        # In a thread: importing the libraries behind the sources takes longer than a frame may wait.
        import prodtui.watch.opened  # noqa: F401
        from prodtui.cli.log import log_to_file
        from prodtui.settings.load import load

        log_to_file()
        self._loaded = load(self._config)
        return self._of(self._env)

    def _of(self, name: str | None) -> Shown:
        """Raises ConfigurationError, UsageError."""
        from prodtui.cli.gate import policy_of

        if self._loaded is None:
            raise UsageError("the configuration is not read yet")
        environment = self._loaded.environment(name)
        return Shown(environment, policy_of(environment, None))

    # What is asked of now

    @property
    def notice(self) -> str:
        """Why nothing is kept of what is shown; empty while all is well."""
        shown = self._shown
        return "" if shown is None else shown.journal.notice if shown.journal else shown.notice

    async def rerun(self, check: HealthCheck) -> Rerun:
        """Makes an HTTP health check again, now."""
        from prodtui.sources.probes.rerun import rerun

        part = self._shown.policy.services.get(check.service) if self._shown else None
        tls = part.asks.tls if part else None
        return await rerun(check.definition.url or "", ca_file=(tls.ca_file or None) if tls else None)

    def refresh(self) -> None:
        """Asks every source now."""
        if self._shown is not None and self._shown.watch is not None:
            self._shown.watch.refresh()

    # Time

    async def past(self, at: float) -> Moment:
        """Raises UsageError, StoreError."""
        from prodtui.watch.past import moment_at

        shown, journal, known = self._kept()
        return await moment_at(journal, shown.declared, known.standard, at)

    async def turn(self, at: float, *, forward: bool) -> float | None:
        _, journal, _ = self._kept()
        return await journal.turn(at, forward=forward)

    async def span(self) -> tuple[float, float] | None:
        shown = self._shown
        return await shown.journal.span() if shown is not None and shown.journal is not None else None

    def _kept(self) -> tuple[Shown, Journal, Memory]:
        """Raises UsageError where nothing is kept."""
        shown = self._shown
        if shown is None or shown.memory is None:
            raise UsageError("nothing is read yet")
        if shown.journal is None:
            raise UsageError(shown.notice or "nothing is kept")
        return shown, shown.journal, shown.memory

    # Environments

    @property
    def environment(self) -> str:
        return self._shown.environment.name if self._shown is not None else self._env or ""

    def environments(self) -> tuple[str, ...]:
        return tuple(self._loaded.settings.environments) if self._loaded is not None else ()

    def switch(self, environment: str) -> None:
        """Raises UsageError, ConfigurationError; then what is shown stays."""
        if environment == self.environment:
            return
        if environment not in self.environments():
            raise UsageError(f'no environment "{environment}"; there are: {", ".join(self.environments()) or "none"}')
        self._begin(self._of(environment))

    # What leaves a trace

    @property
    def read_only(self) -> bool:
        return self._read_only

    async def acknowledge(self, about: str, note: str) -> None:
        """Raises UsageError, StoreError."""
        from prodtui.cli.store import by
        from prodtui.model.incident import Acknowledgement
        from prodtui.model.text import neutralise, neutralise_name

        if self._read_only:
            raise UsageError("--read-only: nothing is acknowledged from here")
        _, journal, _ = self._kept()
        said = Acknowledgement(
            at=time.time(), by=neutralise_name(by()), about=neutralise_name(about), note=neutralise(note, longest=2_000)
        )
        await journal.acknowledge(said)

    async def export(self, moment: Moment, form: str) -> Path:
        """The incident that is open at this moment. Raises UsageError, StoreError."""
        from prodtui.cli.incidents import exported

        shown, journal, known = self._kept()
        return await exported(journal, shown.declared, known.standard, moment, form, self)

    async def picture(self, svg: str) -> Path:
        from prodtui.cli.documents import written

        return await asyncio.to_thread(written, svg, "screen", "svg")

    async def handover(self, moment: Moment) -> str:
        from prodtui.reports.handover import handover

        return await asyncio.to_thread(handover, moment)
