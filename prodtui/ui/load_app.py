"""The app of `prodtui load` on a terminal: follows one load to its verdict; `q` stops it, and leaves when it ended."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from prodtui.ui.following_app import FollowingApp
from prodtui.ui.line import Run
from prodtui.ui.screens.load import LoadScreen

if TYPE_CHECKING:
    from prodtui.model.load import LoadProgress
    from prodtui.model.moment import Moment

Seen = tuple["LoadProgress", "Moment | None"]


class LoadApp(FollowingApp[Seen]):
    """One load on a terminal, and what the sources see."""

    def __init__(
        self,
        feed: Callable[[], AsyncIterator[Seen]],
        stop: Callable[[], None],
        *,
        environment: Run,
        theme: str | None = None,
        keys: Mapping[str, str] | None = None,
        log_path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`stop` ends the load."""
        super().__init__(feed, theme=theme, keys=keys, log_path=log_path)
        self._stop = stop
        self._clock = clock
        self._environment = environment
        self._over = False

    def get_default_screen(self) -> Screen[None]:
        return LoadScreen(self.palette, self._environment, self._clock)

    @property
    def shown(self) -> LoadScreen:
        """The first screen; help may stand over it."""
        return cast("LoadScreen", self.screen_stack[0])

    def told(self, seen: Seen) -> None:
        self.shown.tell(*seen)

    def tick(self) -> None:
        self.shown.tick()

    def over(self) -> None:
        self._over = True
        self.shown.say("over: q leaves, and prints the result")

    async def action_quit(self) -> None:
        """Stops a load that goes on, and waits for its end; leaves one that is over."""
        if self._over:
            self.exit()
        else:
            self._stop()
            self.shown.say("stopping", "warn")
