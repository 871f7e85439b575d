"""Whether the lab is well, asked of its servers directly and not through prodtui."""

from __future__ import annotations

from prodtui.lab import envoy, pgbouncer, prometheus, registry
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, answers, wait_for
from prodtui.lab.processes import alive
from prodtui.lab.state import Lab, State, load
from prodtui.lab.topology import CALLEES, SERVICES


def ailments(lab: Lab, *, alerts: bool = True) -> list[str]:
    """What isn't well in a running lab, a line each; empty when all is.

    `alerts`: count alerts that still fire; they outlast their cause by the window they look at.
    """
    state = load(lab.directory)
    if state is None:
        return ["the lab is gone"]
    return ailments_of(state, alerts=alerts)


def wait_until_well(lab: Lab, *, timeout: float = 30.0, alerts: bool = True) -> None:
    """Wait until nothing ails the lab; LabError with what still does."""
    last: list[str] = []

    def well() -> bool:
        last[:] = ailments(lab, alerts=alerts)
        return not last

    try:
        wait_for(well, timeout=timeout, what="the lab is well", every=0.25)
    except LabError as error:
        raise LabError(f"{error}: {'; '.join(last)}") from None


def ailments_of(state: State, *, alerts: bool) -> list[str]:
    """As `ailments`, of a recorded state."""
    found = [f"{process.name} doesn't run" for process in state.processes if not alive(process)]
    for look in (_registry, _pools, _proxy, _metrics, *([_alerts] if alerts else [])):
        try:
            found += look(state)
        except LabError as error:
            found.append(str(error))
    # Last, and only when the rest is well: a page asked for too early would be the lab's first error.
    return found or _storefront(state)


def _registry(state: State) -> list[str]:
    known = registry.registered(state)
    wanted = [instance for service in SERVICES.values() for instance in service.instance_ids()]
    return [
        f"{instance} is {known.get(instance, 'missing')} in {state.registry}"
        for instance in wanted
        if known.get(instance) not in ("passing", "present")
    ]


def _pools(state: State) -> list[str]:
    found = []
    for service in SERVICES.values():
        if service.database and service.pool:
            pool = pgbouncer.pool(state, service.pool, service.database)
            if pool.get("cl_waiting", 0):
                found.append(f"{pool['cl_waiting']} clients wait for {service.pool}")
    return found


def _proxy(state: State) -> list[str]:
    found = []
    clusters = envoy.hosts(state)
    for callee in CALLEES:
        wanted = {state.ports[instance] for instance in SERVICES[callee].instance_ids()}
        well = {port for port, healthy in clusters.get(callee, {}).items() if healthy}
        if well != wanted:
            found.append(f"Envoy's cluster {callee} has {len(well & wanted)} of {len(wanted)} hosts")
    return found


def _storefront(state: State) -> list[str]:
    url = f"http://{LOOPBACK}:{state.ports['storefront-1']}/"
    return [] if answers(url, timeout=3.0) else ["storefront's page fails"]


def _metrics(state: State) -> list[str]:
    down = prometheus.query(state, "up == 0")
    found = [f"Prometheus can't scrape {series['metric'].get('instance')}" for series in down]
    # Series of a target appear with its first scrape.
    expected = sum(service.instances for service in SERVICES.values())
    if len(prometheus.query(state, 'up{service!=""} == 1')) < expected and not found:
        found.append("Prometheus hasn't scraped all services yet")
    opened = prometheus.query(state, "circuit_breaker_state != 0")
    found += [f"{series['metric'].get('instance')}'s breaker isn't closed" for series in opened]
    return found


def _alerts(state: State) -> list[str]:
    firing = prometheus.query(state, 'ALERTS{alertstate="firing", alertname!="Watchdog"}')
    return [f"{s['metric']['alertname']} fires for {s['metric'].get('service')}" for s in firing]
