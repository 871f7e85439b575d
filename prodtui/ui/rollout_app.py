"""The app of `prodtui rollout start` and `resume`: follows one rollout and lets a person pause, resume or abort it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from textual.screen import Screen

from prodtui.model.errors import ProdtuiError
from prodtui.ui.following_app import FollowingApp
from prodtui.ui.line import Run
from prodtui.ui.rows.header import colour
from prodtui.ui.screens.rollout_driven import RolloutScreen

if TYPE_CHECKING:
    from prodtui.model.rollout import Rollout

PATIENCE_S = 20.0


class Steering(Protocol):
    """What a person may ask of the rollout that is driven. Raises ProdtuiError where it can't be done."""

    async def pause(self, reason: str) -> None:
        """Stops the clock of the stage; the traffic stays where it is."""

    async def resume(self, reason: str) -> None:
        """Goes on with the stage."""

    async def abort(self) -> None:
        """Rolls back and ends it."""


class RolloutApp(FollowingApp["Rollout"]):
    """One rollout on a terminal. `left` says after the run whether somebody left it before it ended."""

    def __init__(
        self,
        feed: Callable[[], AsyncIterator[Rollout]],
        steering: Steering,
        *,
        environment: str,
        environment_colour: str | None = None,
        theme: str | None = None,
        keys: Mapping[str, str] | None = None,
        log_path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(feed, theme=theme, keys=keys, log_path=log_path)
        self._steering = steering
        self._clock = clock
        self._environment: Run = (environment, f"strong {colour(environment_colour)}".strip())
        self.left = False

    def get_default_screen(self) -> Screen[None]:
        return RolloutScreen(self.palette, self._environment, self._clock)

    @property
    def shown(self) -> RolloutScreen:
        """The first screen; help may stand over it."""
        return cast("RolloutScreen", self.screen_stack[0])

    def told(self, seen: Rollout) -> None:
        self.shown.tell(seen)

    def tick(self) -> None:
        self.shown.tick()

    # What is asked of the rollout

    def pause(self, reason: str) -> None:
        self._ask("asked to pause", self._steering.pause(reason))

    def resume(self, reason: str) -> None:
        self._ask("asked to resume", self._steering.resume(reason))

    def abort(self) -> None:
        self._ask("asked to go back", self._steering.abort())

    def _ask(self, said: str, asked: Awaitable[None]) -> None:
        async def answered() -> None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await asked
            except TimeoutError:
                self.shown.say(f"no answer within {PATIENCE_S:.0f} s", "bad")
            except ProdtuiError as error:
                self.shown.say(str(error), "bad")
            else:
                self.shown.say(said)

        self.run_worker(cast("Any", answered()), exit_on_error=False)

    # What keys do

    async def action_quit(self) -> None:
        """Leaves an ended rollout at once, another only when asked twice: nobody drives it then."""
        screen = self.shown
        rollout = screen.rollout
        if rollout is None or rollout.phase.ended or screen.leaving:
            self.leave()
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        screen.ask_to_leave()

    def leave(self) -> None:
        rollout = self.shown.rollout
        self.left = rollout is None or not rollout.phase.ended
        self.exit()
