"""Which journal a path or URL means. Nothing is opened before it is used."""

from __future__ import annotations

from pathlib import Path

from prodtui.journal.database import StoreError
from prodtui.journal.ground import Limits
from prodtui.journal.kept import KeptJournal


def journal_at(where: str, environment: str, limits: Limits | None = None) -> KeptJournal:
    """An environment's journal: a file of its own in a directory, or its part of a postgresql:// database.

    Raises StoreError.
    """
    if where.startswith(("postgresql://", "postgres://")):
        from prodtui.journal.postgresql_ground import PostgresqlGround

        return KeptJournal(environment, PostgresqlGround(where), limits)
    scheme, separator, _ = where.partition("://")
    if separator:
        raise StoreError(f'journal: "{scheme}://" is not known; give a directory or a postgresql:// URL')
    from prodtui.journal.sqlite_ground import SqliteGround

    return KeptJournal(environment, SqliteGround(file_of(where, environment)), limits)


def file_of(directory: str, environment: str) -> Path:
    """The file of an environment's journal in a directory."""
    return Path(directory).expanduser() / f"{environment}.journal"


async def journal_in(file: Path, environment: str | None = None) -> KeptJournal:
    """The journal in a file, to be read only; of its one environment, where none is named. Raises StoreError."""
    from prodtui.journal.sqlite_ground import SqliteGround

    ground = SqliteGround(file, read_only=True)
    try:
        known = await KeptJournal("", ground).environments()
    finally:
        await ground.reading.close()
    if environment is None and len(known) == 1:
        environment = known[0]
    if environment is None or environment not in known:
        listed = ", ".join(known) or "none"
        raise StoreError(f"journal {ground.reading.where}: which environment? In it: {listed}")
    return KeptJournal(environment, ground)
