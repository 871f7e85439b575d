"""The damage that the faults do, and what undoes each: real acts, seen to have worked before a function returns."""

from __future__ import annotations

import signal
import ssl
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec

from prodtui.lab import certificates, envoy, files, migrations, postgresql, registry
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, accepts, answers, free_ports, wait_for
from prodtui.lab.processes import alive, check_alive, end, kill, launch, run_state, send
from prodtui.lab.state import Process, State, change
from prodtui.lab.topology import POOL_SIZE, SERVICES

VICTIM = "payments-2"
POOL_HOLDER = "month-end-report"
LOCK_HOLDER = "schema-migration"
CERTIFIED = "catalog-2"
EXPIRES_IN = timedelta(days=3)
# Beyond the 500 ms at which p99 fails, below the second after which payments' callers give up.
_SLOW = "BEGIN\n  PERFORM pg_sleep(0.5);"


def _running(state: State, name: str) -> Process:
    process = state.process(name)
    if not alive(process):
        raise LabError(f"{name} doesn't run{'; active: ' + ', '.join(state.faults) if state.faults else ''}")
    return process


def _restart(state: State, name: str, answering: Callable[[], object]) -> None:
    """Start a process again as it was, unless it runs, and wait until it answers."""
    place = Path(state.directory)
    process = state.process(name)
    if not alive(process):
        process = launch(place, process)
    wait_for(answering, timeout=20, what=f"{name} answers", still=lambda: check_alive(place, process))


def _port(process: Process) -> int:
    return int(process.address.rpartition(":")[2])


def _kill(state: State, name: str) -> None:
    process = _running(state, name)
    kill(process)
    _refuses(process)


def _refuses(process: Process) -> None:
    """Wait until nothing accepts where the process listened; its last thread takes the sockets along."""
    port = _port(process)
    wait_for(lambda: not accepts(port), timeout=3, what=f"{process.address} refuses", every=0.05)


def _hold(state: State, holder: Process, held: Callable[[], object], what: str) -> None:
    place = Path(state.directory)
    process = launch(place, holder)
    wait_for(held, timeout=15, what=what, still=lambda: check_alive(place, process))


def _release(state: State, name: str) -> None:
    held = [process for process in state.processes if process.name == name]
    end(held)
    change(
        Path(state.directory),
        lambda s: msgspec.structs.replace(s, processes=tuple(p for p in s.processes if p.name != name)),
    )


def kill_instance(state: State) -> None:
    """Kill payments-2 outright."""
    _kill(state, VICTIM)


def restart_instance(state: State) -> None:
    """Start payments-2 again."""
    _restart(state, VICTIM, lambda: answers(f"{state.process(VICTIM).url}/live"))


def stop_instance(state: State) -> None:
    """Stop payments-2: it accepts connections and answers nothing."""
    process = _running(state, VICTIM)
    send(process, signal.SIGSTOP)
    wait_for(lambda: run_state(process.pid) == "T", timeout=5, what=f"{VICTIM} is stopped", every=0.02)


def continue_instance(state: State) -> None:
    """Let payments-2 go on."""
    process = state.process(VICTIM)
    send(process, signal.SIGCONT)
    wait_for(lambda: run_state(process.pid) != "T", timeout=5, what=f"{VICTIM} goes on", every=0.02)


def exhaust_pool(state: State) -> None:
    """Hold every connection of payments-db in an open transaction."""
    holder = postgresql.holder(
        state,
        name=POOL_HOLDER,
        port=state.ports["pgbouncer"],
        role="payments",
        database="payments-db",
        sessions=POOL_SIZE,
        statement="SELECT count(*) FROM account",
        python=sys.executable,
    )

    def held() -> bool:
        sessions = postgresql.run(state, "SELECT application_name AS who, state FROM pg_stat_activity")
        return sum(row == {"who": POOL_HOLDER, "state": "idle in transaction"} for row in sessions) == POOL_SIZE

    _hold(state, holder, held, "every connection of payments-db is held")


def release_pool(state: State) -> None:
    """End the holder of the connections."""
    _release(state, POOL_HOLDER)


def take_lock(state: State) -> None:
    """Lock payments' table against everyone."""
    holder = postgresql.holder(
        state,
        name=LOCK_HOLDER,
        port=state.ports["postgresql"],
        role="postgres",
        database="payments",
        sessions=1,
        statement="LOCK TABLE account IN ACCESS EXCLUSIVE MODE",
        python=sys.executable,
    )
    held = """SELECT 1 AS held FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'
        AND relation = 'account'::regclass"""
    _hold(
        state,
        holder,
        lambda: postgresql.run(state, held, database="payments"),
        "the lock on payments' accounts is held",
    )


def release_lock(state: State) -> None:
    """End the holder of the lock."""
    _release(state, LOCK_HOLDER)


def stop_database(state: State) -> None:
    """Shut PostgreSQL down at once."""
    process = _running(state, "postgresql")
    # Immediate shutdown: as a crash, with the children ended in order.
    send(process, signal.SIGQUIT)
    wait_for(lambda: not alive(process), timeout=10, what="PostgreSQL is gone", every=0.05)
    _refuses(process)


def start_database(state: State) -> None:
    """Start PostgreSQL on its data."""
    _restart(state, "postgresql", lambda: postgresql.answers(state))


def _authorise(state: State) -> str:
    """The migration that makes the statement payments waits for; it replaces what is there."""
    return migrations.text(Path(state.directory), "payments", "0002_authorise")


def slow_statement(state: State) -> None:
    """Let payments' statement sleep."""
    postgresql.run(state, _authorise(state).replace("BEGIN", _SLOW), database="payments")
    body = "SELECT 1 AS slow FROM pg_proc WHERE proname = 'authorise' AND prosrc LIKE '%pg_sleep%'"
    if not postgresql.run(state, body, database="payments"):
        raise LabError("payments' statement is still quick")


def quick_statement(state: State) -> None:
    """Let payments' statement be as it was."""
    postgresql.run(state, _authorise(state), database="payments")


def revoke(state: State) -> None:
    """Take from inventory's role the right to read."""
    postgresql.run(state, "REVOKE SELECT ON stock FROM inventory", database="inventory")
    rights = "SELECT has_table_privilege('inventory', 'stock', 'SELECT') AS may"
    if postgresql.run(state, rights, database="inventory")[0]["may"] != "f":
        raise LabError("inventory's role may still read its stock")


def grant(state: State) -> None:
    """Give it back."""
    postgresql.run(state, "GRANT SELECT ON stock TO inventory", database="inventory")


def point_at_nothing(state: State) -> None:
    """Send payments' traffic to a port nobody listens on."""
    port = free_ports(["nothing"])["nothing"]
    envoy.write_endpoints(state, "payments", [port])
    wait_for(
        lambda: set(envoy.hosts(state)["payments"]) == {port},
        timeout=5,
        what="Envoy's cluster payments points at nothing",
    )


def point_at_payments(state: State) -> None:
    """Send payments' traffic to payments."""
    ports = [state.ports[instance] for instance in SERVICES["payments"].instance_ids()]
    envoy.write_endpoints(state, "payments", ports)
    wait_for(
        lambda: set(envoy.hosts(state)["payments"]) == set(ports),
        timeout=5,
        what="Envoy's cluster payments points at it",
    )


def kill_registry(state: State) -> None:
    """Kill the registry."""
    _kill(state, state.registry)


def restart_registry(state: State) -> None:
    """Start the registry again; the services enter themselves."""
    _restart(state, state.registry, lambda: registry.version(state))
    known = sum(service.instances for service in SERVICES.values())
    wait_for(
        lambda: len(registry.registered(state)) >= known,
        timeout=15,
        what="every service is registered again",
        every=0.2,
    )


def kill_metrics(state: State) -> None:
    """Kill Prometheus."""
    _kill(state, "prometheus")


def restart_metrics(state: State) -> None:
    """Start Prometheus on its data."""
    _restart(state, "prometheus", lambda: answers(f"{state.process('prometheus').url}/-/ready"))


def _paused(state: State) -> bool:
    rows = postgresql.console(state, "SHOW DATABASES")
    return any(row["name"] == "payments-db" and row["paused"] == "1" for row in rows)


def pause(state: State) -> None:
    """Let PgBouncer serve payments-db no more."""
    postgresql.console(state, 'PAUSE "payments-db"')
    if not _paused(state):
        raise LabError("PgBouncer still serves payments-db")


def resume(state: State) -> None:
    """Let PgBouncer serve payments-db again."""
    if _paused(state):  # else RESUME is an error
        postgresql.console(state, 'RESUME "payments-db"')


def age_certificate(state: State) -> None:
    """Let catalog-2 serve a certificate that has three days left of its ninety."""
    place = Path(state.directory)
    _running(state, CERTIFIED)
    used = certificates.certificate(place, CERTIFIED)
    files.write(_set_aside(used), used.read_text())
    certificates.issue(place, CERTIFIED, SERVICES["catalog"].host_name, expires_in=EXPIRES_IN)
    _reload_certificate(state)


def renew_certificate(state: State) -> None:
    """Let catalog-2 serve its own certificate again."""
    used = certificates.certificate(Path(state.directory), CERTIFIED)
    if _set_aside(used).exists():
        _set_aside(used).replace(used)
    _reload_certificate(state)


def _set_aside(used: Path) -> Path:
    return used.with_suffix(".set-aside")


def _reload_certificate(state: State) -> None:
    """Have catalog-2 take up its file, and wait until a handshake shows that certificate."""
    process = state.process(CERTIFIED)
    if not send(process, signal.SIGHUP):
        return  # it takes up the file when it starts
    used = certificates.certificate(Path(state.directory), CERTIFIED).read_text()
    wait_for(
        lambda: ssl.get_server_certificate((LOOPBACK, _port(process)), timeout=2).strip() in used,
        timeout=5,
        what=f"{CERTIFIED} serves the certificate in its file",
        every=0.05,
    )
