"""What the lab's servers themselves say, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prodtui.lab import certificates, pgbouncer, postgresql
from prodtui.lab.network import ask, wait_for
from prodtui.lab.state import Lab, State, load


def state_of(lab: Lab) -> State:
    """The lab's recorded state."""
    state = load(lab.directory)
    assert state is not None
    return state


def answer_of(
    lab: Lab,
    server: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    timeout: float = 12.0,
) -> tuple[int, str]:
    """Status and text of one request to a server of the lab."""
    url = f"{lab.server(server).url}{path}"
    trusted = certificates.authority(lab.directory)
    status, body = ask(url, method=method, headers=headers, timeout=timeout, authority=trusted)
    return status, body.decode()


def port_of(lab: Lab, server: str) -> int:
    """Where a server of the lab listens."""
    return int(lab.server(server).address.rpartition(":")[2])


def payments_pool(lab: Lab) -> dict[str, int]:
    """PgBouncer's counters of payments' pool."""
    return pgbouncer.pool(state_of(lab), "payments-db", "payments")


def sql(lab: Lab, query: str, database: str = "postgres") -> list[dict[str, str]]:
    """Rows from the lab's PostgreSQL."""
    return postgresql.run(state_of(lab), query, database=database)


def until(condition: Callable[[], object], what: str, timeout: float = 10.0) -> None:
    """Wait for a condition."""
    wait_for(condition, timeout=timeout, what=what, every=0.1)
