"""The dashboard: wires a watch to the screens. The frame is painted first; configuration and sources load behind it."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.model.errors import ConfigurationError, UsageError
from prodtui.ui.app import ProdtuiApp

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.model.records import HealthCheck
    from prodtui.model.rerun import Rerun
    from prodtui.settings.loaded import Environment
    from prodtui.watch import Watch

UNUSABLE = 2
CRASHED = 5
DEBUG = "PRODTUI_DEBUG"
HELD_TOO_LONG_S = 0.010
"""In debug mode whoever holds the event loop longer than this is named in the log."""


class Desk:
    """What the screens ask for, answered from the watch: the only place where both are known."""

    def __init__(self, config: Path | None, env: str | None) -> None:
        self._config = config
        self._env = env
        self._watch: Watch | None = None

    async def moments(self) -> AsyncIterator[Moment]:
        """The environment's moments, for as long as somebody looks. Raises ConfigurationError, UsageError."""
        environment = await asyncio.to_thread(self._environment)
        if os.environ.get(DEBUG):
            loop = asyncio.get_running_loop()
            loop.slow_callback_duration = HELD_TOO_LONG_S
            loop.set_debug(True)
        from prodtui.watch import Watch

        async with Watch(environment) as self._watch:
            settled = False
            async for moment in self._watch.moments():
                yield moment
                if not settled and all(s.tried_at is not None for s in moment.snapshot.sources.values()):
                    settled = True
                    # What is loaded by now stays to the end: no collection has to walk it (30 ms) between two keys.
                    gc.freeze()

    async def rerun(self, check: HealthCheck) -> Rerun:
        """Makes an HTTP health check again, now."""
        from prodtui.sources.probes.rerun import rerun

        return await rerun(check.definition.url or "")

    def refresh(self) -> None:
        """Asks every source now."""
        if self._watch is not None:
            self._watch.refresh()

    def _environment(self) -> Environment:
        # In a thread: importing the libraries behind the sources takes longer than a frame may wait.
        import prodtui.watch  # noqa: F401
        from prodtui.cli.environment import environment

        return environment(self._config, self._env)


def dashboard(config: Path | str | None, env: str | None, *, theme: str | None = None) -> int:
    """Runs the dashboard until it is quit; returns the exit code."""
    from prodtui.cli.log import log_file

    desk = Desk(Path(config) if config else None, env)
    try:
        app = ProdtuiApp(desk.moments, desk, theme=theme, log_path=log_file())
    except UsageError as error:  # no such theme
        return _unusable(error)
    app.run(mouse=False)
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
