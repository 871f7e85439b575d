"""Where a rollout is shown while this process drives it: on the terminal's screen, else line by line."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from prodtui.cli.keys import look_of
from prodtui.cli.store import by
from prodtui.journal.rollout_store import Asked, Wish
from prodtui.model.errors import UsageError
from prodtui.model.rollout import Rollout
from prodtui.rollout.keeping import Keeping

if TYPE_CHECKING:
    from prodtui.settings.loaded import Environment
    from prodtui.ui.rollout_app import RolloutApp


class Lines:
    """Told line by line on stderr, for a pipeline."""

    def __init__(self, before: Rollout | None = None) -> None:
        """`before`: what was told already."""
        self._before = before
        self.ring = _ring if sys.stderr.isatty() else None

    def show(self, rollout: Rollout) -> None:
        from prodtui.reports.rollout_lines import lines

        for line in lines(self._before, rollout):
            typer.echo(line, err=True)
        self._before = rollout

    async def follow(self, drive: Callable[[], Awaitable[Rollout]]) -> None:
        """Until it is over, or a signal ends this process: then it is left as it is."""
        from prodtui.cli.log import log_to_stderr

        log_to_stderr()
        running = asyncio.ensure_future(drive())
        loop, left = asyncio.get_running_loop(), asyncio.Event()

        def leave() -> None:
            left.set()
            running.cancel()

        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(ending, leave)
        try:
            await running
        except asyncio.CancelledError:
            if not left.is_set():
                raise


class Screen:
    """Shown on the terminal, where a person may pause, resume and abort it."""

    def __init__(self, environment: Environment, keeping: Keeping) -> None:
        self._environment = environment
        self._look = look_of(environment)
        self._wishes = keeping.wishes
        self._rollout: Rollout | None = None
        self._changed = asyncio.Event()
        self._app: RolloutApp | None = None

    def ring(self, sequence: str) -> None:
        """Between two frames, or where none is drawn any more."""
        (self._app.to_terminal if self._app else _ring)(sequence)

    def show(self, rollout: Rollout) -> None:
        self._rollout = rollout
        self._changed.set()

    async def follow(self, drive: Callable[[], Awaitable[Rollout]]) -> None:
        """Until somebody leaves it. A screen that fails leaves the rollout driven: it goes on line by line."""
        from prodtui.cli.log import log_file
        from prodtui.ui.rollout_app import RolloutApp

        self._app = app = RolloutApp(
            self._feed,
            self,
            environment=self._environment.name,
            environment_colour=self._environment.declared.colour,
            theme=self._look.theme,
            keys=self._look.keys,
            log_path=log_file(),
        )
        running = asyncio.ensure_future(drive())
        running.add_done_callback(lambda done: app.exit() if done.cancelled() or done.exception() else None)
        try:
            await app.run_async()
        except BaseException:
            running.cancel()
            raise
        finally:
            self._app = None
        if app.failure is not None:
            typer.echo(f"prodtui: the screen failed ({type(app.failure).__name__}); the rollout goes on", err=True)
            await Lines().follow(lambda: running)
        elif not running.done():
            running.cancel()
            await asyncio.wait({running})
        else:
            await running

    async def _feed(self) -> AsyncIterator[Rollout]:
        while self._rollout is None or not self._rollout.phase.ended:
            await self._changed.wait()
            self._changed.clear()
            if self._rollout is not None:
                yield self._rollout

    async def pause(self, reason: str) -> None:
        self._want(Asked.PAUSE, reason)

    async def resume(self, reason: str) -> None:
        self._want(Asked.RESUME, reason)

    async def abort(self) -> None:
        self._want(Asked.ABORT, "from the screen")

    def _want(self, asked: Asked, reason: str) -> None:
        """Raises UsageError."""
        try:
            self._wishes.put_nowait(Wish(asked=asked, by=by(), at=time.time(), reason=reason))
        except asyncio.QueueFull:
            raise UsageError("another wish is being carried out; try again in a moment") from None


def _ring(sequence: str) -> None:
    sys.stderr.write(sequence)
    sys.stderr.flush()
