"""A load on the terminal: its course handed to the screen, and the screen's wish to stop handed back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from prodtui.cli.keys import look_of
from prodtui.cli.load_run import BY_HAND, Loading, stopping
from prodtui.cli.log import log_file
from prodtui.ui.load_app import LoadApp, Seen
from prodtui.ui.rows.header import colour

if TYPE_CHECKING:
    from prodtui.load.course import LoadCourse
    from prodtui.model.load import LoadProgress, LoadRun
    from prodtui.model.moment import Moment


class Watched:
    """What the screen is handed: of what came since it looked last, the newest."""

    def __init__(self, loading: Loading) -> None:
        """The load runs from now on."""
        self._course: LoadCourse | None = None
        self._newest: Seen | None = None
        self._news = asyncio.Event()
        self.running = asyncio.create_task(loading.run(self._tell, self._on_course))
        self.running.add_done_callback(lambda _: self._news.set())

    async def feed(self) -> AsyncIterator[Seen]:
        """How it goes, until it is over."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._newest is not None:
                yield self._newest
            if self.running.done():
                self.running.result()
                return

    def stop(self) -> None:
        if self._course is not None:
            self._course.stop(BY_HAND)

    def _on_course(self, course: LoadCourse) -> None:
        self._course = course

    def _tell(self, progress: LoadProgress, moment: Moment | None) -> None:
        self._newest = (progress, moment)
        self._news.set()


async def shown(loading: Loading) -> LoadRun:
    """Runs it on the terminal until somebody leaves it: where that is before its end, as by a signal, it is stopped.

    Raises what ended the screen, CancelledError where a second signal came.
    """
    look, watched = look_of(loading.environment), Watched(loading)
    declared = loading.environment.declared
    app = LoadApp(
        watched.feed,
        watched.stop,
        environment=(declared.environment, f"strong {colour(declared.colour)}".strip()),
        theme=look.theme,
        keys=look.keys,
        log_path=log_file(),
    )
    await app.run_async(mouse=False)
    if not watched.running.done():
        watched.stop()
    with stopping():
        run = await watched.running
    if app.failure is not None:
        raise app.failure
    return run
