"""The rollouts of an environment that are open or have just ended, read now and then, for those who only look on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from prodtui.journal.database import StoreError, answered
from prodtui.model.rollout_progress import stage_of

if TYPE_CHECKING:
    from prodtui.journal.store import Store
    from prodtui.model.rollout import Rollout

_log = logging.getLogger(__name__)
EVERY_S = 10.0
OFTEN_S = 2.0
"""At most; always where others go by what is read."""
LATELY_S = 3_600.0
"""For so long it is told how a rollout ended, unless another one of its service has begun."""
PATIENCE_S = 5.0


class RecentRollouts:
    """What was last read. Without a store there is none."""

    def __init__(self, store: Store | None, environment: str, clock: Callable[[], float] = time.time) -> None:
        from prodtui.journal.rollout_store import RolloutStore

        self._store = None if store is None else RolloutStore(store.database)
        self._environment = environment
        self._clock = clock
        self._failing = False
        self.known: tuple[Rollout, ...] = ()
        """The newest of each service, newest first."""

    async def read(self) -> None:
        """Reads them. Where that fails what was read before stays, which says itself how old it is; logged once."""
        if self._store is None:
            return
        try:
            asking = self._store.lately(self._environment, self._clock() - LATELY_S)
            kept = await answered(asking, self._store.where, PATIENCE_S)
        except StoreError as error:
            if not self._failing:
                _log.warning("rollouts can't be read: %s", error)
            self._failing = True
            return
        self._failing = False
        newest: dict[str, Rollout] = {}
        for each in kept:
            newest.setdefault(each.rollout.service, each.rollout)
        self.known = tuple(newest.values())

    @property
    def every_s(self) -> float:
        """How often they are worth a look: as often as an open one takes a sample."""
        samples = (stage_of(each).every_s for each in self.known if not each.phase.ended)
        return max(OFTEN_S, min((EVERY_S, *samples)))

    async def follow(self, every_s: float) -> None:
        """Reads them again and again, until it is cancelled."""
        while True:
            await self.read()
            await asyncio.sleep(every_s)
