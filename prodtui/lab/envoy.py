"""Envoy: every call between services passes through it, one listener and one cluster a callee."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

from prodtui.lab import certificates, files
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, ask, ask_json
from prodtui.lab.state import Process, State
from prodtui.lab.topology import CALLEES, CANARY_CLUSTER, CANARY_OF, SERVICES, Service

_TYPES = "type.googleapis.com/envoy"
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
# Envoy looks for a cluster's weight in its runtime under this prefix, a dot and the cluster's name.
_SPLIT = f"routing.traffic_split.{CANARY_OF}"
_WHOLE = 1000  # the weights sum up to it: a share is a tenth of a percent at least


def configure(state: State) -> Process:
    """Write Envoy's bootstrap and endpoint files; the server as it is to be started."""
    home = files.folder(Path(state.directory) / "envoy")
    for callee in CALLEES:
        write_endpoints(state, callee, [state.ports[one] for one in SERVICES[callee].instance_ids()])
    write_canary(state, ())
    admin = state.ports["envoy"]
    bootstrap = {
        "node": {"id": "lab", "cluster": "lab"},
        "admin": {"address": _address(admin)},
        # Histograms are told anew with each flush, every 5 s by default: a rollout's samples look back less than that.
        "stats_flush_interval": "1s",
        # Without a layer of its kind the admin interface refuses to change the runtime.
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
        "static_resources": {
            "listeners": [_listener(state, callee) for callee in CALLEES],
            "clusters": [_cluster(state, callee, SERVICES[callee]) for callee in CALLEES],
        },
        "dynamic_resources": {"cds_config": _file(_clusters_file(state))},
    }
    configuration = files.write(home / "envoy.json", json.dumps(bootstrap, indent=1))
    return Process(
        name="envoy",
        kind="envoy",
        pid=0,
        started=0,
        # Hot restart shares memory between Envoys of the same base id: without it labs don't meet.
        argv=(
            *(state.programs["envoy"], "-c", str(configuration), "--concurrency", "1"),
            *("--disable-hot-restart", "--log-level", "warn"),
        ),
        address=f"{LOOPBACK}:{admin}",
        url=f"http://{LOOPBACK}:{admin}",
    )


def write_endpoints(state: State, callee: str, ports: Sequence[int]) -> None:
    """Point a cluster at these loopback ports; a running Envoy takes it up at once."""
    endpoints = [{"endpoint": {"address": _address(port)}} for port in ports]
    assignment = {
        "@type": f"{_TYPES}.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": callee,
        "endpoints": [{"lb_endpoints": endpoints}],
    }
    _write_resources(_endpoints_file(state, callee), assignment)


def write_canary(state: State, ports: Sequence[int]) -> None:
    """Give the canary a cluster with these loopback ports, or none without any; a running Envoy takes it up at once."""
    if not ports:
        _write_resources(_clusters_file(state))
        return
    write_endpoints(state, CANARY_CLUSTER, ports)
    cluster = _cluster(state, CANARY_CLUSTER, SERVICES[CANARY_OF])
    _write_resources(_clusters_file(state), {"@type": f"{_TYPES}.config.cluster.v3.Cluster", **cluster})


def shift(state: State, percent: float) -> None:
    """Send this share of payments' traffic to its canary, from the next request on; LabError when it does not take."""
    weight = round(percent * _WHOLE / 100)
    wanted = {CANARY_OF: _WHOLE - weight, CANARY_CLUSTER: weight}
    # Both in one request: Envoy never routes by one of them alone.
    query = "&".join(f"{_SPLIT}.{cluster}={share}" for cluster, share in wanted.items())
    url = f"http://{LOOPBACK}:{state.ports['envoy']}/runtime_modify?{query}"
    try:
        status, body = ask(url, method="POST")
    except (OSError, HTTPException) as error:
        raise LabError(f"Envoy does not take the weights: {error or type(error).__name__}") from error
    if status != 200 or _weights(state) != wanted:
        raise LabError(f"Envoy does not take the weights: it answers {status}: {body[:200].decode(errors='replace')}")


def canary_percent(state: State) -> float:
    """The share of payments' traffic that goes to its canary; LabError when Envoy does not say."""
    return _weights(state)[CANARY_CLUSTER] * 100 / _WHOLE


def _weights(state: State) -> dict[str, int]:
    """By cluster, as Envoy's runtime has them; where it has none the route's own count."""
    entries = ask_json(f"http://{LOOPBACK}:{state.ports['envoy']}/runtime?format=json").get("entries", {})
    return {
        cluster: int(entries.get(f"{_SPLIT}.{cluster}", {}).get("final_value", own))
        for cluster, own in ((CANARY_OF, _WHOLE), (CANARY_CLUSTER, 0))
    }


def counted(state: State, cluster: str, names: Iterable[str]) -> dict[str, int]:
    """Statistics of a cluster, by name; those that Envoy does not have (yet) are left out."""
    prefix = f"cluster.{cluster}."
    url = f"http://{LOOPBACK}:{state.ports['envoy']}/stats?format=json&filter=^cluster\\.{cluster}\\."
    told = {one["name"]: one["value"] for one in ask_json(url)["stats"] if "name" in one}
    return {name: int(told[prefix + name]) for name in names if prefix + name in told}


def version(state: State) -> str | None:
    """Envoy's version; None until it is live."""
    try:
        info = ask_json(f"http://{LOOPBACK}:{state.ports['envoy']}/server_info")
    except LabError:
        return None
    # "<commit>/1.40.0/Clean/RELEASE/BoringSSL"
    return str(info["version"]).split("/")[1] if info.get("state") == "LIVE" else None


def hosts(state: State) -> dict[str, dict[int, bool]]:
    """For each cluster its hosts by port, and whether Envoy holds the host for well."""
    answer = ask_json(f"http://{LOOPBACK}:{state.ports['envoy']}/clusters?format=json")
    return {
        cluster["name"]: {
            host["address"]["socket_address"]["port_value"]: not (
                host["health_status"].get("failed_outlier_check")
                or host["health_status"].get("failed_active_health_check")
            )
            for host in cluster.get("host_statuses", [])
        }
        for cluster in answer["cluster_statuses"]
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


def _file(path: Path) -> dict[str, Any]:
    """A file as the source of a part of the configuration: taken up whenever it is replaced."""
    return {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"}


def _endpoints_file(state: State, cluster: str) -> Path:
    return Path(state.directory) / "envoy" / f"{cluster}.json"


def _clusters_file(state: State) -> Path:
    return Path(state.directory) / "envoy" / "clusters.json"


def _write_resources(path: Path, *resources: Mapping[str, Any]) -> None:
    files.write(path, json.dumps({"resources": resources}, indent=1))


def _listener(state: State, callee: str) -> dict[str, Any]:
    route = {
        **_destination(callee),
        "timeout": "10s",
        # Another host is tried only where the first never saw the request.
        "retry_policy": {"retry_on": "connect-failure", "num_retries": 1},
    }
    connections = {
        "@type": f"{_TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": callee,
        "route_config": {
            # The canary's cluster is not there before the canary is, and nothing is sent to it then.
            "validate_clusters": callee != CANARY_OF,
            "virtual_hosts": [
                {"name": callee, "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": route}]}
            ],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.extensions.filters.http.router.v3.Router"},
            }
        ],
    }
    return {
        "name": callee,
        "address": _address(state.ports[f"to-{callee}"]),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": connections}]}
        ],
    }


def _destination(callee: str) -> dict[str, Any]:
    """Where a callee's traffic goes: to its cluster, or to its canary's for a share that the runtime tells."""
    if callee != CANARY_OF:
        return {"cluster": callee}
    weights = [{"name": CANARY_OF, "weight": _WHOLE}, {"name": CANARY_CLUSTER, "weight": 0}]
    return {"weighted_clusters": {"clusters": weights, "runtime_key_prefix": _SPLIT}}


def _cluster(state: State, name: str, callee: Service) -> dict[str, Any]:
    options = {
        "@type": f"type.googleapis.com/{_HTTP_OPTIONS}",
        # Shorter than the 75 s after which the services close: a connection that is closing is not picked for a call.
        "common_http_protocol_options": {"idle_timeout": "30s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    limits = {"max_connections": 100, "max_pending_requests": 100, "max_requests": 100, "max_retries": 10}
    return {
        "name": name,
        "type": "EDS",
        "connect_timeout": "0.5s",
        "lb_policy": "ROUND_ROBIN",
        "eds_cluster_config": {"eds_config": _file(_endpoints_file(state, name))},
        # Else a host that left the endpoints keeps its traffic for as long as it passes its health check.
        "ignore_health_on_host_removal": True,
        "health_checks": [
            {
                "timeout": "0.8s",
                "interval": "1s",
                "no_traffic_interval": "1s",
                "unhealthy_threshold": 2,
                "healthy_threshold": 1,
                "http_health_check": {"path": "/live"},
            }
        ],
        "outlier_detection": {
            "consecutive_5xx": 5,
            "interval": "1s",
            "base_ejection_time": "5s",
            "max_ejection_time": "10s",
            "max_ejection_percent": 50,
        },
        "circuit_breakers": {"thresholds": [{"priority": "DEFAULT", **limits, "track_remaining": True}]},
        "typed_extension_protocol_options": {_HTTP_OPTIONS: options},
        **({"transport_socket": _tls(state, callee)} if callee.tls else {}),
    }


def _tls(state: State, callee: Service) -> dict[str, Any]:
    """TLS to a callee whose certificate must be the lab's and bear its name; for its health checks too."""
    validation = {
        "trusted_ca": {"filename": str(certificates.authority(Path(state.directory)))},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": callee.host_name}}],
    }
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPES}.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": callee.host_name,
            "common_tls_context": {"validation_context": validation},
        },
    }
