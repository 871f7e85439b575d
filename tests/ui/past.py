"""A hand that keeps what it gave: the past of a test is made of real moments, answered as fast or slow as asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from prodtui.model.errors import UsageError
from prodtui.model.incident import Acknowledgement
from prodtui.model.moment import Moment
from prodtui.ui.app import ProdtuiApp
from tests.ui.moments import ill_shop
from tests.ui.showing import Hand


def past() -> list[Moment]:
    """Two minutes, a moment each two seconds: well at first, ill at the end."""
    shop = ill_shop()
    return [shop.moment(2.0) for _ in range(60)]


class Keeper(Hand):
    """Moments by their time, two environments, and everything that was asked."""

    def __init__(self, kept: Sequence[Moment], *, read_only: bool = False) -> None:
        super().__init__(kept[-1])
        self.kept = list(kept)
        self.read_only = read_only
        self.environment = "test"
        self.asked: list[float] = []
        self.slow = asyncio.Event()
        self.slow.set()
        self.acknowledged: list[Acknowledgement] = []
        self.remark: str | None = None
        """What is said with an acknowledgement."""
        self.exported: list[str] = []

    async def past(self, at: float) -> Moment:
        self.asked.append(at)
        if len(self.asked) == 1:
            await self.slow.wait()
        if not self.kept[0].now <= at <= self.kept[-1].now:
            raise UsageError(f"nothing is kept of {at:.0f}")
        return max((m for m in self.kept if m.now <= at), key=lambda m: m.now, default=self.kept[0])

    async def turn(self, at: float, *, forward: bool) -> float | None:
        times = [m.now for m in self.kept if (m.now > at if forward else m.now < at)]
        return (min(times) if forward else max(times)) if times else None

    async def span(self) -> tuple[float, float] | None:
        return self.kept[0].now, self.kept[-1].now

    def environments(self) -> tuple[str, ...]:
        return ("test", "prod-eu")

    def switch(self, environment: str) -> None:
        if environment not in self.environments():
            raise UsageError(f'no environment "{environment}"')
        self.environment = environment

    async def acknowledge(self, about: str, note: str) -> str | None:
        self.acknowledged.append(Acknowledgement(at=1.0, by="ana", about=about, note=note))
        return self.remark

    async def export(self, moment: Moment, form: str) -> Path:
        self.exported.append(f"{form} of {moment.now:.0f}")
        return Path(f"incident.{form}")

    async def picture(self, svg: str) -> Path:
        self.exported.append(svg)
        return Path("screen.svg")

    async def handover(self, moment: Moment) -> str:
        return f"# Handover\n\nopen at {moment.now:.0f}: payments"


async def typed(app: ProdtuiApp, line: str) -> None:
    """Types a command, as a terminal sends it."""
    async with asyncio.timeout(5):
        await _press(app, ":")
        for character in line:
            await _press(app, character)
        await _press(app, "enter")


async def _press(app: ProdtuiApp, key: str) -> None:
    from textual.events import Key
    from textual.keys import _character_to_key

    name = _character_to_key(key) if len(key) == 1 else key
    await app.on_event(Key(name, key if len(key) == 1 else None))
