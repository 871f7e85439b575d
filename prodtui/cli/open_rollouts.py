"""The open rollouts of an environment, read from the store now and then, for those who only look on."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from prodtui.journal.database import StoreError, answered

if TYPE_CHECKING:
    from prodtui.journal.store import Store
    from prodtui.model.rollout import Rollout

_log = logging.getLogger(__name__)
EVERY_S = 10.0
PATIENCE_S = 5.0


class OpenRollouts:
    """What was last read. Without a store there is none."""

    def __init__(self, store: Store | None, environment: str) -> None:
        from prodtui.journal.rollout_store import RolloutStore

        self._store = None if store is None else RolloutStore(store.database)
        self._environment = environment
        self._failing = False
        self.known: tuple[Rollout, ...] = ()
        """Newest first."""

    async def read(self) -> None:
        """Reads them. Where that fails what was read before stays, which says itself how old it is; logged once."""
        if self._store is None:
            return
        try:
            kept = await answered(self._store.open(self._environment), self._store.where, PATIENCE_S)
        except StoreError as error:
            if not self._failing:
                _log.warning("open rollouts can't be read: %s", error)
            self._failing = True
            return
        self._failing = False
        self.known = tuple(each.rollout for each in reversed(kept))

    async def follow(self) -> None:
        """Reads them again and again, until it is cancelled."""
        while True:
            await self.read()
            await asyncio.sleep(EVERY_S)
