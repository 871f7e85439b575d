"""Who polls: the one prodtui that has the journal's lease; all others follow what it keeps."""

from __future__ import annotations

import asyncio
import logging
import time

from prodtui.journal.database import StoreError
from prodtui.journal.journal import Journal
from prodtui.model.declared import Declared
from prodtui.model.mark import Mark
from prodtui.readiness.standard import PLAIN, Standard
from prodtui.settings.loaded import Environment
from prodtui.watch.course import Course
from prodtui.watch.following import Following
from prodtui.watch.live import Watch
from prodtui.watch.marks import resumed, same_systems
from prodtui.watch.past import tell_again
from prodtui.watch.polls import with_release

_log = logging.getLogger(__name__)
PATIENCE_S = 2.0
"""A journal that takes longer is let be: production is looked at without it, and it goes on trying."""
RESUMED_WITHIN_S = 3600.0
"""What is older says nothing of since when things are as they are now."""


async def opened(
    environment: Environment, standard: Standard = PLAIN, journal: Journal | None = None
) -> Watch | Following:
    """A watch that goes on where the last one ended; where another prodtui polls already, one that follows it.

    What is wrong with the journal is its notice. One that is kept of other systems is left alone, with a warning.
    """
    if journal is None:
        return Watch(environment, standard)
    declared = with_release(environment, standard.policy).declared
    try:
        async with asyncio.timeout(PATIENCE_S):
            if await journal.try_lease():
                return Watch(environment, standard, journal, mark=await last(journal, declared, standard, time.time()))
            newest = await journal.newest()
    except (StoreError, TimeoutError) as error:
        _log.warning("%s", str(error) or f"journal {journal.where}: no answer in time")
        return Watch(environment, standard, journal)
    if newest is not None and not same_systems(newest.mark.declared, declared):
        _log.warning("journal %s: another prodtui keeps it of other systems; nothing is kept here", journal.where)
        return Watch(environment, standard)
    return Following(environment, standard, journal, newest=newest)


async def last(journal: Journal, declared: Declared, standard: Standard, now: float) -> Mark | None:
    """The state that a watch goes on from; None where nothing is kept, or only what is too old. Raises StoreError."""
    newest = await journal.newest()
    if newest is None:
        return None

    def told() -> Mark:
        course = Course(declared, standard, mark=newest.mark)
        tell_again(course, newest.told)
        left_at = max((each.at for each in newest.told), default=newest.mark.at)
        return resumed(course.mark(left_at), now)

    mark = await asyncio.to_thread(told)
    return mark if abs(now - mark.told_at) < RESUMED_WITHIN_S else None
