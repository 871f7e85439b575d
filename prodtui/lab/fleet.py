"""The lab's own processes: the service instances, and the load that drives them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from prodtui.lab import certificates, files
from prodtui.lab.network import LOOPBACK
from prodtui.lab.processes import end, launch
from prodtui.lab.registry import ETCD_PREFIX
from prodtui.lab.service_settings import ServiceSettings
from prodtui.lab.state import Lab, Process, State, recorded
from prodtui.lab.topology import CANARY_INSTANCE, CANARY_OF, CANARY_VERSION, REQUESTS_PER_S, SERVICES, Service

# Checkout itself gives its callees one second.
_CALL_TIMEOUTS = {"storefront": "2.5s", "checkout": "1s"}


def configure(state: State) -> list[Process]:
    """Write every service's environment and every instance's settings; the processes as they are to be started."""
    for service in SERVICES.values():
        _write_environment(state, service)
    return [
        _instance(state, service, instance, number)
        for service in SERVICES.values()
        for number, instance in enumerate(service.instance_ids())
    ]


def environment_file(directory: Path, service: str) -> Path:
    """Where all instances of a service read what they have in common."""
    return directory / "environment" / f"{service}.env"


def _write_environment(state: State, service: Service) -> None:
    directory = Path(state.directory)
    secrets = directory / "secrets"
    values: dict[str, object] = {}
    if service.calls:
        values = {
            f"{callee.upper()}_URL": f"http://{LOOPBACK}:{state.ports[f'to-{callee}']}" for callee in service.calls
        }
        values["CALL_TIMEOUT"] = _CALL_TIMEOUTS[service.name]
    if service.database:
        port = state.ports["pgbouncer"]
        values = {
            "DATABASE_URL": f"postgresql://{service.database}@{LOOPBACK}:{port}/{service.pool}",
            "DATABASE_PASSWORD_FILE": secrets / service.database,
            "DATABASE_POOL_SIZE": 15,
            # Longer than anyone waits for the service: when connections run out, those who wait pile up in PgBouncer.
            "STATEMENT_TIMEOUT": "8s",
        }
    if service.name == "payments":
        # Nobody waits for a settlement: one that meets a lock stays in line for it.
        values |= {"BATCH_TIMEOUT": "300s", "REFUNDS_TOKEN_FILE": secrets / "refunds"}
    path = environment_file(directory, service.name)
    files.folder(path.parent)
    files.write(path, "".join(f"{key}={value}\n" for key, value in values.items()))


def canary(state: State, build: str) -> Process:
    """Write the settings of an instance of payments' candidate; its supervisor as it is to be started."""
    candidate = replace(SERVICES[CANARY_OF], version=CANARY_VERSION)
    process = _instance(state, candidate, CANARY_INSTANCE, 0, track="canary", build=build)
    return msgspec.structs.replace(process, argv=(sys.executable, "-m", "prodtui.lab.supervisor", *process.argv))


def _instance(
    state: State, service: Service, instance: str, number: int, *, track: str = "stable", build: str = ""
) -> Process:
    directory = Path(state.directory)
    port = state.ports[instance]
    place = "ab"[number % 2]
    certificate = None
    if service.tls:
        certificates.issue(directory, instance, service.host_name)
        certificate = str(certificates.certificate(directory, instance))
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
        environment_file=str(environment_file(directory, service.name)),
        callees=service.calls,
        track=track,
        build=build,
        certificate_file=certificate,
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
        url=f"{service.scheme}://{LOOPBACK}:{port}",
        version=service.version,
    )


def load(state: State, rate: float = REQUESTS_PER_S) -> Process:
    """The load generator as it is to be started, with its requests/s."""
    target = f"http://{LOOPBACK}:{state.ports['storefront-1']}/"
    return Process(
        name="load",
        kind="load",
        pid=0,
        started=0,
        argv=(sys.executable, "-m", "prodtui.lab.load", "--url", target, "--rate", f"{rate:g}"),
        url=target,
    )


def drive(lab: Lab, rate: float) -> None:
    """Let the load come at another rate, requests/s: its generator is replaced, which takes half a second."""
    state = recorded(lab.directory)
    before = state.process("load")
    launch(lab.directory, load(state, rate))
    end([before])


def rate_of(state: State) -> float:
    """At how many requests/s the load comes."""
    return float(state.process("load").argv[-1])
