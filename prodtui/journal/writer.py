"""Who writes a journal: under the lease, in batches, each of which is kept whole or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from prodtui.journal import statements
from prodtui.journal.backlog import Backlog, Row, rows_of
from prodtui.journal.database import Step, StoreError
from prodtui.journal.entries import UnwritableError
from prodtui.journal.ground import Ground, Limits
from prodtui.journal.retention import drop_old
from prodtui.model.mark import Entry, Mark
from prodtui.model.moment import Event

MARK_S = 60.0
"""Time between two marks: what a look back has to tell again at most, where that is less than the mark itself."""
LONGEST_MARK_S = 600.0
SHARE = 0.25
"""Of the mark's size: what must have followed on it before another one is worth its room."""
JUMPED_S = 2.0
"""A clock that goes back by more was set; times are in order between two marks."""
RENEWED_S = 3.0
CHECKED_S = 60.0
"""How often it is looked for what to drop, and when so large a share of the limit was written since."""
CHECKED_SHARE = 0.02
STEADY_S = 600.0
"""How long the clock must have gone on steadily before anything is dropped for its age."""


class Writer:
    """Takes entries on the loop and writes them in a thread; one write at a time."""

    def __init__(self, environment: str, ground: Ground, backlog: Backlog, limits: Limits, holder: str) -> None:
        self._environment = environment
        self._ground = ground
        self._backlog = backlog
        self._limits = limits
        self._holder = holder
        self._one_at_a_time = asyncio.Lock()
        self.held = False
        """Whether the lease is ours, as far as we know."""
        self._renewed = 0.0
        self._number = 0
        """Of the last row."""
        self._anew = True
        self._mark_at = 0.0
        self._last_at = 0.0
        self._mark_bytes = self._since_mark_bytes = 0
        self._encoding: Sequence[Entry | Event] = ()
        self._pending: Sequence[Row] = ()
        """Rows that are not known to be kept; written again under the same numbers they are kept once."""
        self._dictionary: bytes | None = None
        self._checked = time.monotonic()
        self._unchecked_bytes = 0
        self._more_to_drop = True
        self._clock = time.time() - time.monotonic()
        self._steady_since = time.monotonic()

    def due(self, at: float) -> bool:
        """Whether the next entry had better be a mark."""
        if self._anew or at < self._last_at - JUMPED_S:
            return True
        ago_s = at - self._mark_at
        return ago_s >= MARK_S and (
            self._since_mark_bytes >= self._mark_bytes * SHARE or ago_s >= LONGEST_MARK_S or ago_s < 0
        )

    def append(self, entry: Entry | Event) -> None:
        """Takes one more entry."""
        if isinstance(entry, Mark):
            self._anew, self._mark_at = False, entry.at
        self._last_at = entry.at
        if not self._backlog.add(entry):
            self._anew = True

    async def try_lease(self) -> bool:
        """Takes the lease, or keeps it. Raises StoreError."""
        async with self._one_at_a_time:
            return await self._leased()

    async def _leased(self) -> bool:
        database = self._ground.writing
        if not await self._ground.lock():
            return False
        if not await database.change(self._ground.claim(self._environment, self._holder)):
            return False
        newest = (await database.rows(Step(statements.NEWEST_NUMBER, (self._environment,))))[0][0]
        if newest not in (self._number, self._number + len(self._pending)):
            # Somebody else wrote meanwhile: what we have follows on what is no longer the last.
            self._number = newest
            if self._dictionary is not None:
                self._backlog.drop()
                self._start_anew()
        self.held, self._renewed = True, time.monotonic()
        return True

    def _start_anew(self) -> None:
        """What comes next must be a mark."""
        self._pending, self._encoding, self._dictionary, self._anew = (), (), None, True

    async def write(self) -> bool:
        """Writes what waits; False: another prodtui has the lease. Raises StoreError."""
        async with self._one_at_a_time:
            if not self.held or not await self._written():
                self.held = False
                if not await self._leased():
                    # Another one keeps what it reads itself.
                    self._backlog.taken()
                    self._start_anew()
                    return False
                await self._written()
            await self._drop_old()
            return True

    async def _written(self) -> bool:
        """Writes what waits; False: the lease was lost."""
        if not self._pending:
            self._encoding = [*self._encoding, *self._backlog.taken()]
            try:
                self._pending, self._dictionary = await asyncio.to_thread(rows_of, self._encoding, self._dictionary)
            except UnwritableError as error:
                self._backlog.drop()
                self._start_anew()
                raise StoreError(
                    f"journal {self._ground.writing.where}: what a source said can't be written: {error}; "
                    "it is left out, and the next mark starts anew"
                ) from error
            self._encoding = ()
        renewal = self._ground.renewal(self._environment, self._holder)
        if not self._pending and time.monotonic() - self._renewed < RENEWED_S:
            return True
        steps = [step for place, row in enumerate(self._pending, self._number + 1) for step in self._steps(place, row)]
        # Renewed first, it is ours until the end; renewed last, its count tells whether it was ours.
        if not await self._ground.writing.change(renewal, *steps, renewal):
            return False
        self._renewed = time.monotonic()
        for row in self._pending:
            size = _size(row)
            if row.mark:
                self._mark_bytes, self._since_mark_bytes = size, 0
            else:
                self._since_mark_bytes += size
            self._unchecked_bytes += size
        self._number += len(self._pending)
        self._pending = ()
        return True

    def _steps(self, number: int, row: Row) -> list[Step]:
        environment, holder = self._environment, self._holder
        return [
            Step(statements.ADD, (environment, number, row.mark, row.at, row.until, _size(row), row.body, holder)),
            *(
                Step(statements.ADD_EVENT, (environment, number, place, at, body, holder))
                for place, (at, body) in enumerate(row.events)
            ),
        ]

    async def _drop_old(self) -> None:
        now = time.monotonic()
        clock = time.time() - now
        if abs(clock - self._clock) > JUMPED_S:
            # By a clock that was set nothing is too old; it may be set back.
            self._clock, self._steady_since = clock, now
        much = self._unchecked_bytes > self._limits.most_bytes * CHECKED_SHARE
        if not (self._more_to_drop or much or now - self._checked > CHECKED_S):
            return
        self._checked, self._unchecked_bytes = now, 0
        steady = now - self._steady_since > STEADY_S
        oldest_at = time.time() - self._limits.keep_s if steady else None
        self._more_to_drop = await drop_old(self._ground, self._environment, self._limits, oldest_at)

    async def let_go(self) -> None:
        """Writes what waits, and gives the lease back. Raises StoreError."""
        async with self._one_at_a_time:
            if not self.held:
                return
            try:
                await self._written()
            finally:
                self.held = False
                with suppress(StoreError):
                    await self._ground.writing.change(Step(statements.RELEASE, (self._environment, self._holder)))


def _size(row: Row) -> int:
    return len(row.body) + sum(len(body) for _, body in row.events)
