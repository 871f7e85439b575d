"""Break the lab for real, and mend it: `inject` returns once the damage is done and seen, `heal` once it is undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from prodtui.lab import damage
from prodtui.lab.errors import LabError, UnknownFault
from prodtui.lab.state import Lab, State, change, recorded
from prodtui.lab.topology import POOL_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break the lab: what is really done, and what prodtui ought to show for it."""

    name: str
    title: str
    does: str
    shows: str
    inject: Callable[[State], None]
    heal: Callable[[State], None]


def inject(lab: Lab, name: str) -> None:
    """Do it; UnknownFault, or LabError when the fault is active already, or the damage can't be seen."""
    fault = _known(name)
    # Recorded first: whatever happens on the way, heal knows what to undo.
    state = change(lab.directory, lambda s: _with(s, name))
    try:
        fault.inject(state)
    except BaseException:
        heal(lab, name)
        raise


def heal(lab: Lab, name: str | None = None) -> list[str]:
    """Undo one fault, or all in reverse order; the names of those undone. UnknownFault, LabError: it isn't active."""
    if name is not None:
        _known(name)
    current = recorded(lab.directory).faults
    if name is not None and name not in current:
        raise LabError(f"{name} isn't active; {'active: ' + ', '.join(current) if current else 'no fault is'}")
    wanted = [name] if name is not None else list(reversed(current))
    for one in wanted:
        FAULTS[one].heal(recorded(lab.directory))
        change(lab.directory, lambda s, one=one: _without(s, one))  # type: ignore[misc]
    return wanted


def active(lab: Lab) -> list[str]:
    """The faults that are active, in the order in which they were injected."""
    return list(recorded(lab.directory).faults)


def _known(name: str) -> Fault:
    if name not in FAULTS:
        raise UnknownFault(f"unknown fault {name!r}; there are: {', '.join(FAULTS)}")
    return FAULTS[name]


def _with(state: State, fault: str) -> State:
    if fault in state.faults:
        raise LabError(f"{fault} is active already; `prodtui lab heal {fault}` undoes it")
    return msgspec.structs.replace(state, faults=(*state.faults, fault))


def _without(state: State, fault: str) -> State:
    return msgspec.structs.replace(state, faults=tuple(name for name in state.faults if name != fault))


def _by_name(*faults: Fault) -> Mapping[str, Fault]:
    return MappingProxyType({fault.name: fault for fault in faults})


FAULTS = _by_name(
    Fault(
        name="instance-killed",
        title="An instance of payments dies",
        does=f"SIGKILL to {damage.VICTIM}",
        shows=f"payments: {damage.VICTIM} critical (refused), its target down, one host left in Envoy's cluster",
        inject=damage.kill_instance,
        heal=damage.restart_instance,
    ),
    Fault(
        name="instance-hung",
        title="An instance of payments hangs",
        does=f"SIGSTOP to {damage.VICTIM}: it accepts connections and answers nothing",
        shows=f"payments: {damage.VICTIM} critical (timeout), its target down, one host left in Envoy's cluster",
        inject=damage.stop_instance,
        heal=damage.continue_instance,
    ),
    Fault(
        name="pool-exhausted",
        title="Long transactions hold every connection of payments-db",
        does=f"{POOL_SIZE} sessions of {damage.POOL_HOLDER} stay idle in transaction in PgBouncer's pool",
        shows="pool payments-db full with clients waiting, payments critical, checkout's breaker to payments open",
        inject=damage.exhaust_pool,
        heal=damage.release_pool,
    ),
    Fault(
        name="lock-held",
        title="A session holds a lock that payments needs",
        does=f"{damage.LOCK_HOLDER} holds ACCESS EXCLUSIVE on payments' table account",
        shows="sessions of payments blocked by the migration, settlements for minutes; payments critical and failing",
        inject=damage.take_lock,
        heal=damage.release_lock,
    ),
    Fault(
        name="database-down",
        title="PostgreSQL goes down",
        does="an immediate shutdown of the server",
        shows="source postgres lost (refused), pools without server connections, what keeps data critical",
        inject=damage.stop_database,
        heal=damage.start_database,
    ),
    Fault(
        name="slow-query",
        title="Payments' statement becomes slow",
        does="the SQL function that payments calls sleeps half a second (pg_sleep)",
        shows="latency of payments, checkout and storefront; payments-db nearly full; hardly any errors",
        inject=damage.slow_statement,
        heal=damage.quick_statement,
    ),
    Fault(
        name="privilege-revoked",
        title="Inventory's role loses its rights",
        does="REVOKE SELECT on inventory's table",
        shows="inventory critical (permission denied) and answering 500; checkout and storefront fail with it",
        inject=damage.revoke,
        heal=damage.grant,
    ),
    Fault(
        name="dependency-refused",
        title="Envoy's cluster for payments points at nothing",
        does="the cluster's endpoints are replaced by a port nobody listens on",
        shows="no healthy host in cluster payments, checkout's breaker to payments open; payments itself is well",
        inject=damage.point_at_nothing,
        heal=damage.point_at_payments,
    ),
    Fault(
        name="registry-down",
        title="The service registry dies",
        does="SIGKILL to the registry",
        shows="source lost (refused), health unknown, everything else alive",
        inject=damage.kill_registry,
        heal=damage.restart_registry,
    ),
    Fault(
        name="metrics-down",
        title="Prometheus dies",
        does="SIGKILL to Prometheus",
        shows="source prometheus lost (refused), latency unknown, everything else alive",
        inject=damage.kill_metrics,
        heal=damage.restart_metrics,
    ),
    Fault(
        name="pooler-paused",
        title="PgBouncer's pool for payments is paused",
        does="PAUSE payments-db on PgBouncer's console",
        shows="pool payments-db paused with clients waiting and no server connection, payments critical",
        inject=damage.pause,
        heal=damage.resume,
    ),
    Fault(
        name="certificate-expiring",
        title="A certificate of catalog is about to expire",
        does=f"{damage.CERTIFIED} serves a certificate of the lab's CA that has {damage.EXPIRES_IN.days} days left",
        shows=f"the certificate of {damage.CERTIFIED} alone expires in {damage.EXPIRES_IN.days} days; all else is well",
        inject=damage.age_certificate,
        heal=damage.renew_certificate,
    ),
)
