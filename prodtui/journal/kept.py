"""The journal that survives: rows in a database, read and written beside the loop."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from prodtui.journal import statements
from prodtui.journal.backlog import Backlog
from prodtui.journal.database import Step, StoreError
from prodtui.journal.entries import UnreadableError, unpacked, unpacked_event, unpacked_mark
from prodtui.journal.ground import Ground, Limits
from prodtui.journal.journal import Stretch, Tail
from prodtui.journal.writer import Writer
from prodtui.model.incident import Acknowledgement
from prodtui.model.mark import Entry, Mark, Told
from prodtui.model.moment import Event

_log = logging.getLogger(__name__)
T = TypeVar("T")
BATCH_S = 1.0
"""What SIGKILL may cost."""
LONGEST_PAUSE_S = 10.0
"""Between two tries of what can't be written."""
LOOKED_UP_S = 2.0
"""How often it is looked up who has seen what."""
CLOSING_S = 3.0
TAIL = 200
"""Rows followed at a time."""
ACKNOWLEDGED = 100
EVENTS = 10_000
_EVER = 2.0**62


class KeptJournal:
    """One environment's, in a file or in PostgreSQL."""

    def __init__(self, environment: str, ground: Ground, limits: Limits | None = None) -> None:
        self._environment = environment
        self._ground = ground
        self._backlog = Backlog()
        self._writer = Writer(environment, ground, self._backlog, limits or Limits(), secrets.token_hex(8))
        self._acknowledged: tuple[Acknowledgement, ...] = ()
        self._looked_up = 0.0
        self._notice = ""
        self._dictionary: tuple[int, bytes] | None = None
        """Of the row followed last: its number, and the dictionary of what comes after it."""

    @property
    def where(self) -> str:
        return self._ground.writing.where

    @property
    def notice(self) -> str:
        return self._notice

    @property
    def tail_s(self) -> float:
        return self._ground.tail_s

    @property
    def acknowledged(self) -> tuple[Acknowledgement, ...]:
        return self._acknowledged

    async def try_lease(self) -> bool:
        return await self._writer.try_lease()

    def due(self, at: float) -> bool:
        return self._writer.due(at)

    def append(self, entry: Entry | Event) -> None:
        self._writer.append(entry)

    async def run(self) -> None:
        pause_s = BATCH_S
        while True:
            await asyncio.sleep(pause_s)
            try:
                kept = await self._writer.write()
                others = f"journal {self.where}: another prodtui keeps it; what this one reads is not kept"
                self._say("" if kept else others)
                pause_s = BATCH_S
                await self._look_up()
            except StoreError as error:
                self._say(str(error))
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _say(self, trouble: str) -> None:
        lost = f"; {self._backlog.dropped:,} readings are lost" if self._backlog.dropped else ""
        if trouble and not self._notice:
            _log.warning("%s", trouble)
        elif self._notice and not trouble:
            _log.warning("journal %s: kept again%s", self.where, lost)
            self._backlog.dropped = 0
        self._notice = f"{trouble}{lost}" if trouble else ""

    async def before(self, at: float) -> Stretch | None:
        await self._write_the_rest()
        rows = await self._rows(statements.MARK_BEFORE, at)
        if not rows:
            rows = await self._rows(statements.FIRST_MARK)
            at = -_EVER
        return await self._stretch(rows, at)

    async def newest(self) -> Stretch | None:
        await self._write_the_rest()
        return await self._stretch(await self._rows(statements.LAST_MARK), _EVER)

    async def _stretch(self, marks: Sequence[Sequence[Any]], at: float) -> Stretch | None:
        if not marks:
            return None
        number, body = marks[0]
        rows = await self._rows(statements.AFTER_MARK, number, at, int(_EVER))

        def read() -> tuple[Mark, Sequence[Told], bytes]:
            mark, dictionary = unpacked_mark(body)
            return mark, unpacked((each[1] for each in rows), dictionary), dictionary

        mark, told, dictionary = await self._in_thread(read)
        last = rows[-1][0] if rows else number
        self._dictionary = (last, dictionary)
        return Stretch(mark, [each for each in told if each.at <= at], last)

    async def _write_the_rest(self) -> None:
        if self._writer.held:
            with suppress(StoreError):  # what can't be written is said by `run`
                await self._writer.write()

    async def tail(self, after: int) -> Tail:
        rows = await self._rows(statements.TAIL, after, TAIL)
        if time.monotonic() - self._looked_up > LOOKED_UP_S:
            await self._look_up()
        if not rows:
            return Tail(None, (), after)
        marks = [place for place, (_, mark, _) in enumerate(rows) if mark]
        if not marks and (self._dictionary is None or self._dictionary[0] != after):
            # Followed from where nobody was before: what came after is only read with its mark.
            newest = await self.newest()
            assert newest is not None  # noqa: S101 — there are rows, and the first of them all is a mark
            return Tail(newest.mark, newest.told, newest.number)
        known = self._dictionary[1] if self._dictionary else b""

        def read() -> tuple[Mark | None, Sequence[Told], bytes]:
            if not marks:
                return None, unpacked((body for _, _, body in rows), known), known
            mark, dictionary = unpacked_mark(rows[marks[-1]][2])
            return mark, unpacked((body for _, _, body in rows[marks[-1] + 1 :]), dictionary), dictionary

        mark, told, dictionary = await self._in_thread(read)
        self._dictionary = (rows[-1][0], dictionary)
        return Tail(mark, told, rows[-1][0])

    async def span(self) -> tuple[float, float] | None:
        first = await self._rows(statements.FIRST_AT)
        last = await self._rows(statements.LAST_UNTIL)
        if not first or not last:
            return None
        return min(first[0][0], last[0][0]), max(first[0][0], last[0][0])

    async def turn(self, at: float, *, forward: bool) -> float | None:
        await self._write_the_rest()
        rows = await self._rows(statements.EVENT_AFTER if forward else statements.EVENT_BEFORE, at)
        found: float | None = rows[0][0]
        return found

    async def events(self, since: float, until: float) -> tuple[Event, ...]:
        await self._write_the_rest()
        rows = await self._rows(statements.EVENTS, since, until, EVENTS)
        return await self._in_thread(lambda: tuple(unpacked_event(body) for (body,) in rows))

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        said = acknowledgement
        await self._ground.writing.change(
            Step(statements.ACKNOWLEDGE, (self._environment, said.at, said.by, said.about, said.note))
        )
        await self._look_up()

    async def acknowledged_at(self, at: float) -> tuple[Acknowledgement, ...]:
        rows = await self._rows(statements.ACKNOWLEDGED, at, ACKNOWLEDGED)
        return tuple(Acknowledgement(at=when, by=by, about=about, note=note) for when, by, about, note in rows)

    async def _look_up(self) -> None:
        if time.monotonic() - self._looked_up > LOOKED_UP_S:
            self._acknowledged = await self.acknowledged_at(_EVER)
            self._looked_up = time.monotonic()

    async def environments(self) -> tuple[str, ...]:
        """All that the file or the server has something of."""
        return tuple(name for (name,) in await self._ground.reading.rows(Step(statements.ENVIRONMENTS)))

    async def close(self) -> None:
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._writer.let_go()
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._ground.writing.close()
                await self._ground.reading.close()
        await self._ground.unlock()

    async def _rows(self, statement: str, *values: object) -> Sequence[Sequence[Any]]:
        return await self._ground.reading.rows(Step(statement, (self._environment, *values)))

    async def _in_thread(self, read: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(read)
        except UnreadableError as error:
            raise StoreError(
                f"journal {self.where}: a part of it can't be read ({error}); it is damaged or of another version: "
                "choose another time, or move it away"
            ) from error
