"""What the screens ask for, answered from the watch and its journal: the only place where all are known."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, cast

from prodtui.model.errors import ProdtuiError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from prodtui.cli.gate import Memory
    from prodtui.cli.recent_rollouts import RecentRollouts
    from prodtui.cli.reload import Configuration
    from prodtui.journal.journal import Journal
    from prodtui.model.declared import Declared
    from prodtui.model.moment import Moment
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun
    from prodtui.model.rollout import Rollout
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment
    from prodtui.watch import Watch
    from prodtui.watch.following import Following

_log = logging.getLogger(__name__)
DEBUG = "PRODTUI_DEBUG"
HELD_TOO_LONG_S = 0.010
"""In debug mode whoever holds the event loop longer than this is named in the log."""

SOON_S = 1.0
"""Until then an environment that was just switched to may be known."""


class Bell:
    """What reaches the person at this terminal besides the screens."""

    def __init__(self, *, only_ring: bool = False) -> None:
        """`only_ring`: nothing leaves this terminal."""
        self.only_ring = only_ring
        self.ring: Callable[[str], None] | None = None
        """Writes an escape sequence to the terminal; None: there is none."""
        self.say: Callable[[str], None] = _log.warning
        """Tells them what can't be sent."""


class Shown:
    """One environment as it is watched: by polling, or by following whoever polls it on this host."""

    def __init__(self, environment: Environment, policy: Policy, bell: Bell | None = None) -> None:
        """`bell`: None: nobody is told of what is seen here."""
        self._bell = bell or Bell(only_ring=True)
        self.environment = environment
        self.policy = policy
        self.journal: Journal | None = None
        self.memory: Memory | None = None
        self.watch: Watch | Following | None = None
        self.rollouts: RecentRollouts | None = None
        self.notice = ""
        """Why nothing is kept, where no journal could be had at all."""

    @property
    def declared(self) -> Declared:
        from prodtui.watch.polls import with_release

        return with_release(self.environment, self.policy).declared

    async def moments(self) -> AsyncIterator[Moment]:
        """Its moments, for as long as somebody looks."""
        from prodtui.cli.gate import letting_go, memory
        from prodtui.cli.journals import journal_of
        from prodtui.cli.oncall import on_call
        from prodtui.cli.recent_rollouts import RecentRollouts
        from prodtui.cli.recoveries import Recoveries
        from prodtui.watch.opened import opened

        self.memory = known = await memory(self.environment, self.policy)
        for remark in known.remarks:
            _log.warning(remark)
        recoveries = Recoveries(known.store, self.environment, self.policy.digest)
        self.rollouts = RecentRollouts(known.store, self.environment.name)
        try:
            self.journal = journal_of(self.environment)
        except ProdtuiError as error:
            self.notice = str(error)
            _log.warning("%s", error)
        try:
            bell = self._bell
            async with (
                on_call(self.environment, bell.say, ring=bell.ring, only_ring=bell.only_ring) as telling,
                await opened(self.environment, known.standard, self.journal) as self.watch,
            ):
                settled = False
                async for moment in self.watch.moments():
                    yield moment
                    if not settled and all(s.tried_at is not None for s in moment.snapshot.sources.values()):
                        settled = True
                        # What is loaded by now stays to the end: no collection walks it (30 ms) between two keys.
                        gc.freeze()
                    if telling is not None:
                        telling.look(moment)
                    await recoveries.keep(moment)
        finally:
            self.rollouts = None
            if self.journal is not None:
                await self.journal.close()
            await letting_go(known.store)


class Desk:
    """The moments of the environment that is shown, and the answers to what a person asks of them."""

    def __init__(self, config: Path | None, env: str | None, *, read_only: bool = False) -> None:
        self._config = config
        self._env = env
        self._read_only = read_only
        self.bell = Bell(only_ring=read_only)
        self._shown: Shown | None = None
        self.configuration: Configuration | None = None
        """The one that is in force."""
        self.arrived: Callable[[Configuration], None] = lambda _: None
        """Told of each that comes into force."""

    async def moments(self) -> AsyncIterator[Moment]:
        """The environment's moments, for as long as somebody looks; asked for anew after a switch.

        Raises ConfigurationError, UsageError.
        """
        self.configuration = await asyncio.to_thread(self.read)
        self.arrived(self.configuration)
        if os.environ.get(DEBUG):
            loop = asyncio.get_running_loop()
            loop.slow_callback_duration = HELD_TOO_LONG_S
            loop.set_debug(True)
        self._shown = Shown(self.configuration.environment, self.configuration.policy, self.bell)
        async with aclosing(cast("AsyncGenerator[Moment]", self._shown.moments())) as moments:
            async for moment in moments:
                yield moment

    def read(self) -> Configuration:
        """The configuration as it is now. Blocks. Raises ConfigurationError, UsageError."""
        # In a thread: importing the libraries behind the sources takes longer than a frame may wait.
        import prodtui.watch.opened  # noqa: F401
        from prodtui.cli.reload import read_configuration

        return read_configuration(self._config, self._env)

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
        from prodtui.watch.past import kept_moment

        shown, journal, known = self._kept()
        return await kept_moment(journal, shown.declared, known.standard, at)

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
        return self._env or (self.configuration.environment.name if self.configuration else "")

    def environments(self) -> tuple[str, ...]:
        return tuple(self.configuration.loaded.settings.environments) if self.configuration else ()

    def switch(self, environment: str) -> None:
        """The moments that are asked for next are of this one. Raises UsageError."""
        if self.configuration is not None:
            self.configuration.loaded.environment(environment)
        self._env = environment
        self._shown = None

    def rollouts(self) -> tuple[Rollout, ...]:
        shown = self._shown
        return shown.rollouts.known if shown is not None and shown.rollouts is not None else ()

    async def follow_rollouts(self) -> None:
        """Reads the rollouts of what is shown, again and again."""
        while True:
            rollouts = self._shown.rollouts if self._shown is not None else None
            if rollouts is not None:
                await rollouts.read()
            await asyncio.sleep(SOON_S if rollouts is None else rollouts.every_s)

    # What leaves a trace

    @property
    def read_only(self) -> bool:
        return self._read_only

    @property
    def replays(self) -> None:
        """It is no recording."""

    async def acknowledge(self, about: str, note: str) -> str | None:
        """A remark where something is wrong with the audit trail. Raises UsageError, StoreError."""
        from prodtui.cli.audit_trail import require_written, written
        from prodtui.cli.store import by
        from prodtui.journal.database import StoreError
        from prodtui.model.audited import Act
        from prodtui.model.incident import Acknowledgement
        from prodtui.model.text import neutralise, neutralise_name

        if self._read_only:
            raise UsageError("--read-only: nothing is acknowledged from here")
        shown, journal, _ = self._kept()
        said = Acknowledgement(
            at=time.time(), by=neutralise_name(by()), about=neutralise_name(about), note=neutralise(note, longest=2_000)
        )
        details = {"note": said.note}
        remark = await require_written(shown.environment, Act.ACKNOWLEDGEMENT, said.about, "acknowledged", details)
        try:
            await journal.acknowledge(said)
        except StoreError as error:
            await written(shown.environment, Act.ACKNOWLEDGEMENT, said.about, f"not kept: {error}", details)
            raise
        return remark

    async def export(self, moment: Moment, form: str) -> Path:
        """The incident that is open at this moment. Raises UsageError, StoreError."""
        from prodtui.cli.incidents import exported

        shown, journal, known = self._kept()
        return await exported(journal, shown.declared, known.standard, moment, form, self)

    async def picture(self, svg: str) -> Path:
        from prodtui.cli.documents import written

        return await asyncio.to_thread(written, svg, "screen", "svg")

    async def handover(self, moment: Moment) -> str:
        from prodtui.cli.ended import ended_last
        from prodtui.reports.handover import handover

        shown = self._shown
        rolled: tuple[Rollout, ...] = ()
        # How a rollout was at a moment of the past nobody keeps.
        if shown is not None and shown.rollouts is not None and moment.newest is None:
            await shown.rollouts.read()
            rolled = shown.rollouts.known
        ended = ""
        if shown is not None and shown.memory is not None and shown.journal is not None:
            ended = await ended_last(shown.journal, shown.declared, shown.memory.standard, moment)
        return await asyncio.to_thread(handover, moment, rolled, ended)
