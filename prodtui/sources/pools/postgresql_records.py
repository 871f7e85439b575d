"""Rows of PostgreSQL's answers, as records: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from prodtui.model.evidence import DatabaseRole
from prodtui.model.reading import About
from prodtui.model.records import DatabaseServer, Session
from prodtui.model.text import neutralise, neutralise_name
from prodtui.sources.pools.postgresql_queries import LONGEST_QUERY, MOST_SESSIONS

Row = Mapping[str, Any]

CLOCK_TOLERANCE_S = 2.0


def database_server(known: DatabaseServer, row: Row, deadlocks_per_s: float | None) -> DatabaseServer:
    """The server by a row of SERVER; `known` gives its name, address and version.

    A role without pg_read_all_stats sees other roles' sessions without their state: whatever is counted from those is
    None, and `used` counts backends by pg_stat_database, which everyone may read.
    """
    sees_all, in_recovery = row["sees_all"], row["in_recovery"]
    if in_recovery:
        lag = row["replay_lag_s"]
    elif row["replicas"] and sees_all:
        lag = row["replica_lag_s"] or 0.0  # NULL where a replica has replayed all there is
    else:
        lag = None
    return msgspec.structs.replace(
        known,
        databases=tuple(neutralise_name(name) for name in row["databases"]),
        restricted=not sees_all,
        used=row["sessions"] if sees_all else row["backends"],
        usable=row["usable"],
        in_recovery=in_recovery,
        # No row: no receiver runs.
        receiver_streaming=bool(row["receiver_streaming"]) if in_recovery and sees_all else None,
        lag_s=_not_negative(lag),
        replicas=row["replicas"],
        oldest_transaction_s=_not_negative(row["oldest_transaction_s"] or 0.0) if sees_all else None,
        idle_in_transaction_s=_not_negative(row["idle_in_transaction_s"] or 0.0) if sees_all else None,
        deadlocks_per_s=deadlocks_per_s,
        xid_age=row["xid_age"],
        freeze_max_age=row["freeze_max_age"],
    )


def sessions(server: str, rows: Iterable[Row]) -> tuple[Session, ...]:
    """Sessions by rows of SESSIONS. In `blocked_by`, 0 stands for a prepared transaction: no session holds its locks.

    `transaction_at` is by the server's clock.
    """
    return tuple(
        Session(
            server=server,
            pid=row["pid"],
            database=neutralise_name(row["database"]),
            user=neutralise_name(row["user"]),
            application=neutralise_name(row["application"]),
            state=neutralise_name(row["state"]),
            wait=neutralise_name(row["wait"]),
            blocked_by=tuple(dict.fromkeys(row["blocked_by"] or ())),
            blocked_s=_not_negative(row["blocked_s"]),
            transaction_at=row["transaction_at"],
            query=neutralise(row["query"] or "", longest=LONGEST_QUERY),
        )
        for row in rows
    )


_POWERS = ("createrole", "createdb", "replication", "bypassrls")


def roles(server: str, rows: Iterable[Row], *, sees_all: bool) -> tuple[DatabaseRole, ...]:
    """Roles by rows of ROLES; `sees_all` as SERVER told it. A role that sees only its own sessions knows that others
    have some, but neither how many nor how they came."""
    return tuple(
        DatabaseRole(
            server=server,
            database=neutralise_name(row["database"]),
            role=neutralise_name(row["role"]),
            ours=row["ours"],
            superuser=row["superuser"],
            powers=tuple(power.upper() for power in _POWERS if row[power]),
            sessions=row["sessions"] if sees_all or row["ours"] else None,
            encrypted=row["encrypted"] if sees_all or row["ours"] else None,
            local=row["local"] if sees_all or row["ours"] else None,
        )
        for row in rows
    )


def about(version: str | None, row: Row, shown: Sequence[Row], *, pooled: bool, ahead_s: float) -> About:
    """What we may see of the server, and what was left out; `ahead_s` is its clock against ours."""
    role = neutralise_name(row["role"])
    notes = []
    if not row["sees_all"]:
        notes.append(f"restricted: grant pg_monitor to {role}; sessions, locks and lags are unknown without it")
    if pooled:
        notes.append("read through a pooler: a connection of our own is not kept")
    if shown and shown[0]["total"] > MOST_SESSIONS:
        notes.append(f"{MOST_SESSIONS} of {shown[0]['total']} sessions shown")
    if abs(ahead_s) > CLOCK_TOLERANCE_S:
        side = "ahead of" if ahead_s > 0 else "behind"
        notes.append(f"its clock is {abs(ahead_s):.0f} s {side} ours: times of its sessions are by its clock")
    rights = "all statistics" if row["sees_all"] else f"restricted: no pg_monitor for {role}"
    return About(version=version, rights=rights, notes=tuple(notes))


def _not_negative(number: float | None) -> float | None:
    """Differences of two clocks can come out just below 0."""
    return None if number is None else max(0.0, number)
