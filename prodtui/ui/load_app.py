"""The app of `prodtui load` on a terminal: follows one load to its verdict; `q` stops it, and leaves when it ended."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from prodtui.ui.line import Run
from prodtui.ui.palette import load_palette
from prodtui.ui.screens.load import LoadScreen
from prodtui.ui.terminal_app import TerminalApp

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from prodtui.model.load import LoadProgress
    from prodtui.model.moment import Moment

TICK_S = 1.0
Seen = tuple["LoadProgress", "Moment | None"]


class LoadApp(TerminalApp):
    """One load on a terminal."""

    def __init__(
        self,
        feed: Callable[[], AsyncIterator[Seen]],
        stop: Callable[[], None],
        *,
        environment: Run,
        theme: str | None = None,
        log_path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`feed` yields how it goes and what the sources see, and ends with the load. `stop` ends it."""
        super().__init__(load_palette(theme or "dark"), log_path=log_path)
        self._feed = feed
        self._stop = stop
        self._clock = clock
        self._environment = environment
        self._over = False

    def get_default_screen(self) -> Screen[None]:
        return LoadScreen(self.palette, self._environment, self._clock)

    @property
    def shown(self) -> LoadScreen:
        return cast("LoadScreen", self.screen_stack[0])

    def on_mount(self) -> None:
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.run_worker(cast("Any", self._follow()), exit_on_error=False)
        self.set_interval(TICK_S, lambda: self.shown.tick())

    async def _follow(self) -> None:
        try:
            async with aclosing(cast("AsyncGenerator[Seen]", self._feed())) as seen:
                async for progress, moment in seen:
                    self.shown.tell(progress, moment)
        except Exception as error:  # noqa: BLE001 — the border: whatever ends the feed ends the app, and is told
            self._end(error)
        else:
            self._over = True
            self.shown.say("over: q leaves, and prints the result")

    async def action_quit(self) -> None:
        """Stops a load that goes on, and waits for its end; leaves one that is over."""
        if self._over:
            self.exit()
        else:
            self._stop()
            self.shown.say("stopping", "warn")
