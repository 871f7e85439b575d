"""How the tables of store and journal came to be: numbered from 1, applied in order, each once, never changed later."""

from __future__ import annotations

from prodtui.journal.database import StoreError

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
    (
        # SQLite takes a bytea as it takes a blob.
        """
        create table prodtui_journal (
            environment text not null,
            number bigint not null,
            mark boolean not null,
            at double precision not null,
            until double precision not null,
            size bigint not null,
            body bytea not null,
            primary key (environment, number)
        )
        """,
        "create index prodtui_journal_marks on prodtui_journal (environment, at, number) where mark",
        """
        create table prodtui_events (
            environment text not null,
            number bigint not null,
            place bigint not null,
            at double precision not null,
            body bytea not null,
            primary key (environment, number, place)
        )
        """,
        "create index prodtui_events_at on prodtui_events (environment, at)",
        """
        create table prodtui_acknowledgements (
            environment text not null,
            at double precision not null,
            by_whom text not null,
            about text not null,
            note text not null
        )
        """,
        "create index prodtui_acknowledgements_at on prodtui_acknowledgements (environment, at)",
        """
        create table prodtui_leases (
            environment text primary key,
            holder text not null,
            until double precision not null
        )
        """,
    ),
    (
        # Entries are never changed: their numbers have no gaps, and each hash is of all that came before.
        """
        create table prodtui_audit (
            number bigint primary key,
            at double precision not null,
            environment text not null,
            act text not null,
            body text not null,
            before text not null,
            hash text not null
        )
        """,
        "create index prodtui_audit_at on prodtui_audit (environment, at)",
        """
        create table prodtui_loads (
            id text primary key,
            environment text not null,
            name text not null,
            at double precision not null,
            body text not null
        )
        """,
        "create index prodtui_loads_newest on prodtui_loads (environment, name, at)",
        """
        create table prodtui_rollouts (
            id text primary key,
            environment text not null,
            service text not null,
            started_at double precision not null,
            ended_at double precision,
            driver text not null,
            driven_until double precision not null,
            wanted text not null,
            body text not null
        )
        """,
        "create index prodtui_rollouts_newest on prodtui_rollouts (environment, started_at)",
        # Of two that start at once only one can.
        "create unique index prodtui_rollouts_open on prodtui_rollouts (environment, service) where ended_at is null",
        # One row a notice and channel: whoever sees the event first writes it, whoever claims it sends it.
        """
        create table prodtui_notices (
            id text not null,
            channel text not null,
            environment text not null,
            at double precision not null,
            tries bigint not null,
            due_at double precision not null,
            claimed_by text not null,
            claimed_until double precision not null,
            done_at double precision,
            result text not null,
            body text not null,
            primary key (id, channel)
        )
        """,
        "create index prodtui_notices_due on prodtui_notices (due_at) where done_at is null",
    ),
)
NEWEST = len(MIGRATIONS)
JOURNAL = 2
"""The one that last changed a journal's tables: of an older recording no more is missing."""


def missing(version: int, what: str) -> tuple[tuple[str, ...], ...]:
    """The migrations that a database of this version lacks. Raises StoreError where a newer prodtui wrote it.

    `what`: the store or journal, and where it is.
    """
    if version > NEWEST:
        raise StoreError(
            f"{what}: written by a newer prodtui (version {version} of its tables, this one knows {NEWEST}); "
            f"upgrade prodtui, or give another {what.partition(' ')[0]}"
        )
    return MIGRATIONS[version:]
