"""Whom a screen that is handed a moment by a test asks: nobody keeps a past, nothing can be done."""

from __future__ import annotations

from pathlib import Path

from prodtui.model.errors import UsageError
from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck
from prodtui.model.rerun import Rerun
from prodtui.model.rollout import Rollout


class EmptyHand:
    """Controls without anything behind them; tests of one control override it."""

    environment = "test"
    read_only = False
    replays: float | None = None

    def refresh(self) -> None:
        """Nobody is asked."""

    async def rerun(self, check: HealthCheck) -> Rerun:
        raise UsageError(f"{check.name} can't be made again here")

    async def past(self, at: float) -> Moment:
        raise UsageError(f"no past is kept of {at}")

    async def turn(self, at: float, *, forward: bool) -> float | None:  # noqa: ARG002 — the protocol's
        return None

    async def span(self) -> tuple[float, float] | None:
        return None

    def environments(self) -> tuple[str, ...]:
        return (self.environment,)

    def switch(self, environment: str) -> None:
        raise UsageError(f'no environment "{environment}"')

    def rollouts(self) -> tuple[Rollout, ...]:
        return ()

    async def acknowledge(self, about: str, note: str) -> str | None:
        raise UsageError(f"nothing is kept: neither {about} nor {note}")

    async def export(self, moment: Moment, form: str) -> Path:
        raise UsageError(f"nothing of {moment.now} can be written as {form}")

    async def picture(self, svg: str) -> Path:
        raise UsageError(f"no place for {len(svg)} characters")

    async def handover(self, moment: Moment) -> str:
        raise UsageError(f"nothing of {moment.now} to hand over")
