"""The dashboard: wires a watch to the screens. The frame is painted first; configuration and sources load behind it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.model.errors import ConfigurationError, UsageError
from prodtui.ui.app import ProdtuiApp

if TYPE_CHECKING:
    from prodtui.cli.reload import Configuration
    from prodtui.journal.store import Store
    from prodtui.model.assessment import Streak
    from prodtui.model.moment import Moment
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun
    from prodtui.settings.loaded import Environment
    from prodtui.watch import Watch

_log = logging.getLogger(__name__)
UNUSABLE = 2
CRASHED = 5
DEBUG = "PRODTUI_DEBUG"
THEME = "PRODTUI_THEME"
"""Before the configuration is read, so that the first frame has its colours."""
KEPT_EVERY_S = 10.0
"""At most so often what delays improvements is written down."""
HELD_TOO_LONG_S = 0.010
"""In debug mode whoever holds the event loop longer than this is named in the log."""


class Desk:
    """What the screens ask for, answered from the watch: the only place where both are known."""

    def __init__(self, config: Path | None, env: str | None, *, read_only: bool = False) -> None:
        self._config = config
        self._env = env
        self._read_only = read_only
        self._watch: Watch | None = None
        self.configuration: Configuration | None = None
        """The one that is in force."""
        self.arrived: Callable[[Configuration], None] = lambda _: None
        """Told of each that comes into force."""
        self._kept: Mapping[str, Streak] = {}
        self._kept_at = 0.0

    async def moments(self) -> AsyncIterator[Moment]:
        """The environment's moments, for as long as somebody looks. Raises ConfigurationError, UsageError."""
        self.configuration = await asyncio.to_thread(self.read)
        self.arrived(self.configuration)
        environment, policy = self.configuration.environment, self.configuration.policy
        if os.environ.get(DEBUG):
            loop = asyncio.get_running_loop()
            loop.slow_callback_duration = HELD_TOO_LONG_S
            loop.set_debug(True)
        from prodtui.cli.gate import letting_go, memory
        from prodtui.watch import Watch

        known = await memory(environment, policy)
        for remark in known.remarks:
            _log.warning(remark)
        try:
            async with Watch(environment, known.standard) as self._watch:
                settled = False
                async for moment in self._watch.moments():
                    yield moment
                    if not settled and all(s.tried_at is not None for s in moment.snapshot.sources.values()):
                        settled = True
                        # What is loaded by now stays to the end: no collection walks it (30 ms) between two keys.
                        gc.freeze()
                    await self._keep_streaks(known.store, environment, policy.digest, moment)
        finally:
            await letting_go(known.store)

    async def _keep_streaks(self, store: Store | None, environment: Environment, digest: str, moment: Moment) -> None:
        """What delays an improvement survives a restart."""
        streaks = moment.assessment.streaks
        if store is None or streaks == self._kept or moment.now - self._kept_at < KEPT_EVERY_S:
            return
        from prodtui.cli.gate import in_time
        from prodtui.cli.store import keep_streaks

        self._kept, self._kept_at = streaks, moment.now
        keeping = keep_streaks(store, environment, moment.assessment, policy_digest=digest)
        note, late = await in_time(keeping, "recoveries are counted anew")
        if remark := note or late:
            _log.warning(remark)

    async def rerun(self, check: HealthCheck) -> Rerun:
        """Makes an HTTP health check again, now."""
        from prodtui.sources.probes.rerun import rerun

        part = self.configuration.policy.services.get(check.service) if self.configuration else None
        tls = part.asks.tls if part else None
        return await rerun(check.definition.url or "", ca_file=(tls.ca_file or None) if tls else None)

    def refresh(self) -> None:
        """Asks every source now."""
        if self._watch is not None:
            self._watch.refresh()

    async def past(self, at: float) -> Moment:
        raise UsageError(f"nothing is kept of {at:.0f}")

    async def turn(self, at: float, *, forward: bool) -> float | None:  # noqa: ARG002
        return None

    async def span(self) -> tuple[float, float] | None:
        return None

    @property
    def environment(self) -> str:
        return self._env or (self.configuration.environment.name if self.configuration else "")

    def environments(self) -> tuple[str, ...]:
        return tuple(self.configuration.loaded.settings.environments) if self.configuration else ()

    def switch(self, environment: str) -> None:
        """The next moments are of this one. Raises UsageError."""
        if self.configuration is not None:
            self.configuration.loaded.environment(environment)
        self._env = environment

    @property
    def read_only(self) -> bool:
        return self._read_only

    async def acknowledge(self, about: str, note: str) -> None:  # noqa: ARG002
        raise UsageError("nothing is kept")

    async def export(self, moment: Moment, form: str) -> Path:  # noqa: ARG002
        raise UsageError(f"{form} is not written")

    async def picture(self, svg: str) -> Path:
        from prodtui.cli.picture import written

        return await asyncio.to_thread(written, svg)

    async def handover(self, moment: Moment) -> str:  # noqa: ARG002
        raise UsageError("nothing to hand over")

    def read(self) -> Configuration:
        """The configuration as it is now. Blocks. Raises ConfigurationError, UsageError."""
        # In a thread: importing the libraries behind the sources takes longer than a frame may wait.
        import prodtui.watch  # noqa: F401
        from prodtui.cli.reload import read_configuration

        return read_configuration(self._config, self._env)


def dashboard(
    config: Path | str | None,
    env: str | None,
    *,
    theme: str | None = None,
    read_only: bool = False,
    mouse: bool = False,
) -> int:
    """Runs the dashboard until it is quit; returns the exit code."""
    from prodtui.cli.log import log_file

    desk = Desk(Path(config) if config else None, env, read_only=read_only)

    async def beside(app: ProdtuiApp) -> None:
        from prodtui.cli.history import kept
        from prodtui.cli.reload import follow_edits

        app.history.earlier = await asyncio.to_thread(kept)
        await follow_edits(app, desk)

    try:
        app = ProdtuiApp(desk.moments, desk, theme=theme or os.environ.get(THEME), log_path=log_file(), beside=beside)
    except (ConfigurationError, UsageError) as error:  # no such theme, or one that can't be used
        return _unusable(error)

    def arrived(configuration: Configuration) -> None:
        app.set_keymap(dict(configuration.keys))
        app.page.say_keys()
        if theme is None and configuration.loaded.settings.theme:
            app.recolour(configuration.loaded.settings.theme)

    desk.arrived = arrived
    app.run(mouse=mouse)
    if app.history.added:
        from prodtui.cli.history import keep

        keep(app.history.added)
    failure = app.failure
    if isinstance(failure, (ConfigurationError, UsageError)):
        return _unusable(failure)
    if failure is not None:
        sys.stderr.write(f"prodtui: stopped by {type(failure).__name__}; the log has it: {log_file()}\n")
        return CRASHED
    return app.return_code or 0


def _unusable(error: Exception) -> int:
    sys.stderr.write(f"prodtui: {error}\n")
    return UNUSABLE
