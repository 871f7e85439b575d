"""One channel's courier: sends what is due, tries again what failed, gives up what would fail again."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from prodtui.journal.database import StoreError
from prodtui.journal.notice_store import NoticeStore, Waiting
from prodtui.model.audited import Act, Audited
from prodtui.model.classification import CauseClass
from prodtui.model.errors import NotifyError
from prodtui.model.notice import Notice
from prodtui.oncall.channel import Channel, Refreshing
from prodtui.oncall.lasting import Lasting
from prodtui.oncall.outbox import Outbox, in_time
from prodtui.oncall.rules import LISTED, allowed, due_at, summary
from prodtui.oncall.wording import titles
from prodtui.sources.imports import imported

_log = logging.getLogger(__name__)
FIRST_PAUSE_S = 5.0
SHORTEST = 1 / 5
"""Of the first pause."""
LONGEST_PAUSE_S = 3_600.0
LONGEST_BREAK_S = 60.0
"""However long the other side has failed: what is new is tried within so long."""
MOST_TRIES = 25
"""In GIVES_UP_S; by the pauses' doubling it takes longer to come so far."""
GIVES_UP_S = 24 * 3_600.0
REMEMBERED = 2_000
"""Messages that are not sent again wherever they turn up, the newest."""


class Pace(NamedTuple):
    """How often a courier looks and tries."""

    looks_every_s: float = 10.0
    """Whether another prodtui left something behind."""
    first_pause_s: float = FIRST_PAUSE_S
    """Before the second try; it doubles with each."""


USUAL = Pace()


def pause_s(tries: int, first_s: float = FIRST_PAUSE_S, chance: float | None = None) -> float:
    """Seconds until the next try after so many; `chance` 0..1 stands for the jitter.

    Full jitter (M. Brooker, "Exponential Backoff and Jitter", AWS 2015), but never none at all.
    """
    chance = random.random() if chance is None else chance  # noqa: S311 — spreads load, guards nothing
    return max(first_s * SHORTEST, chance * min(LONGEST_PAUSE_S, first_s * 2.0 ** (tries - 1)))


class Courier:
    """Sends one channel's notices of one environment."""

    def __init__(
        self,
        channel: Channel,
        environment: str,
        outbox: Outbox,
        *,
        by: str,
        audited: Audited,
        say: Callable[[str], None],
        pace: Pace = USUAL,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`by`: who claims, one name a process. `say` tells a person that something was given up.

        `clock`: the time that all who share the store go by.
        """
        self._channel = channel
        self._environment = environment
        self._outbox = outbox
        self._by = by
        self._audited = audited
        self._say = say
        self._pace = pace
        self._clock = clock
        self._news = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._sent: deque[str] = deque(maxlen=REMEMBERED)
        """What was sent from here: it may wait in another store too, or in one that could not note it."""
        self._refreshed_at = time.monotonic()
        self._lasting = Lasting()
        self._not_before = 0.0
        """The other side fails, or has heard enough for now. By a clock that nobody sets."""
        self._store_rests_until = 0.0
        self._failures = 0
        """Of the other side, in a row."""

    def wake(self) -> None:
        """There is something to send."""
        self._news.set()

    async def run(self) -> None:
        """Sends until it is cancelled."""
        for module in self._channel.needs:
            await imported(module)
        while True:
            self._news.clear()
            await self.deliver()
            await self._refresh()
            try:
                async with asyncio.timeout(await self._rest_s()):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def deliver(self) -> None:
        """Sends what is due now, once what is being sent is through."""
        async with self._one_at_a_time:
            await self._deliver_all()

    async def _deliver_all(self) -> None:
        for store in self._stores():
            if time.monotonic() < self._not_before:
                return
            try:
                await self._deliver(store, self._clock())
            except StoreError as error:
                self._failed_store(error)
            else:
                if store is self._outbox.store:
                    self._outbox.works()

    async def _deliver(self, store: NoticeStore, now: float) -> None:
        rules = self._channel.rules
        due = await in_time(store.due(self._environment, self._channel.name, now), store.where)
        if not due:
            return
        tries = {one.notice.id: one.tries for one in due}
        # A try that failed in the evening is not made again at night.
        quiet = [one for one in due if due_at(rules, one.notice, now) > now]
        for one in quiet:
            until = due_at(rules, one.notice, now)
            await in_time(store.later([one.notice], self._channel.name, until, "quiet hours"), store.where)
        may = allowed(rules.rate, [one.notice for one in _without(due, quiet)], await self._sent_at(now), now)
        self._not_before = time.monotonic() + may.again_s
        messages = [[notice] for notice in may.alone] + ([list(may.together)] if may.together else [])
        for notices in messages:
            await self._carry(store, notices, tries)
            if self._failures:
                # What has just failed would fail for the next one too, after as long a wait.
                break_s = min(LONGEST_BREAK_S, pause_s(self._failures, self._pace.first_pause_s))
                self._not_before = time.monotonic() + break_s
                return

    async def _sent_at(self, now: float) -> list[float]:
        rate = self._channel.rules.rate
        if rate is None:
            return []
        found: list[float] = []
        for store in self._stores():
            asking = store.sent_at(self._environment, self._channel.name, now - rate.per_s)
            found += await in_time(asking, store.where)
        return found

    async def _carry(self, store: NoticeStore, notices: list[Notice], tries: Mapping[str, int]) -> None:
        """Sends those that nobody else claims, as one message."""
        name, now = self._channel.name, self._clock()
        mine = [one for one in notices if await in_time(store.claim(one, name, self._by, now), store.where)]
        known = [one for one in mine if one.id in self._sent]
        if known:
            await in_time(store.done(known, name, now, "sent before, from here"), store.where)
            mine = _others(mine, known)
        if not mine:
            return
        rate = self._channel.rules.rate
        one = mine[0] if len(mine) == 1 or rate is None else summary(mine, rate)
        told = await in_time(store.told(one, name), store.where)
        began = time.monotonic()
        try:
            said = await self._answered(self._channel.send(one, told))
        except NotifyError as error:
            await self._failed(store, one, mine, error, 1 + max(tries[each.id] for each in mine))
            return
        took_s = time.monotonic() - began
        self._failures = 0
        self._sent.extend(each.id for each in mine)
        self._lasting.told(store, mine)
        many = f"sent in one message with {len(mine) - 1} more: {said}" if len(mine) > 1 else f"sent: {said}"
        try:
            await in_time(store.done(mine, name, self._clock(), many), store.where)
        finally:
            await self._note(one, mine, many, took_s)

    async def _answered(self, saying: Awaitable[str]) -> str:
        """What the other side says. The border: a channel's own fault is told as its failure. Raises NotifyError."""
        try:
            return await saying
        except NotifyError:
            raise
        except Exception as error:
            _log.exception("channel failed", extra={"channel": self._channel.name})
            told = f"prodtui's {self._channel.kind} channel failed: {type(error).__name__}"
            raise NotifyError(CauseClass.INTERNAL, told) from error

    async def _failed(
        self, store: NoticeStore, one: Notice, notices: list[Notice], error: NotifyError, tries: int
    ) -> None:
        name, now = self._channel.name, self._clock()
        ends = min(each.at for each in notices) + GIVES_UP_S
        due = now + pause_s(tries, self._pace.first_pause_s)
        gives_up = not error.retry or tries >= MOST_TRIES or due > ends
        result = f"given up after {tries} tries: {error}" if gives_up else str(error)
        try:
            if gives_up:
                self._failures = 0
                self._say(f"notify.{name}: {result}; not told: {titles(notices)}")
                await in_time(store.done(notices, name, now, result), store.where)
            else:
                self._failures += 1
                _log.warning("notification failed", extra={"channel": name, "cause": str(error), "tries": tries})
                await in_time(store.later(notices, name, due, result), store.where)
        finally:
            await self._note(one, notices, result, None)

    async def _note(self, one: Notice, notices: Sequence[Notice], result: str, took_s: float | None) -> None:
        """Writes the try of one message, of so many notices, into the audit trail."""
        details = {
            "notice": one.id,
            "title": one.title,
            **({"of": titles(notices, LISTED)} if len(notices) > 1 else {}),
            "kind": self._channel.kind,
            "where": self._channel.where,
            **({"took_s": f"{took_s:.3f}"} if took_s is not None else {}),
        }
        remark = await self._audited(Act.NOTIFICATION, self._channel.name, result, details)
        if remark:
            _log.warning(remark)

    async def _refresh(self) -> None:
        """Says what is still wrong to a channel that must hear it again and again, though the store can't be read."""
        channel = self._channel
        if not isinstance(channel, Refreshing) or time.monotonic() - self._refreshed_at < channel.refresh_s:
            return
        self._refreshed_at = time.monotonic()
        for store in self._stores():
            try:
                self._lasting.read(store, await in_time(store.open(self._environment, channel.name), store.where))
            except StoreError as error:
                self._failed_store(error)
        notices = self._lasting.without(self._outbox.over(channel))
        if not notices:
            return
        try:
            await self._answered(channel.refresh(notices))
        except NotifyError as error:
            _log.warning("alerts not refreshed", extra={"channel": channel.name, "cause": str(error)})

    async def _rest_s(self) -> float:
        """How long nothing is to be done, as far as is known."""
        now = self._clock()
        soonest = now + self._pace.looks_every_s
        for store in self._stores():
            try:
                due = await in_time(store.next_due(self._environment, self._channel.name), store.where)
            except StoreError as error:
                self._failed_store(error)
                continue
            soonest = min(soonest, soonest if due is None else due)
        return max(0.1, soonest - now, self._not_before - time.monotonic())

    def _stores(self) -> list[NoticeStore]:
        """Where its notices wait; a store that has just failed is let be."""
        rests = time.monotonic() < self._store_rests_until
        return [one for one in self._outbox.stores(self._channel) if one is not self._outbox.store or not rests]

    def _failed_store(self, error: StoreError) -> None:
        self._outbox.failed(error)
        self._store_rests_until = time.monotonic() + self._pace.looks_every_s


def _without(due: Sequence[Waiting], some: Sequence[Waiting]) -> list[Waiting]:
    return [one for one in due if one not in some]


def _others(notices: Sequence[Notice], some: Sequence[Notice]) -> list[Notice]:
    return [one for one in notices if one not in some]
