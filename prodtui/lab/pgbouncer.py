"""PgBouncer: transaction pooling in front of each service's database."""

from __future__ import annotations

from pathlib import Path

import msgspec

from prodtui.lab import files, postgresql
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, wait_for
from prodtui.lab.processes import check_alive, launch
from prodtui.lab.programs import library_path
from prodtui.lab.state import Process, State
from prodtui.lab.topology import DATABASES, POOL_SIZE, SERVICES


def configure(state: State) -> Process:
    """Write PgBouncer's configuration; the server as it is to be started."""
    directory = Path(state.directory)
    home = files.folder(directory / "pgbouncer", state.user)
    users = "".join(f'"{role}" "{files.secret(directory, role)}"\n' for role in (*DATABASES, "stats", "admin"))
    accounts = files.write(home / "users.txt", users, state.user)
    upstream = f"host={LOOPBACK} port={state.ports['postgresql']}"
    databases = [f"{s.pool} = {upstream} dbname={s.database}" for s in SERVICES.values() if s.database]
    settings = {
        "listen_addr": LOOPBACK,
        "listen_port": state.ports["pgbouncer"],
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": accounts,
        "admin_users": "admin",
        "stats_users": "stats",
        "pool_mode": "transaction",
        "default_pool_size": POOL_SIZE,
        "max_client_conn": 300,
        # The default of 15 s between logins would keep a database that is back out of reach for that long.
        "server_login_retry": 1,
        "server_connect_timeout": 3,
        # PgBouncer does not notice that a waiting client has gone; without a limit these fill its client connections.
        "query_wait_timeout": 15,
        "log_connections": 0,
        "log_disconnections": 0,
        "log_pooler_errors": 0,
        "log_stats": 0,
    }
    lines = ["[databases]", *databases, "", "[pgbouncer]", *(f"{key} = {value}" for key, value in settings.items())]
    configuration = files.write(home / "pgbouncer.ini", "\n".join(lines) + "\n", state.user)
    program = state.programs["pgbouncer"]
    return Process(
        name="pgbouncer",
        kind="pgbouncer",
        pid=0,
        started=0,
        argv=(program, str(configuration)),
        address=f"{LOOPBACK}:{state.ports['pgbouncer']}",
        url=f"postgresql://stats@{LOOPBACK}:{state.ports['pgbouncer']}/pgbouncer",
        user=state.user,
        environment=library_path(program),
        stop_signal=15,
    )


def start(state: State) -> Process:
    """Start PgBouncer and wait until its console answers."""
    directory = Path(state.directory)
    server = launch(directory, configure(state))
    version = wait_for(
        lambda: _version(state), timeout=10, what="PgBouncer answers", still=lambda: check_alive(directory, server)
    )
    return msgspec.structs.replace(server, version=version)


def _version(state: State) -> str | None:
    try:
        rows = postgresql.console(state, "SHOW VERSION")
    except LabError:
        return None
    return rows[0]["version"].removeprefix("PgBouncer ").strip() if rows else None


def pool(state: State, database: str, role: str) -> dict[str, int]:
    """The counters of one pool; empty while nobody has used it."""
    for row in postgresql.console(state, "SHOW POOLS"):
        if (row["database"], row["user"]) == (database, role):
            return {key: int(value) for key, value in row.items() if value.lstrip("-").isdecimal()}
    return {}
