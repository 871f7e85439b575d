"""Prometheus, scraping every second, with its rules; and Alertmanager, which sends nothing anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prodtui.lab import certificates, files, programs
from prodtui.lab.errors import LabError
from prodtui.lab.network import LOOPBACK, ask_json
from prodtui.lab.state import Process, State
from prodtui.lab.topology import CANARY_OF, SERVICES, SLI_WINDOW, Service

_REQUESTS = "http_request_duration_seconds_count"


def configure(state: State) -> Process:
    """Write Prometheus' configuration and rules; the server as it is to be started."""
    home = files.folder(Path(state.directory) / "prometheus")
    files.write(home / "rules.json", json.dumps(_rules(), indent=1))
    write_canary(state, None)
    plain = [service for service in SERVICES.values() if not service.tls]
    scrapes: list[dict[str, Any]] = [
        {
            "job_name": "services",
            "static_configs": _instances(state, plain),
            "file_sd_configs": [{"files": [str(_canary_file(state))]}],
        },
        *(_secured(state, service) for service in SERVICES.values() if service.tls),
        {
            "job_name": "envoy",
            "metrics_path": "/stats/prometheus",
            "static_configs": [{"targets": [f"{LOOPBACK}:{state.ports['envoy']}"], "labels": {"instance": "envoy"}}],
            "params": {"filter": ["^cluster\\."]},
        },
        {
            "job_name": "alertmanager",
            "static_configs": [
                {"targets": [f"{LOOPBACK}:{state.ports['alertmanager']}"], "labels": {"instance": "alertmanager"}}
            ],
        },
    ]
    settings = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"},
        "rule_files": [str(home / "rules.json")],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"{LOOPBACK}:{state.ports['alertmanager']}"]}]}]
        },
        "scrape_configs": scrapes,
    }
    # JSON is YAML.
    configuration = files.write(home / "prometheus.yml", json.dumps(settings, indent=1))
    port = state.ports["prometheus"]
    return Process(
        name="prometheus",
        kind="prometheus",
        pid=0,
        started=0,
        argv=(
            state.programs["prometheus"],
            f"--config.file={configuration}",
            f"--web.listen-address={LOOPBACK}:{port}",
            f"--storage.tsdb.path={home / 'data'}",
            "--storage.tsdb.retention.time=6h",
            # What fires before Alertmanager listens is else told again after a minute.
            "--rules.alert.resend-delay=2s",
            "--log.level=warn",
        ),
        address=f"{LOOPBACK}:{port}",
        url=f"http://{LOOPBACK}:{port}",
        environment={"GOMAXPROCS": "1"},
    )


def configure_alertmanager(state: State) -> Process:
    """Write Alertmanager's configuration; the server as it is to be started."""
    home = files.folder(Path(state.directory) / "alertmanager")
    settings = {
        "route": {
            "receiver": "nobody",
            "group_by": ["alertname", "service"],
            "group_wait": "1s",
            "group_interval": "5s",
        },
        "receivers": [{"name": "nobody"}],
    }
    configuration = files.write(home / "alertmanager.yml", json.dumps(settings, indent=1))
    port = state.ports["alertmanager"]
    return Process(
        name="alertmanager",
        kind="alertmanager",
        pid=0,
        started=0,
        argv=(
            state.programs["alertmanager"],
            f"--config.file={configuration}",
            f"--web.listen-address={LOOPBACK}:{port}",
            f"--storage.path={home / 'data'}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ),
        address=f"{LOOPBACK}:{port}",
        url=f"http://{LOOPBACK}:{port}",
        environment={"GOMAXPROCS": "1"},
        cwd=programs.home(state.programs["alertmanager"]),
    )


def _instances(state: State, services: Iterable[Service]) -> list[dict[str, Any]]:
    """The services' instances as targets, named as in the registry."""
    return [_target(state, service.name, one) for service in services for one in service.instance_ids()]


def write_canary(state: State, instance: str | None) -> None:
    """Have this instance of payments' candidate scraped, or none; a running Prometheus takes it up at once."""
    targets = [_target(state, CANARY_OF, instance, track="canary")] if instance else []
    files.write(_canary_file(state), json.dumps(targets, indent=1))


def _target(state: State, service: str, instance: str, track: str = "stable") -> dict[str, Any]:
    labels = {"service": service, "instance": instance, "track": track}
    return {"targets": [f"{LOOPBACK}:{state.ports[instance]}"], "labels": labels}


def _canary_file(state: State) -> Path:
    return Path(state.directory) / "prometheus" / "canary.json"


def _secured(state: State, service: Service) -> dict[str, Any]:
    """A job of its own: the name that the certificate must bear is a job's setting."""
    return {
        "job_name": service.name,
        "scheme": service.scheme,
        "tls_config": {
            "ca_file": str(certificates.authority(Path(state.directory))),
            "server_name": service.host_name,
        },
        "static_configs": _instances(state, [service]),
    }


def version(state: State) -> str | None:
    """Prometheus' version; None until it serves queries."""
    url = f"http://{LOOPBACK}:{state.ports['prometheus']}"
    try:
        return str(ask_json(f"{url}/api/v1/status/buildinfo")["data"]["version"])
    except LabError:
        return None


def alertmanager_version(state: State) -> str | None:
    """Alertmanager's version; None until it serves requests."""
    try:
        answer = ask_json(f"http://{LOOPBACK}:{state.ports['alertmanager']}/api/v2/status")
    except LabError:
        return None
    return str(answer["versionInfo"]["version"])


def query(state: State, promql: str) -> list[dict[str, Any]]:
    """An instant vector, as Prometheus gives it."""
    url = f"http://{LOOPBACK}:{state.ports['prometheus']}/api/v1/query?query={quote(promql)}"
    return list(ask_json(url)["data"]["result"])


def _rules() -> dict[str, Any]:
    def per_service(selector: str) -> str:
        return f"sum by (service) (rate({_REQUESTS}{selector}[{SLI_WINDOW}]))"

    failed = per_service('{code=~"5.."}')
    alerts = [
        {
            "alert": "InstanceDown",
            # Each by its name: a service whose targets lost their label would otherwise page nobody, unseen.
            "expr": f'up{{service=~"{"|".join(SERVICES)}"}} == 0',
            "for": "2s",
            "labels": {"severity": "page"},
            "annotations": {"summary": "{{ $labels.instance }} of {{ $labels.service }} can't be scraped"},
        },
        {
            "alert": "HighErrorRatio",
            "expr": f"{failed} / {per_service('')} > 0.02",
            "for": "3s",
            "labels": {"severity": "page"},
            "annotations": {"summary": "{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests"},
        },
        {
            "alert": "Watchdog",
            "expr": "vector(1)",
            "labels": {"severity": "none"},
            "annotations": {"summary": "always firing: proof that alerts are evaluated"},
        },
    ]
    return {"groups": [{"name": "lab", "interval": "1s", "rules": alerts}]}
