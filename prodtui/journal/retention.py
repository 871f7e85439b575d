"""What is too old or too much is dropped, the oldest first, a mark with all that followed on it at a time."""

from __future__ import annotations

from prodtui.journal import statements
from prodtui.journal.database import Step
from prodtui.journal.ground import Ground, Limits

FULL = 0.95
"""Of the limit: the rest is what may come before it is looked at again."""
AT_ONCE = 50
"""Stretches dropped at a time, so that a lower limit does not hold up what is to be written."""


async def drop_old(ground: Ground, environment: str, limits: Limits, oldest_at: float | None) -> bool:
    """Drops what is over the limits, and what was kept before a time; tells whether there is more to drop.

    Raises StoreError.
    """
    database, dropped = ground.writing, 0
    used = await ground.used(environment)
    while dropped < AT_ONCE:
        second = await database.rows(Step(statements.SECOND_MARK, (environment,)))
        if not second:
            break
        number, at = second[0]
        if used <= limits.most_bytes * FULL and (oldest_at is None or at >= oldest_at):
            break
        await database.change(
            Step(statements.DROP_EVENTS_BEFORE, (environment, number)),
            Step(statements.DROP_BEFORE, (environment, number)),
        )
        dropped += 1
        used = await ground.used(environment)
    if oldest_at is not None:
        await database.change(Step(statements.DROP_ACKNOWLEDGED, (environment, oldest_at)))
    await ground.give_back(limits.most_bytes)
    return dropped == AT_ONCE
