"""The incident that ended last before a moment, out of the journal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prodtui.cli.incidents import incident_between
from prodtui.model.assessment import Verdict
from prodtui.model.errors import ProdtuiError
from prodtui.timeline.acknowledged import unready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prodtui.journal.journal import Journal
    from prodtui.model.declared import Declared
    from prodtui.model.moment import Moment
    from prodtui.readiness.standard import Standard

LATELY_S = 3_600.0
PATIENCE_S = 10.0
_BEFORE_S = 5.0
"""So long before a service was well again it was not: whoever looks later may judge it well a little sooner."""
_AFTER_S = 1.0
"""So long after that all that is known of it is kept."""
_MOST = 3
"""Recoveries that are looked into: what only began has none that broke first."""


async def ended_last(journal: Journal, declared: Declared | None, standard: Standard, moment: Moment) -> str:
    """What broke first, what it reached, from when to when, in one sentence; empty where nothing ended within the hour.

    That it can't be told is told.
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _ended_last(journal, declared, standard, moment)
    except ProdtuiError as error:
        return f"Nobody can tell: {error}"
    except TimeoutError:
        return f"Not known after {PATIENCE_S:.0f} s; `prodtui export --from TIME --to TIME` tells it."


async def _ended_last(journal: Journal, declared: Declared | None, standard: Standard, moment: Moment) -> str:
    from prodtui.reports.incident.summary import summary
    from prodtui.watch.past import moment_at

    still = {first.cause.key for first in moment.first}
    for at, name in sorted(_recoveries(moment), reverse=True)[:_MOST]:
        before = await moment_at(journal, declared, standard, at - _BEFORE_S)
        # Not from longer before: that may have been another incident.
        began = (before.since.get(unready(name)) or before.since[f"verdict:{name}"]).at
        until = min(moment.now, at + _AFTER_S)
        found = await incident_between(journal, declared, standard, began, until)
        if found.first and found.first[0].cause.key not in still:
            return summary(found)
    return ""


def _recoveries(moment: Moment) -> Iterator[tuple[float, str]]:
    """When services that are well now became so, within the hour, and their names."""
    for service in moment.assessment.services:
        since = moment.since.get(f"verdict:{service.name}")
        if service.verdict is not Verdict.READY or since is None or since.censored:
            continue
        if moment.now - since.at < LATELY_S:
            yield since.at, service.name
