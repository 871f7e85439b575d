"""From an environment to its journal, and from a time to what is asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.model.errors import UsageError

if TYPE_CHECKING:
    from prodtui.journal.journal import Journal
    from prodtui.model.moment import Moment
    from prodtui.readiness.policy import Policy
    from prodtui.readiness.standard import Standard
    from prodtui.reports.watching import KeptJournal
    from prodtui.settings.loaded import Environment, JournalPlace

DEFAULT_S = 15 * 60.0
"""How far back an incident is told of where nothing fails."""
BEFORE_S = 120.0
"""What is told of the time before the first onset."""
LONGEST_S = 24 * 3_600.0


def journal_of(environment: Environment) -> Journal | None:
    """The environment's journal, not opened yet; None where nothing is kept. Raises StoreError for a wrong place."""
    from prodtui.journal.ground import Limits
    from prodtui.journal.places import journal_at

    place = environment.journal
    if place is None:
        return None
    return journal_at(_where(place), environment.name, Limits(place.keep_s, place.most_bytes))


def _where(place: JournalPlace) -> str:
    from prodtui.cli.log import log_file

    return place.path or str(log_file().parent)


def kept(journal: Journal | None) -> KeptJournal | None:
    """How a journal is now."""
    from prodtui.reports.watching import KeptJournal

    if journal is None:
        return None
    file = Path(journal.where)
    sizes = [part.stat().st_size for part in (file, Path(f"{file}-wal")) if part.is_file()]
    return KeptJournal(where=journal.where, bytes=sum(sizes) if sizes else None, notice=journal.notice)


@asynccontextmanager
async def looked_back(environment: Environment) -> AsyncIterator[Journal]:
    """The environment's journal to look back in. Raises UsageError where there is none or it can't be read."""
    from prodtui.journal.database import StoreError
    from prodtui.journal.places import file_of, journal_at, journal_in

    name = environment.name
    if environment.journal is None:
        raise UsageError(f"nothing is kept of {name}: the configuration says [journal] enabled = false")
    where = _where(environment.journal)
    nothing = f"nothing is kept of {name} in {{}}; `prodtui watch --env {name}` keeps it while no one looks"
    try:
        file = None if "://" in where else file_of(where, name)
        if file is not None and not file.exists():
            raise UsageError(nothing.format(file))
        # A file is only read: who looks back leaves no trace.
        journal = journal_at(where, name) if file is None else await journal_in(file, name)
        try:
            if await journal.span() is None:
                raise UsageError(nothing.format(journal.where))
            yield journal
        finally:
            await journal.close()
    except StoreError as error:
        raise UsageError(str(error)) from error


async def moment_at(environment: Environment, policy: Policy, standard: Standard, at: float) -> Moment:
    """The environment as it was at a Unix time. Raises UsageError where the journal does not reach so far back."""
    from prodtui.watch.past import moment_at as told_again
    from prodtui.watch.polls import with_release

    async with looked_back(environment) as journal:
        await require(journal, at)
        return await told_again(journal, with_release(environment, policy).declared, standard, at)


async def require(journal: Journal, at: float) -> None:
    """Raises UsageError for a time before anything was kept."""
    from prodtui.reports.incident.words import dated

    span = await journal.span()
    if span is not None and at < span[0]:
        kept = f"{dated(span[0])} to {dated(span[1])}"
        raise UsageError(f"nothing is kept of {dated(at)}: the journal {journal.where} goes from {kept}")


def began(moment: Moment) -> float:
    """From when on the incident that is open at a moment is told: shortly before the first onset of what fails."""
    from prodtui.model.assessment import Verdict

    failing = [s.name for s in moment.assessment.services if s.verdict in (Verdict.NOT_READY, Verdict.INCONCLUSIVE)]
    known = [since.at for name in failing if (since := moment.since.get(f"verdict:{name}")) is not None]
    known += [first.cause.onset.at or first.cause.onset.not_after for first in moment.first]
    earliest = min(known) - BEFORE_S if known else moment.now - DEFAULT_S
    return max(moment.now - LONGEST_S, min(earliest, moment.now - BEFORE_S))
