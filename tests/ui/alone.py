"""A screen as a process of its own, over moments of the shop or a rollout: `python -m tests.ui.alone SCENE LOG`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck
from prodtui.model.rerun import Rerun
from prodtui.sources.probes.rerun import rerun
from prodtui.ui.app import ProdtuiApp
from prodtui.ui.rollout_app import RolloutApp
from tests import rollouts
from tests.ui import incidents, judged, moments
from tests.ui.driving import Drive
from tests.ui.hands import EmptyHand

STILL: dict[str, Callable[[], Moment]] = {
    "ill": moments.ill,
    "incident": incidents.clear,
    "whole": incidents.whole,
    "unclear": incidents.unclear,
    "flapping": incidents.flapping,
    "judged": judged.ill,
    "recovering": judged.recovering,
    "release": judged.with_release,
}
"""Scenes of one moment."""


class Scene(EmptyHand):
    """What is told, and when."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._refreshed = asyncio.Event()

    def refresh(self) -> None:
        self._refreshed.set()

    async def rerun(self, check: HealthCheck) -> Rerun:
        return await rerun(check.definition.url or "")

    async def feed(self) -> AsyncIterator[Moment]:
        if self._name in STILL:
            yield STILL[self._name]()
        else:
            shop = moments.Shop()
            shop.well()
            yield shop.moment()
            await self._refreshed.wait()
            if self._name == "crash":
                raise LookupError("the feed broke")
            shop.tell(
                "pgbouncer", *(moments.pool(name, used=3 if name == "payments" else 2) for name in moments.DATABASES)
            )
            yield shop.moment(0)
        await asyncio.Event().wait()


def main() -> int:
    name, log = sys.argv[1:]
    app = _rollout(Path(log)) if name == "rollout" else _dashboard(Scene(name), Path(log))
    app.run(mouse=False)
    return app.return_code or 0


def _dashboard(scene: Scene, log: Path) -> ProdtuiApp:
    return ProdtuiApp(scene.feed, scene, log_path=log)


def _rollout(log: Path) -> RolloutApp:
    """One that is in the middle of its second stage now."""
    _, later = rollouts.steady()
    rollout, _ = rollouts.steady(at=time.time() - (later - rollouts.START))
    drive = Drive(rollout)
    return RolloutApp(drive.feed, drive, environment="prod-eu", environment_colour="red", log_path=log)


if __name__ == "__main__":
    sys.exit(main())
