"""A rollout's screen under test: rollouts handed to it by the test, and what it asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from prodtui.model.errors import UsageError
from prodtui.model.rollout import Rollout
from prodtui.ui.rollout_app import RolloutApp


class Drive:
    """Hands rollouts to the screen, and writes down what is asked of them."""

    def __init__(self, *rollouts: Rollout, refuses: str = "") -> None:
        self._rollouts: asyncio.Queue[Rollout | None] = asyncio.Queue()
        self._refuses = refuses
        self.asked: list[tuple[str, str]] = []
        for rollout in rollouts:
            self._rollouts.put_nowait(rollout)

    def give(self, rollout: Rollout) -> None:
        self._rollouts.put_nowait(rollout)

    def end(self) -> None:
        self._rollouts.put_nowait(None)

    async def feed(self) -> AsyncIterator[Rollout]:
        while (rollout := await self._rollouts.get()) is not None:
            yield rollout

    async def pause(self, reason: str) -> None:
        self._ask("pause", reason)

    async def resume(self, reason: str) -> None:
        self._ask("resume", reason)

    async def abort(self) -> None:
        self._ask("abort", "")

    def _ask(self, what: str, reason: str) -> None:
        if self._refuses:
            raise UsageError(self._refuses)
        self.asked.append((what, reason))


def shown_by(drive: Drive, now: float, **keys: str) -> RolloutApp:
    """`keys`: those that a person wants otherwise, by action."""
    return RolloutApp(
        drive.feed, drive, environment="prod-eu", environment_colour="red", theme="dark", keys=keys, clock=lambda: now
    )


def driven(rollout: Rollout, now: float) -> RolloutApp:
    """A screen on which time stands still."""
    return shown_by(Drive(rollout), now)
