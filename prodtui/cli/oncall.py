"""From an environment's `[notify.NAME]` tables to whoever is on call."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodtui.model.declared import Tier
from prodtui.model.errors import ProdtuiError

if TYPE_CHECKING:
    from prodtui.cli.audit_trail import Scribe
    from prodtui.journal.notice_store import NoticeStore
    from prodtui.model.notice import Notice
    from prodtui.oncall.channel import Channel
    from prodtui.oncall.sending import OnCall
    from prodtui.settings.loaded import Environment

LAST_S = 15.0
"""How long a command that ends waits for its last message to be sent."""


def channels(environment: Environment, ring: Callable[[str], None] | None = None) -> tuple[Channel, ...]:
    """The environment's channels; a terminal's only where `ring` writes to one."""
    from prodtui.oncall.channels.opened import opened

    return opened(environment.notify, ring)


def notices_in(environment: Environment) -> NoticeStore:
    """The outbox in the environment's store, not opened yet. Raises StoreError."""
    from prodtui.cli.store import place_of
    from prodtui.journal.notice_store import NoticeStore
    from prodtui.journal.store import database_at

    return NoticeStore(database_at(place_of(environment.store)))


@asynccontextmanager
async def on_call(
    environment: Environment,
    say: Callable[[str], None],
    *,
    ring: Callable[[str], None] | None = None,
    only_ring: bool = False,
) -> AsyncIterator[OnCall | None]:
    """Tells whoever is on call for as long as it is entered, each send audited; None where nobody is to be told.

    `say` tells a person what can't be sent. `only_ring`: nothing leaves this terminal.
    """
    found = await _found(environment, ring, only_ring=only_ring)
    if not found:
        yield None
        return
    from prodtui.cli.audit_trail import Scribe
    from prodtui.oncall.sending import OnCall

    store = _store(environment, say) if any(one.shared for one in found) else None
    by = f"{os.uname().nodename}/{os.getpid()}/{secrets.token_hex(4)}"
    scribe = Scribe(environment)
    telling = OnCall(environment.name, found, store, by=by, audited=scribe.written, say=say)
    tasks = await asyncio.TaskGroup().__aenter__()
    running = tasks.create_task(telling.run(), name="on call")
    try:
        yield telling
    finally:
        running.cancel()
        # Whatever ends the block, as the closing of a generator does, is no failure of the group's.
        await tasks.__aexit__(None, None, None)
        await _let_go(telling, store, scribe)


@asynccontextmanager
async def decisions_told(
    environment: Environment, say: Callable[[str], None], ring: Callable[[str], None] | None = None
) -> AsyncIterator[Callable[[Notice], Awaitable[None]]]:
    """Tells whoever is on call what is decided by this command, with the tiers of the services that it is about.

    What it can't send before it ends waits in the store for whoever watches. `ring` writes to its terminal.
    """
    async with on_call(environment, say, ring=ring) as telling:
        if telling is None:
            yield _nobody
            return
        declared = {one.name: one.tier for one in environment.declared.services}

        async def tell(notice: Notice) -> None:
            tiers = {(declared.get(name) or Tier.B).value for name in notice.services}
            await telling.tell(replace(notice, tiers=tuple(sorted(tiers))))

        try:
            yield tell
        finally:
            await _delivered(telling)


async def _nobody(_: Notice) -> None:
    """Nobody is to be told."""


async def _delivered(telling: OnCall) -> None:
    try:
        async with asyncio.timeout(LAST_S):
            await telling.deliver()
    except TimeoutError:
        return


async def _found(
    environment: Environment, ring: Callable[[str], None] | None, *, only_ring: bool
) -> tuple[Channel, ...]:
    from prodtui.sources.imports import imported

    if not environment.notify:
        return ()
    for module in ("prodtui.oncall.channels.opened", "prodtui.oncall.sending"):
        await imported(module)
    return tuple(one for one in channels(environment, ring) if not (only_ring and one.shared))


def _store(environment: Environment, say: Callable[[str], None]) -> NoticeStore | None:
    try:
        return notices_in(environment)
    except ProdtuiError as error:
        say(f"{error}; notifications are sent from here without it: another prodtui may send them too")
        return None


async def _let_go(telling: OnCall, store: NoticeStore | None, scribe: Scribe) -> None:
    from prodtui.cli.gate import in_time

    await scribe.close()
    await in_time(telling.close(), "")
    if store is not None:
        await in_time(store.close(), "")
