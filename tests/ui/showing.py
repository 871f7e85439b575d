"""A dashboard under test: moments handed to it by the test, and what it shows as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from textual.pilot import Pilot

from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck
from prodtui.model.rerun import Rerun
from prodtui.sources.probes.rerun import rerun
from prodtui.ui.app import ProdtuiApp
from prodtui.ui.terminal_app import TerminalApp
from tests.ui.hands import EmptyHand

PATIENCE_S = 15.0


class Hand(EmptyHand):
    """Hands moments to the screens, and answers what they ask as the dashboard does."""

    def __init__(self, *moments: Moment) -> None:
        self._moments: asyncio.Queue[Moment] = asyncio.Queue()
        self.refreshed = 0
        for moment in moments:
            self._moments.put_nowait(moment)

    def give(self, moment: Moment) -> None:
        self._moments.put_nowait(moment)

    async def feed(self) -> AsyncIterator[Moment]:
        while True:
            yield await self._moments.get()

    def refresh(self) -> None:
        self.refreshed += 1

    async def rerun(self, check: HealthCheck) -> Rerun:
        return await rerun(check.definition.url or "")


def dashboard(hand: Hand, *, theme: str = "dark") -> ProdtuiApp:
    return ProdtuiApp(hand.feed, hand, theme=theme)


def text(app: TerminalApp) -> str:
    """What is on screen."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Waits until a condition holds. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await pilot.pause(0.01)


async def shows(pilot: Pilot[None], *words: str) -> str:
    """Waits until all words are on screen, and returns the screen."""
    app = pilot.app
    assert isinstance(app, TerminalApp)
    try:
        await until(pilot, lambda: all(word in text(app) for word in words))
    except TimeoutError as error:
        missing = [word for word in words if word not in text(app)]
        raise AssertionError(f"never on screen: {missing}\n{text(app)}") from error
    return text(app)
