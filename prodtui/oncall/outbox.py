"""Where notices wait: in the store that all share, and in memory for what only this process can send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from prodtui.journal.database import StoreError, answered
from prodtui.journal.memory_database import MemoryDatabase
from prodtui.journal.notice_store import NoticeStore
from prodtui.model.notice import Notice
from prodtui.oncall.channel import Channel
from prodtui.oncall.rules import due_at, wanted

T = TypeVar("T")
STORE_S = 3.0
"""How long the store may take for one answer."""


async def in_time(asking: Awaitable[T], where: str) -> T:
    """What a store answers within the time that a message is worth. Raises StoreError."""
    return await answered(asking, where, STORE_S)


class Outbox:
    """Takes notices in for every channel that is for them.

    While the store can't be used notices wait in memory: they are sent, but another prodtui may send them too, and what
    is not sent when the process ends is lost. That is said once.
    """

    def __init__(self, store: NoticeStore | None, channels: Sequence[Channel], say: Callable[[str], None]) -> None:
        self.store = store
        self._own = NoticeStore(MemoryDatabase())
        self._channels = channels
        self._say = say
        self._trouble = ""
        self._late: dict[tuple[str, str], tuple[Notice, Channel]] = {}
        """Ends of what was told from the store, which can't be used since; by their id and channel."""

    def stores(self, channel: Channel) -> tuple[NoticeStore, ...]:
        """Where a channel's notices wait."""
        return (self.store, self._own) if channel.shared and self.store is not None else (self._own,)

    async def add(self, notice: Notice, now: float) -> None:
        """Keeps it for each channel that it is for, once; a failure of the store is said."""
        for channel in self._channels:
            if wanted(channel.rules, notice):
                await self._keep(notice, channel, due_at(channel.rules, notice, now))

    async def catch_up(self, now: float) -> None:
        """Keeps what the store could not take before."""
        for key, (notice, channel) in tuple(self._late.items()):
            await self._keep(notice, channel, due_at(channel.rules, notice, now))
            if key in self._late:
                return

    async def _keep(self, notice: Notice, channel: Channel, due: float) -> None:
        late = False
        for store in self.stores(channel):
            adding = store.add(notice, channel.name, due_at=due, recoveries=channel.rules.recoveries)
            try:
                added = await in_time(adding, store.where)
            except StoreError as error:
                self.failed(error)
                late = notice.recovered
                continue
            # The end of what was told from memory is told from there, too.
            if added or not notice.recovered:
                late = False
                break
        if late:
            self._late[notice.id, channel.name] = notice, channel
        else:
            self._late.pop((notice.id, channel.name), None)

    def over(self, channel: Channel) -> frozenset[str]:
        """Incidents of which the end is known here, and can't be kept."""
        return frozenset(notice.incident for notice, on in self._late.values() if on is channel)

    async def before(self, environment: str, since: float) -> tuple[Notice, ...] | None:
        """What is open, and the ends that were told since a time; None where the store can't be used."""
        found = await self.open(environment)
        if self.store is None or found is None:
            return found
        try:
            return found + await in_time(self.store.ended(environment, since), self.store.where)
        except StoreError as error:
            self.failed(error)
            return None

    async def open(self, environment: str) -> tuple[Notice, ...] | None:
        """What was told by anybody and is not over; None where the store can't be used."""
        if self.store is None:
            return ()
        try:
            found = await in_time(self.store.open(environment), self.store.where)
        except StoreError as error:
            self.failed(error)
            return None
        self.works()
        return found

    def failed(self, error: StoreError) -> None:
        """Says once that the store can't be used, and what that means."""
        if not self._trouble:
            self._say(f"{error}; notifications are sent from here without it: another prodtui may send them too")
        self._trouble = str(error)

    def works(self) -> None:
        """Says that it can be used again."""
        if self._trouble:
            self._trouble = ""
            self._say("notifications are kept in the store again")

    async def close(self) -> None:
        """Lets go of what is in memory; the store is whoever's who opened it."""
        await self._own.close()
