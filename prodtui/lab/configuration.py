"""The configuration and the readiness policy that point prodtui at the lab."""

from __future__ import annotations

import sys
from pathlib import Path

from prodtui.lab import certificates, files
from prodtui.lab.network import LOOPBACK
from prodtui.lab.registry import ETCD_PREFIX
from prodtui.lab.state import State, lab_of
from prodtui.lab.topology import CALLEES, CANARY_CLUSTER, CANARY_OF, CANARY_VERSION, SERVICES, SLI_WINDOW

_POLICIES = Path(__file__).parent / "policies"
_OF_CANDIDATE = f"""
# While a candidate is up: the release that the files beside this one are of.
[release]
version = "{CANARY_VERSION}"
"""
_STOREFRONT = "http://storefront.lab/"
"""What the policies call the target of their loads: its port is known once the lab runs."""


def write(state: State) -> None:
    """Write the configuration into the lab's directory, and the policies and the plan of a rollout beside it."""
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
            "canary_clusters": [CANARY_CLUSTER] if service.name == CANARY_OF else [],
            "depends_on": list(service.calls),
            "runbook": service.runbook,
        }
        kept = {key: value for key, value in declared.items() if value}
        lines += ["", f"[services.{service.name}]", *(f"{key} = {_toml(v)}" for key, v in kept.items())]
    lab = lab_of(state)
    files.write(lab.config_path, "\n".join(lines) + "\n")
    files.write(lab.rollout_path, _rollout(directory))
    for policy in _POLICIES.glob("*.toml"):
        files.write(directory / policy.name, policy.read_text().replace(_STOREFRONT, f"{url['storefront-1']}/"))


def of_candidate(directory: Path, *, there: bool) -> None:
    """Let the policy say that the release's files are the candidate's, or say nothing again."""
    path = directory / "readiness.toml"
    text = path.read_text().replace(_OF_CANDIDATE, "")
    files.write(path, text + _OF_CANDIDATE if there else text)


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


def _rollout(directory: Path) -> str:
    """A plan that takes payments' candidate through its stages, a minute of the lab for an hour."""
    canary = [sys.executable, "-m", "prodtui", "lab", "canary", "--lab", str(directory)]
    stages = ((10, "1m"), (50, "30s"), (100, "30s"))
    lines = [
        "# Written by `prodtui lab up`; gone with `prodtui lab down`.",
        "# prodtui lab canary up; prodtui lab load 55; prodtui rollout start rollout.toml",
        'schema = "prodtui.rollout/1"',
        f"service = {_toml(CANARY_OF)}",
        f"candidate = {_toml(CANARY_VERSION)}",
        f"rollback_to = {_toml(SERVICES[CANARY_OF].version)}",
    ]
    for percent, duration in stages:
        lines += ["", "[[stages]]", f"percent = {percent}", f"for = {_toml(duration)}", 'every = "2s"']
    lines += [
        "",
        "# Requests are counted by Envoy: what reaches no instance, as while one crashes, is counted nowhere else.",
        '# By their own metrics: label = { name = "track", canary = "canary", stable = "stable" }',
        "[groups]",
        'tag = { canary = "canary", stable = "stable" }',
        f"cluster = {{ canary = {_toml(CANARY_CLUSTER)}, stable = {_toml(CANARY_OF)} }}",
        "",
        "[hooks.advance]",
        f"command = {_toml([*canary, 'weight', '{percent}'])}",
        'timeout = "15s"',
        "",
        "[hooks.rollback]",
        f"command = {_toml([*canary, 'weight', '0'])}",
        'timeout = "15s"',
        "",
        "# The lab shares its machine with whatever else runs there: what is good may be slow for a moment.",
        "[criteria]",
        'latency_p99 = { floor = "100ms" }',
        'latency_p95 = { floor = "50ms" }',
        "",
        "[watch_after]",
        'for = "1m"',
    ]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
