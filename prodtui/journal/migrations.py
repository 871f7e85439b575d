"""How the store's tables came to be: numbered from 1, applied in order, each once, never changed once released."""

from __future__ import annotations

from prodtui.journal.store import StoreError

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        create table prodtui_evaluations (
            id text primary key,
            environment text not null,
            at double precision not null,
            accepted_at double precision,
            accepted_by text not null,
            pinned boolean not null,
            max_drift double precision not null,
            body text not null
        )
        """,
        "create index prodtui_evaluations_newest on prodtui_evaluations (environment, at)",
        "create unique index prodtui_evaluations_pinned on prodtui_evaluations (environment) where pinned",
        """
        create table prodtui_streaks (
            environment text primary key,
            at double precision not null,
            body text not null
        )
        """,
    ),
)
NEWEST = len(MIGRATIONS)


def missing(version: int, where: str) -> tuple[tuple[str, ...], ...]:
    """The migrations that a store of this version lacks. Raises StoreError where a newer prodtui wrote it."""
    if version > NEWEST:
        raise StoreError(
            f"store {where}: written by a newer prodtui (version {version} of its tables, this one knows {NEWEST}); "
            "upgrade prodtui, or give another store"
        )
    return MIGRATIONS[version:]
