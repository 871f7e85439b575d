"""The service registry: a Consul agent in development mode, or etcd."""

from __future__ import annotations

import json
from pathlib import Path

from prodtui.lab import etcd, files
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, ask, ask_json
from prodtui.lab.state import Process, State

ETCD_PREFIX = "/services/"


def configure(state: State) -> Process:
    """Write the registry's configuration; the server as it is to be started."""
    home = files.folder(Path(state.directory) / state.registry)
    port = state.ports["registry"]
    argv = _consul(state, home) if state.registry == "consul" else _etcd(state, home)
    return Process(
        name=state.registry,
        kind=state.registry,
        pid=0,
        started=0,
        argv=(state.programs[state.registry], *argv),
        address=f"{LOOPBACK}:{port}",
        url=f"http://{LOOPBACK}:{port}",
        environment={"GOMAXPROCS": "1"},
        stop_signal=2 if state.registry == "consul" else 15,
    )


def _consul(state: State, home: Path) -> tuple[str, ...]:
    settings = {
        "node_name": "lab",
        "bind_addr": LOOPBACK,
        "client_addr": LOOPBACK,
        "ports": {
            "http": state.ports["registry"],
            "server": state.ports["registry-rpc"],
            "serf_lan": state.ports["registry-peer"],
            **dict.fromkeys(("dns", "grpc", "https", "serf_wan"), -1),
        },
        "ui": False,
        "disable_update_check": True,
        "log_level": "warn",
    }
    configuration = files.write(home / "consul.json", json.dumps(settings, indent=1))
    return "agent", "-dev", "-config-file", str(configuration)


def _etcd(state: State, home: Path) -> tuple[str, ...]:
    client = f"http://{LOOPBACK}:{state.ports['registry']}"
    peer = f"http://{LOOPBACK}:{state.ports['registry-peer']}"
    return (
        *("--name", "lab", "--data-dir", str(home / "data"), "--log-level", "warn"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"lab={peer}"),
    )


def version(state: State) -> str | None:
    """The registry's version; None until it serves requests."""
    url = f"http://{LOOPBACK}:{state.ports['registry']}"
    try:
        if state.registry == "etcd":
            return str(ask_json(f"{url}/version")["etcdserver"])
        if not ask_json(f"{url}/v1/status/leader"):
            return None
        return str(ask_json(f"{url}/v1/agent/self")["Config"]["Version"])
    except LabError:
        return None


def deregister(state: State, instance: str) -> None:
    """Take out an instance that can't do it itself any more; in etcd its lease ends without it."""
    if state.registry == "consul" and instance in registered(state):
        url = f"http://{LOOPBACK}:{state.ports['registry']}/v1/agent/service/deregister/{instance}"
        ask(url, method="PUT")


def registered(state: State) -> dict[str, str]:
    """Instance id to health: Consul's `passing`, `warning` or `critical`; from etcd, which keeps none, `present`."""
    url = f"http://{LOOPBACK}:{state.ports['registry']}"
    if state.registry == "etcd":
        keys = etcd.keys_below(url, ETCD_PREFIX)
        return {key.rpartition("/")[2]: "present" for key in keys}
    checks = ask_json(f"{url}/v1/health/state/any")
    return {check["ServiceID"]: check["Status"] for check in checks if check["ServiceID"]}
