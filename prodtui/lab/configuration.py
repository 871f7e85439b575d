"""The configuration and the readiness policy that point prodtui at the lab."""

from __future__ import annotations

from pathlib import Path

from prodtui.lab import certificates, files
from prodtui.lab.network import LOOPBACK
from prodtui.lab.registry import ETCD_PREFIX
from prodtui.lab.state import State, lab_of
from prodtui.lab.topology import CALLEES, SERVICES, SLI_WINDOW

_POLICIES = Path(__file__).parent / "policies"
_STOREFRONT = "http://storefront.lab/"
"""What the policies call the target of their loads: its port is known once the lab runs."""


def write(state: State) -> None:
    """Write the configuration into the lab's directory, and the policies beside it."""
    directory = Path(state.directory)
    secret = directory / "secrets"
    url = {name: f"http://{LOOPBACK}:{port}" for name, port in state.ports.items()}
    postgres = f"postgresql://monitor@{LOOPBACK}:{state.ports['postgresql']}/postgres"
    pgbouncer = f"postgresql://stats@{LOOPBACK}:{state.ports['pgbouncer']}/pgbouncer"
    sources: dict[str, dict[str, str]] = {
        **_registry(state, url["registry"]),
        "pgbouncer": {"kind": "pgbouncer", "url": pgbouncer, "password_file": str(secret / "stats")},
        "postgres": {"kind": "postgresql", "url": postgres, "password_file": str(secret / "monitor")},
        "envoy": {"kind": "envoy", "url": url["envoy"]},
        "prometheus": {
            "kind": "prometheus",
            "url": url["prometheus"],
            "service_label": "service",
            "window": SLI_WINDOW,
            "alertmanager": url["alertmanager"],
        },
    }
    lines = [
        "# Written by `prodtui lab up`; gone with `prodtui lab down`.",
        'default_environment = "lab"',
        "",
        "[environments.lab]",
        'interval = "2s"',
        'colour = "green"',
    ]
    for name, settings in sources.items():
        lines += ["", f"[environments.lab.sources.{name}]", *(f"{key} = {_toml(v)}" for key, v in settings.items())]
    for service in SERVICES.values():
        declared = {
            "tier": service.tier,
            "pools": [service.pool] if service.pool else [],
            "databases": [service.database] if service.database else [],
            "clusters": [service.name] if service.name in CALLEES else [],
            "depends_on": list(service.calls),
            "runbook": service.runbook,
        }
        kept = {key: value for key, value in declared.items() if value}
        lines += ["", f"[services.{service.name}]", *(f"{key} = {_toml(v)}" for key, v in kept.items())]
    lab = lab_of(state)
    files.write(lab.config_path, "\n".join(lines) + "\n")
    for policy in _POLICIES.glob("*.toml"):
        files.write(directory / policy.name, policy.read_text().replace(_STOREFRONT, f"{url['storefront-1']}/"))


def _registry(state: State, url: str) -> dict[str, dict[str, str]]:
    if state.registry == "consul":
        return {"consul": {"kind": "consul", "url": url}}
    # etcd knows who is there, not how they are: their health comes from asking them.
    return {
        "etcd": {"kind": "etcd", "url": url, "prefix": ETCD_PREFIX},
        "probes": {
            "kind": "http",
            "registry": "etcd",
            "ca_file": str(certificates.authority(Path(state.directory))),
        },
    }


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
