"""The lab's own processes: the service instances, and the load that drives them."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from prodtui.lab import files
from prodtui.lab.network import LOOPBACK
from prodtui.lab.registry import ETCD_PREFIX
from prodtui.lab.service_settings import DatabaseSettings, ServiceSettings
from prodtui.lab.state import Process, State
from prodtui.lab.topology import REQUESTS_PER_S, SERVICES, Service


def configure(state: State) -> list[Process]:
    """Write every instance's settings; the processes as they are to be started."""
    return [
        _instance(state, service, instance, number)
        for service in SERVICES.values()
        for number, instance in enumerate(service.instance_ids())
    ]


def _instance(state: State, service: Service, instance: str, number: int) -> Process:
    directory = Path(state.directory)
    port = state.ports[instance]
    place = "ab"[number % 2]
    database = None
    if service.database and service.pool:
        database = DatabaseSettings(
            host=LOOPBACK,
            port=state.ports["pgbouncer"],
            name=service.pool,
            user=service.database,
            password_file=str(directory / "secrets" / service.database),
        )
    settings = ServiceSettings(
        service=service.name,
        instance=instance,
        host=LOOPBACK,
        port=port,
        tier=service.tier,
        version=service.version,
        zone=f"zone-{place}",
        node=f"node-{place}",
        runbook=service.runbook,
        registry=state.registry,
        registry_url=f"http://{LOOPBACK}:{state.ports['registry']}",
        registry_prefix=ETCD_PREFIX,
        callees={callee: f"http://{LOOPBACK}:{state.ports[f'to-{callee}']}" for callee in service.calls},
        database=database,
    )
    text = msgspec.json.format(msgspec.json.encode(settings)).decode()
    # Not "services": without a data directory Consul takes that folder of its working directory for persisted services.
    path = files.write(files.folder(directory / "instances") / f"{instance}.json", text)
    return Process(
        name=instance,
        kind="service",
        pid=0,
        started=0,
        argv=(sys.executable, "-m", "prodtui.lab.service", str(path)),
        address=f"{LOOPBACK}:{port}",
        url=f"http://{LOOPBACK}:{port}",
        version=service.version,
    )


def load(state: State) -> Process:
    """The load generator as it is to be started."""
    target = f"http://{LOOPBACK}:{state.ports['storefront-1']}/"
    return Process(
        name="load",
        kind="load",
        pid=0,
        started=0,
        argv=(sys.executable, "-m", "prodtui.lab.load", "--url", target, "--rate", str(REQUESTS_PER_S)),
        url=target,
    )
