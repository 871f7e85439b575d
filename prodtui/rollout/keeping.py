"""A rollout kept while it is driven: saved after each step, written into the audit trail, and ours by a lease."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec

from prodtui.journal.database import StoreError, answered
from prodtui.journal.rollout_store import LEASE_S, RolloutStore, Wish
from prodtui.model.audited import Act, Recorded
from prodtui.model.errors import ProdtuiError
from prodtui.model.rollout import Rollout, Step

T = TypeVar("T")
_log = logging.getLogger(__name__)
RENEW_S: Final = LEASE_S / 4
"""The lease is renewed, and wishes are looked for, this often."""
SAVE_S: Final = 5.0
"""The store is worth no longer a wait."""


def written_down(rollout: Rollout, step: Step) -> tuple[Act, str, str, dict[str, str]]:
    """A step as the audit trail has it: what, on what, its result, facts by name."""
    details = {"rollout": rollout.id, "version": rollout.plan.candidate, "plan": rollout.plan.digest}
    details |= {"by": step.by} if step.by else {}
    return Act.ROLLOUT, rollout.service, f"{step.what}: {step.result}", details


class DrivenElsewhereError(ProdtuiError):
    """Another process drives the rollout now: this one must touch nothing more."""


class Keeping:
    """Keeps one rollout as `driver`, whom the store has as its driver already."""

    def __init__(
        self,
        store: RolloutStore,
        driver: str,
        recorded: Recorded,
        clock: Callable[[], float],
        *,
        renew_s: float = RENEW_S,
    ) -> None:
        self._store = store
        self.driver = driver
        self._recorded = recorded
        self._clock = clock
        self._renew_s = renew_s
        self._trouble = self._unwritten = ""
        self.wishes: asyncio.Queue[Wish] = asyncio.Queue(1)
        """What people want of it."""

    async def save(self, rollout: Rollout, patience_s: float = SAVE_S) -> bool:
        """Whether it is kept as it is now; where the store fails, that is said and the rollout goes on.

        Raises DrivenElsewhereError.
        """
        try:
            ours = await self._answered(self._store.save(rollout, self.driver, self._clock()), patience_s)
        except StoreError as error:
            self._failed(error)
            return False
        if not ours:
            raise self._elsewhere(rollout.id)
        self._trouble = ""
        return True

    async def write_down(self, rollout: Rollout) -> Rollout:
        """Puts the steps that are new into the audit trail, as far as it takes them: the next time tries the rest."""
        audited, why = rollout.audited, ""
        for step in rollout.steps[audited:]:
            try:
                if remark := await self._recorded(*written_down(rollout, step)):
                    _log.warning("%s", remark)
            except ProdtuiError as error:
                why = f"{error}; not in the audit trail yet: {step.what}"
                break
            audited += 1
        if why not in ("", self._unwritten):
            _log.error("%s", why)
        self._unwritten = why
        return msgspec.structs.replace(rollout, audited=audited)

    async def stay(self, rollout_id: str) -> None:
        """Renews the lease for ever, and takes in what people want. Raises DrivenElsewhereError."""
        while True:
            await asyncio.sleep(self._renew_s)
            try:
                ours, wish = await self._answered(self._store.renew(rollout_id, self.driver, self._clock()))
            except StoreError as error:
                self._failed(error)
                continue
            if not ours:
                raise self._elsewhere(rollout_id)
            if wish is not None and self.wishes.empty():
                self.wishes.put_nowait(wish)

    async def release(self, rollout_id: str) -> None:
        """Lets others drive it."""
        try:
            await self._answered(self._store.release(rollout_id, self.driver))
        except StoreError as error:
            self._failed(error)

    async def taken(self, rollout_id: str, wish: Wish) -> None:
        """The wish is granted, or can't be."""
        try:
            await self._answered(self._store.taken(rollout_id, wish))
        except StoreError as error:
            self._failed(error)

    async def _answered(self, asking: Awaitable[T], within_s: float = SAVE_S) -> T:
        """Raises StoreError."""
        return await answered(asking, self._store.where, within_s)

    def _failed(self, error: StoreError) -> None:
        """Said once for one trouble."""
        why = str(error)
        if why != self._trouble:
            self._trouble = why
            _log.error("the rollout goes on and is not kept: %s", why)

    def _elsewhere(self, rollout_id: str) -> DrivenElsewhereError:
        return DrivenElsewhereError(
            f"rollout {rollout_id} is driven by another process now, or is over; nothing more is done here. "
            "`prodtui rollout status` says by whom"
        )
