"""The outbox: what whoever is on call is to hear, kept until it is sent, once for everybody who uses the store.

Whoever claims a notice sends it. A prodtui that is killed between the two leaves a claim that ends, and it is sent
again: at least once. A second message has the same id, by which Alertmanager, mail readers and webhooks can tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from prodtui.journal import notice_statements as statements
from prodtui.journal.database import Database, Step, StoreError
from prodtui.model.notice import Notice, Severity
from prodtui.model.notice_ids import neighbours

KEPT_S = 30 * 86_400.0
CLAIMED_S = 60.0
"""A claim ends by itself after so long; every channel answers sooner."""
OVERTAKEN = "not sent: it was over, or worse, before it could be"
NOT_ASKED_FOR = "not sent: no recoveries on this channel"


class Waiting(msgspec.Struct, frozen=True):
    """A notice that is due on a channel."""

    notice: Notice
    tries: int
    """Before this one."""


class Sent(msgspec.Struct, frozen=True):
    """What became of a notice on a channel."""

    notice: Notice
    tries: int
    due_at: float
    done_at: float | None
    """None: it still waits."""
    result: str


class NoticeStore:
    """Notices by channel. Every method raises StoreError where the database can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def where(self) -> str:
        """Its path or address, without credentials."""
        return self._database.where

    async def add(self, notice: Notice, channel: str, *, due_at: float, recoveries: bool = True) -> bool:
        """Keeps a notice to be sent on a channel; False where it is known there already, whoever brought it.

        A recovery is only kept where its incident was; without `recoveries` it is noted and not sent. What still waits
        and is overtaken by it is not sent any more.
        """
        body = msgspec.json.encode(notice).decode()
        row = (notice.id, channel, notice.environment, notice.at, due_at, body)
        if not notice.roots:
            return await self._database.change(Step(statements.ADD, row)) > 0
        weight = "0" if notice.recovered else str(notice.severity.weight)
        if notice.recovered:
            done_at, result = (None, "") if recoveries else (notice.at, NOT_ASKED_FOR)
            adding = Step(statements.ADD_RECOVERY, (*row, done_at, result, notice.incident))
            below, above = str(Severity.CRITICAL.weight + 1), "0"
        else:
            adding = Step(statements.ADD_OPENING, (*row, *neighbours(notice.incident), weight))
            below, above = weight, "0"
        overtaking = (channel, notice.incident, below, above, notice.at, OVERTAKEN)
        return (
            await self._database.change(
                Step(statements.ONE_AFTER_THE_OTHER, (f"notices of {notice.environment}",)),
                Step(statements.DROP, (notice.at - KEPT_S,)),
                Step(statements.OVERTAKE, overtaking),
                adding,
            )
            > 0
        )

    async def due(self, environment: str, channel: str, now: float) -> tuple[Waiting, ...]:
        """What is to be sent now and nobody sends, oldest first."""
        rows = await self._database.rows(Step(statements.DUE, (environment, channel, now)))
        return tuple(Waiting(self._notice(body), tries) for body, tries, _ in rows)

    async def next_due(self, environment: str, channel: str) -> float | None:
        """When something is due, or a claim ends that may have been left behind; None: nothing waits."""
        ((at,),) = await self._database.rows(Step(statements.NEXT_DUE, (environment, channel)))
        return None if at is None else float(at)

    async def claim(self, notice: Notice, channel: str, by: str, now: float) -> bool:
        """Whether it is ours to send, for CLAIMED_S."""
        claim = (notice.id, channel, by, now, now + CLAIMED_S)
        return await self._database.change(Step(statements.CLAIM, claim)) > 0

    async def done(self, notices: Sequence[Notice], channel: str, now: float, result: str) -> None:
        """They were sent as one message, or are given up."""
        await self._database.change(*(Step(statements.DONE, (one.id, channel, now, result)) for one in notices))

    async def later(self, notices: Sequence[Notice], channel: str, due_at: float, result: str) -> None:
        """They could not be sent, and are tried again."""
        await self._database.change(*(Step(statements.LATER, (one.id, channel, due_at, result)) for one in notices))

    async def sent_at(self, environment: str, channel: str, since: float) -> tuple[float, ...]:
        """When messages were sent since a time."""
        return tuple(at for (at,) in await self._database.rows(Step(statements.SENT_AT, (environment, channel, since))))

    async def open(self, environment: str, channel: str | None = None) -> tuple[Notice, ...]:
        """What was told on a channel (on any), each severity by itself, and is not over."""
        rows = await self._database.rows(Step(statements.OPEN, (environment,)))
        bodies = dict.fromkeys(body for on, body in rows if channel in (None, on))
        # A decision has no roots: it does not last.
        return tuple(one for one in map(self._notice, bodies) if one.roots)

    async def ended(self, environment: str, since: float) -> tuple[Notice, ...]:
        """What was told, on any channel, and is over since a time."""
        rows = await self._database.rows(Step(statements.ENDED, (environment, since)))
        found = {one.id: one for one in (self._notice(body) for (body,) in rows)}
        return tuple(one for one in found.values() if one.roots)

    async def told(self, notice: Notice, channel: str) -> tuple[Notice, ...]:
        """What was sent on a channel of a notice's incident, oldest first."""
        told = (notice.environment, channel, notice.incident)
        return tuple(self._notice(body) for (body,) in await self._database.rows(Step(statements.TOLD, told)))

    async def last(self, environment: str, channel: str, limit: int) -> tuple[Sent, ...]:
        """What became of the newest notices, newest first."""
        rows = await self._database.rows(Step(statements.LAST, (environment, channel, limit)))
        return tuple(Sent(self._notice(body), *told) for body, *told in rows)

    async def close(self) -> None:
        """Lets go of the database; the next use opens it again."""
        await self._database.close()

    def _notice(self, body: str) -> Notice:
        try:
            return msgspec.json.decode(body, type=Notice)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StoreError(f"store {self.where}: a notice can't be read: {error}; use another store") from error
