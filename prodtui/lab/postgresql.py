"""PostgreSQL: one server, a database and a role for each service that keeps something, and a role that monitors."""

from __future__ import annotations

import csv
import io
import subprocess
from pathlib import Path

from prodtui.lab import files, migrations
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, wait_for
from prodtui.lab.processes import check_alive, clean_environment, identity, launch, marked
from prodtui.lab.state import Process, State
from prodtui.lab.topology import DATABASES

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements",
    "max_connections": "60",
    "shared_buffers": "32MB",
    # The lab survives a crash of the server (the pages are in the kernel), which is all its faults do to it.
    "fsync": "off",
    "jit": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
}


def process(state: State) -> Process:
    """The server as it is to be started; its user must own the data folder."""
    data = Path(state.directory) / "postgresql" / "data"
    settings = _SETTINGS | {"port": str(state.ports["postgresql"])}
    return Process(
        name="postgresql",
        kind="postgresql",
        pid=0,
        started=0,
        argv=(
            state.programs["postgres"],
            *("-D", str(data)),
            *(part for key, value in settings.items() for part in ("-c", f"{key}={value}")),
        ),
        address=f"{LOOPBACK}:{state.ports['postgresql']}",
        url=f"postgresql://monitor@{LOOPBACK}:{state.ports['postgresql']}/postgres",
        user=state.user,
        stop_signal=2,  # fast shutdown: sessions are ended, not waited for
    )


def create(state: State) -> Process:
    """A new cluster with its databases, started; returns when it answers."""
    directory = Path(state.directory)
    home = files.folder(directory / "postgresql", state.user)
    password = files.write(home / "password", files.secret(directory, "postgres"), state.user)
    owner = identity(state.user)
    done = subprocess.run(
        [
            state.programs["initdb"],
            *("-D", str(home / "data"), "-U", "postgres", f"--pwfile={password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ],
        user=owner[0] if owner else None,
        group=owner[1] if owner else None,
        extra_groups=[] if owner else None,
        cwd=home,
        env=marked(directory),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    password.unlink()
    if done.returncode:
        raise LabError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
    server = start(state)
    run(state, _roles(directory))
    for database in DATABASES:
        schema = migrations.script(directory, database)
        run(state, f"CREATE EXTENSION pg_stat_statements; {schema}", database=database)
    return server


def start(state: State) -> Process:
    """Start the server on its existing data and wait until it answers."""
    directory = Path(state.directory)
    server = launch(directory, process(state))
    wait_for(
        lambda: answers(state),
        timeout=20,
        what="PostgreSQL answers",
        still=lambda: check_alive(directory, server),
    )
    return server


def answers(state: State) -> bool:
    """Whether the server takes a query."""
    try:
        return bool(run(state, "SELECT 1 AS one"))
    except LabError:
        return False


def _roles(directory: Path) -> str:
    statements = ["CREATE EXTENSION pg_stat_statements;"]
    statements += [
        f"CREATE ROLE {role} LOGIN PASSWORD '{files.secret(directory, role)}';" for role in (*DATABASES, "monitor")
    ]
    statements.append("GRANT pg_monitor TO monitor;")
    # FILE_COPY is slower here: it forces checkpoints.
    statements += [f"CREATE DATABASE {database};" for database in DATABASES]
    return "\n".join(statements)


def run(state: State, sql: str, *, database: str = "postgres") -> list[dict[str, str]]:
    """Run SQL as the superuser; the rows of its last answer by column name."""
    return _psql(state, port=state.ports["postgresql"], role="postgres", database=database, sql=sql)


def console(state: State, command: str) -> list[dict[str, str]]:
    """Run one command on PgBouncer's console as its administrator."""
    return _psql(state, port=state.ports["pgbouncer"], role="admin", database="pgbouncer", sql=command + ";")


def _psql(state: State, *, port: int, role: str, database: str, sql: str) -> list[dict[str, str]]:
    directory = Path(state.directory)
    password = {"PGPASSWORD": files.secret(directory, role), "PGCONNECT_TIMEOUT": "3"}
    try:
        done = subprocess.run(
            [
                state.programs["psql"],
                *("-X", "-q", "-w", "--csv", "-v", "ON_ERROR_STOP=1", "-f", "-"),
                *("-h", LOOPBACK, "-p", str(port), "-U", role, "-d", database),
            ],
            input=sql,
            env=clean_environment(directory, password),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"no answer within {error.timeout:g} s to: {sql[:80]}") from error
    if done.returncode:
        raise LabError(f"psql ({role}@{database}): {done.stderr.strip()}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def holder(
    state: State, *, name: str, port: int, role: str, database: str, sessions: int, statement: str, python: str
) -> Process:
    """A process that opens sessions, runs `statement` in a transaction in each, and keeps them open."""
    directory = Path(state.directory)
    return Process(
        name=name,
        kind="holder",
        pid=0,
        started=0,
        argv=(
            *(python, "-m", "prodtui.lab.holder", "--port", str(port), "--user", role, "--database", database),
            *("--password-file", str(directory / "secrets" / role), "--application-name", name),
            *("--sessions", str(sessions), "--statement", statement),
        ),
    )
