"""The audit trail in a store: appended to and read, never changed. Its heads are kept outside of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from prodtui.audit import chain
from prodtui.audit.chain import FIRST, Checked, Link, Walk
from prodtui.audit.heads import Head, Heads
from prodtui.journal import audit_statements as statements
from prodtui.journal.database import Database, Step, StoreError
from prodtui.model.audited import Act, Deed, Entry

TRIES = 100
"""Of each round of those who write at once one comes first: so many can be waited for."""
PAUSE_S = 0.05
PAGE = 500
_BEFORE_ALL = -(2**63)
_AFTER_ALL = 2**63 - 1


class Written(NamedTuple):
    """What was appended."""

    entries: tuple[Entry, ...]
    remark: str | None
    """What is wrong beside it: with the heads' file, or with the trail that it was appended to."""


class Trail:
    """Entries of all environments of a store. Every method raises StoreError where the database can't be used.

    An entry is in the store before its head is in the file: who is killed in between leaves an entry that is newer
    than the last head, never a head without its entry.
    """

    def __init__(self, database: Database, heads: Heads, *, page: int = PAGE) -> None:
        """`page`: entries read at a time."""
        self._database = database
        self._heads = heads
        self._page = page

    @property
    def where(self) -> str:
        """Path or address of the store, without credentials."""
        return self._database.where

    async def append(self, *deeds: Deed) -> Written:
        """Adds deeds in this order, all or none. Others may write at the same time."""
        # The file first: what it knows is then in the store.
        newest, remark = await self._newest_head()
        for _ in range(TRIES):
            head = await self.head()
            links = chain.linked(deeds, head.number, head.hash)
            if await self._database.change(*map(_appending, links)):
                break
            await asyncio.sleep(random.random() * PAUSE_S)  # noqa: S311 — spreads load, guards nothing
        else:
            raise StoreError(f"store {self.where}: {TRIES} others wrote to the audit trail first; try again")
        remark = await self._disagreement(newest, head) or remark
        added = [Head(link.number, link.hash) for link in links]
        try:
            await asyncio.to_thread(self._heads.add, added, deeds[-1].at)
        except OSError as error:
            remark = remark or self._unkept(error)
        return Written(tuple(map(chain.entry, links)), remark)

    async def head(self) -> Head:
        """The last entry's number and hash; 0 and that before the first where there is none."""
        rows = await self._database.rows(Step(statements.HEAD))
        head = Head(*rows[0]) if rows else Head(0, FIRST)
        if not isinstance(head.number, int):
            raise StoreError(
                f"store {self.where}: the audit trail ends with an entry that has no number; "
                "`prodtui audit verify` says what was done to it"
            )
        return head

    async def links(self) -> AsyncIterator[Link]:
        """Every entry as it is kept, in the order of their numbers; a page of them is in memory at a time."""
        last = _BEFORE_ALL
        while rows := await self._database.rows(Step(statements.AFTER, (last, self._page))):
            for row in rows:
                yield _link(row)
            last = rows[-1][0]

    async def verified(self, heads: Mapping[int, str]) -> Checked:
        """What is wrong with the trail first. `heads`: what is known of it from outside, read beforehand."""
        walk = Walk(heads)
        async for link in self.links():
            walk.follow(link)
            if walk.broken is not None:
                break
        return walk.end()

    async def entries(
        self, *, since: float, until: float, environment: str = "", act: Act | None = None
    ) -> AsyncIterator[Entry]:
        """The entries between two times, newest first; of every environment and act where none is given."""
        before = _AFTER_ALL
        asked = (since, until, environment, act.value if act else "")
        while rows := await self._database.rows(Step(statements.FOUND, (before, *asked, self._page))):
            for row in rows:
                yield self._entry(_link(row))
            before = rows[-1][0]

    async def close(self) -> None:
        """Lets go of the database; the next use opens it again."""
        await self._database.close()

    def _entry(self, link: Link) -> Entry:
        try:
            return chain.entry(link)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StoreError(
                f"store {self.where}: entry {link.number} of the audit trail can't be read: {error}; "
                "`prodtui audit verify` says whether it was edited, a newer prodtui wrote it otherwise"
            ) from error

    async def _newest_head(self) -> tuple[Head | None, str | None]:
        try:
            return await asyncio.to_thread(self._heads.newest), None
        except OSError as error:
            return None, self._unkept(error)

    async def _disagreement(self, known: Head | None, head: Head) -> str | None:
        """What the heads' file knows otherwise. `head`: the trail's, read after the file."""
        if known is None:
            return None
        found = head.hash
        if known.number < head.number:
            rows = await self._database.rows(Step(statements.HASH, (known.number,)))
            found = rows[0][0] if rows else ""
        if known.number <= head.number and found == known.hash:
            return None
        return (
            f"the audit trail in store {self.where} is not as it was written, by entry {known.number} of "
            f"{self._heads.path}: `prodtui audit verify` says what was done to it"
        )

    def _unkept(self, error: OSError) -> str:
        return (
            f"{self._heads.path}: {error.strerror}; the audit trail's head is not kept outside the store: "
            "make it writable, or give [audit] heads another directory"
        )


def _appending(link: Link) -> Step:
    at, environment, act = link.found_by or (0.0, "", "")
    values = (link.number, at, environment, act, link.deed, link.before, link.hash)
    return Step(statements.APPEND, values)


def _link(row: Sequence[Any]) -> Link:
    """A row as it is, whatever types somebody gave its columns: SQLite takes any."""
    number, at, environment, act, body, before, own = row
    return Link(
        number=number if isinstance(number, int) else 0,
        before=str(before),
        hash=str(own),
        deed=str(body),
        found_by=(at, str(environment), str(act)),
    )
