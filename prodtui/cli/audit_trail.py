"""From an act to its entry in the audit trail: who, when, what, on what, with what result. Never a secret."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from prodtui.cli.store import place_of
from prodtui.model.audited import Act

if TYPE_CHECKING:
    from prodtui.audit.heads import Heads
    from prodtui.audit.trail import Trail, Written
    from prodtui.model.audited import Actor, Deed
    from prodtui.settings.loaded import Environment

LONGEST = 2_000
"""Characters kept of a detail."""
_NOTHING: Mapping[str, str] = {}


class Done(NamedTuple):
    """An act as whoever did it tells it."""

    act: Act
    about: str
    result: str
    details: Mapping[str, str] = _NOTHING


async def written(
    environment: Environment, act: Act, about: str, result: str, details: Mapping[str, str] = _NOTHING
) -> str | None:
    """Writes down one act of an environment. Gives a remark where that failed, within seconds; never raises."""
    async with auditing(environment) as scribe:
        return await scribe.written(act, about, result, details)


async def require_written(
    environment: Environment, act: Act, about: str, result: str, details: Mapping[str, str] = _NOTHING
) -> str | None:
    """Writes down what is about to be done: what can't be audited is not to be done. Raises UsageError.

    A real entry, no trial: that a disk is full shows when something is kept, not before. Gives a remark where the
    entry is kept and something beside it is wrong.
    """
    async with auditing(environment) as scribe:
        return await scribe.require(act, about, result, details)


class Scribe:
    """Writes the acts of one environment into the audit trail of its store, which stays open between them."""

    def __init__(self, environment: Environment, patience_s: float | None = None) -> None:
        """`patience_s`: how long the store may take for an entry; None: what it is worth to the gate."""
        self._environment = environment
        self._patience_s = patience_s
        self._trail: Trail | None = None

    async def written(self, act: Act, about: str, result: str, details: Mapping[str, str]) -> str | None:
        """As `prodtui.model.audited.Audited`."""
        return await self.all_written(Done(act, about, result, details))

    async def recorded(self, act: Act, about: str, result: str, details: Mapping[str, str]) -> str | None:
        """As `prodtui.model.audited.Recorded`. Raises StoreError."""
        return (await self._append((Done(act, about, result, details),))).remark

    async def all_written(self, *done: Done) -> str | None:
        """Writes down acts in this order, all or none; a remark where that failed."""
        from prodtui.model.errors import ProdtuiError

        try:
            return (await self._append(done)).remark
        except ProdtuiError as error:
            return f"{error}; not in the audit trail: {', '.join(dict.fromkeys(each.act.value for each in done))}"

    async def require(self, act: Act, about: str, result: str, details: Mapping[str, str]) -> str | None:
        """As `require_written`. Raises UsageError."""
        from prodtui.model.errors import ProdtuiError, UsageError

        try:
            return await self.recorded(act, about, result, details)
        except ProdtuiError as error:
            raise UsageError(f"{error}; nothing is done, since it could not be audited") from error

    async def close(self) -> None:
        """Lets go of the store, within the time that it is worth."""
        from prodtui.cli.gate import in_time

        if self._trail is not None:
            await in_time(self._trail.close(), "")

    async def _append(self, done: tuple[Done, ...]) -> Written:
        """Raises StoreError, also where the store does not answer in time."""
        from prodtui.cli.actor import actor
        from prodtui.cli.gate import STORE_S, in_time
        from prodtui.journal.database import StoreError

        if self._trail is None:
            self._trail = trail_in(self._environment.store, self._environment.heads)
        who, now = await asyncio.to_thread(actor), time.time()
        deeds = [_deed(self._environment.name, who, now, each) for each in done]
        within_s = STORE_S if self._patience_s is None else self._patience_s
        kept, late = await in_time(self._trail.append(*deeds), "what was to be written may not be kept", within_s)
        if kept is None:
            raise StoreError(late)
        return kept


@asynccontextmanager
async def auditing(environment: Environment, patience_s: float | None = None) -> AsyncIterator[Scribe]:
    """A scribe for as long as it is entered."""
    scribe = Scribe(environment, patience_s)
    try:
        yield scribe
    finally:
        await scribe.close()


def trail_in(store: str | None, heads: Path | None) -> Trail:
    """The trail in this store, its heads in this directory; None: the user's own. Raises StoreError."""
    from prodtui.audit.trail import Trail
    from prodtui.journal.store import database_at

    return Trail(database_at(place_of(store)), heads_of(store, heads))


def trail_to_read(store: str | None, heads: Path | None) -> Trail | None:
    """As `trail_in`, also from a file that may only be read; None where there is no file. Raises StoreError."""
    from prodtui.audit.trail import Trail
    from prodtui.journal.sqlite_database import SqliteDatabase

    place = place_of(store)
    file = Path(place).expanduser()
    if "://" in place or os.access(file, os.W_OK):
        return trail_in(store, heads)
    return Trail(SqliteDatabase(file, read_only=True), heads_of(store, heads)) if file.exists() else None


def heads_of(store: str | None, directory: Path | None) -> Heads:
    """Where the heads of this store's trail are kept."""
    from prodtui.audit.heads import Heads, heads_file
    from prodtui.cli.log import log_file

    return Heads(heads_file(directory or log_file().parent, place_of(store)))


def _deed(environment: str, who: Actor, at: float, done: Done) -> Deed:
    from prodtui.model.audited import Deed
    from prodtui.model.text import neutralise, neutralise_name
    from prodtui.settings.redaction import REDACTED, redact_url, secret_name

    return Deed(
        at=at,
        environment=environment,
        actor=who,
        act=done.act,
        about=neutralise_name(redact_url(done.about)),
        result=neutralise_name(redact_url(done.result)),
        details={
            neutralise_name(name): REDACTED if secret_name(name) else neutralise(redact_url(value), longest=LONGEST)
            for name, value in done.details.items()
        },
    )
