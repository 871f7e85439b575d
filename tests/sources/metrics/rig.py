"""A real Prometheus with Alertmanager, scraping real exporters whose requests are known."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from prodtui.lab import programs
from tests.sources.servers import free_ports, program

SCRAPE_S = 0.2
BUCKETS = (0.1, 0.5, 1.0)


class Exporter:
    """One application's metrics over HTTP."""

    def __init__(self, port: int) -> None:
        self.registry = CollectorRegistry()
        self._port = port

    def histogram(
        self, name: str, labels: tuple[str, ...] = ("code",), buckets: tuple[float, ...] = BUCKETS
    ) -> Histogram:
        return Histogram(name, "Known requests.", labels, buckets=buckets, registry=self.registry)

    def gauge(self, name: str, *labels: str) -> Gauge:
        return Gauge(name, "A state.", labels, registry=self.registry)

    def counter(self, name: str, *labels: str) -> Counter:
        return Counter(name, "A count.", labels, registry=self.registry)

    def start(self) -> None:
        self._server, self._thread = start_http_server(self._port, "127.0.0.1", self.registry)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Rig:
    """Where it listens, and what goes on in it."""

    url: str = ""
    alertmanager: str = ""
    exporters: dict[str, Exporter] = field(default_factory=dict)
    ticks: list[Callable[[], None]] = field(default_factory=list)
    """What happens twenty times a second."""

    def query(self, promql: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": promql}, trust_env=False)
        return list(answer.json()["data"]["result"])

    def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, f"not within {within_s} s"
            time.sleep(0.05)

    def silence(self, alert: str) -> None:
        matcher = {"name": "alertname", "value": alert, "isRegex": False, "isEqual": True}
        silence = {
            "matchers": [matcher],
            "startsAt": "2020-01-01T00:00:00Z",
            "endsAt": "2099-01-01T00:00:00Z",
            "createdBy": "a test",
            "comment": "known",
        }
        httpx.post(f"{self.alertmanager}/api/v2/silences", json=silence, trust_env=False).raise_for_status()


RULES = [
    {"alert": "Down", "expr": "up == 0", "labels": {"severity": "page"}, "annotations": {"summary": "gone: \x1b[31m"}},
    {"alert": "Busy", "expr": 'up{service="orders"} == 1', "labels": {"severity": "ticket"}},
    {"alert": "Legacy", "expr": 'up{job="legacy"} == 1'},
    {"alert": "Later", "expr": "vector(1)", "for": "1h", "labels": {"severity": "page"}},
]


@contextmanager
def rig(directory: Path) -> Iterator[Rig]:
    """Services: `orders` (a tenth slow, no errors), `payments` (a quarter 500), `idle`, `slow` (nearly all beyond the
    last bucket), `mute` (no status label), `leaving`; the job `legacy` has no
    service label; the target of `gone` does not answer."""
    prometheus, alertmanager, nobody, *ports = free_ports(10)
    names = ("orders", "payments", "idle", "slow", "mute", "leaving", "legacy")
    made = Rig(f"http://127.0.0.1:{prometheus}", f"http://127.0.0.1:{alertmanager}")
    made.exporters = {name: Exporter(port) for name, port in zip(names, ports, strict=True)}
    _fill(made)
    targets = {**dict(zip(names, ports, strict=True)), "gone": nobody}
    with ExitStack() as stack:
        for exporter in made.exporters.values():
            exporter.start()
            stack.callback(exporter.stop)
        stack.enter_context(_ticking(made))
        stack.enter_context(_alertmanager(directory, alertmanager))
        stack.enter_context(_prometheus(directory, prometheus, alertmanager, targets))
        made.until(lambda: len(made.query('up{service="gone"} == 0')) == 1)
        yield made


def _fill(made: Rig) -> None:
    metric = "http_request_duration_seconds"
    orders = made.exporters["orders"].histogram(metric)
    payments = made.exporters["payments"].histogram(metric)
    slow = made.exporters["slow"].histogram(metric)
    mute = made.exporters["mute"].histogram(metric, ())
    legacy = made.exporters["legacy"].histogram(metric, ("status",))
    leaving = made.exporters["leaving"].histogram(metric)
    millis = made.exporters["orders"].histogram("shop_latency_ms", ("code",), (100, 500, 1000))
    made.exporters["idle"].histogram(metric).labels("200")
    for code in ("200", "500"):
        payments.labels(code)

    def tick() -> None:
        for _ in range(9):
            orders.labels("200").observe(0.05)
            millis.labels("200").observe(50)
        orders.labels("200").observe(0.3)
        millis.labels("200").observe(300)
        for code in ("200", "200", "200", "500"):
            payments.labels(code).observe(0.05)
        for seconds in (0.05, 3, 3, 3):
            slow.labels("200").observe(seconds)
        mute.observe(0.05)
        legacy.labels("503").observe(0.05)
        leaving.labels("200").observe(0.05)

    made.ticks.append(tick)
    state = made.exporters["orders"].gauge("circuit_breaker_state", "name")
    for name, value in {"payments": 2, "stock": 1, "mail": 0, "odd": 7}.items():
        state.labels(name).set(value)
    one_hot = made.exporters["payments"].gauge("resilience4j_circuitbreaker_state", "name", "state")
    for word in ("closed", "open", "half_open", "forced_open", "disabled"):
        one_hot.labels("bank", word).set(word == "forced_open")
    refused = made.exporters["payments"].counter("resilience4j_circuitbreaker_not_permitted_calls", "name", "kind")
    made.ticks.append(lambda: refused.labels("bank", "not_permitted").inc())


@contextmanager
def _ticking(made: Rig) -> Iterator[None]:
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(0.05):
            for act in made.ticks:
                act()

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _prometheus(directory: Path, port: int, alertmanager: int, targets: dict[str, int]) -> Iterator[None]:
    apps = [
        {"targets": [f"127.0.0.1:{target}"], "labels": {"service": name, "instance": f"{name}-1"}}
        for name, target in targets.items()
        if name != "legacy"
    ]
    legacy = {"targets": [f"127.0.0.1:{targets['legacy']}"], "labels": {"instance": "legacy-1"}}
    every = f"{round(SCRAPE_S * 1000)}ms"
    (directory / "rules.yml").write_text(json.dumps({"groups": [{"name": "test", "interval": every, "rules": RULES}]}))
    config = {
        "global": {
            "scrape_interval": every,
            "scrape_timeout": every,
            "evaluation_interval": every,
            "external_labels": {"cluster": "test"},
        },
        "rule_files": [str(directory / "rules.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": [
            {"job_name": "apps", "static_configs": apps},
            {"job_name": "legacy", "static_configs": [legacy]},
        ],
    }
    (directory / "prometheus.yml").write_text(json.dumps(config))
    command = (
        program("prometheus"),
        f"--config.file={directory / 'prometheus.yml'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--log.level=warn",
    )
    with _program(command, directory / "prometheus.log", f"http://127.0.0.1:{port}/-/ready", directory):
        yield


@contextmanager
def _alertmanager(directory: Path, port: int) -> Iterator[None]:
    config = {"route": {"receiver": "nobody", "group_wait": "1s"}, "receivers": [{"name": "nobody"}]}
    (directory / "alertmanager.yml").write_text(json.dumps(config))
    path = program("alertmanager")
    command = (
        path,
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--storage.path={directory / 'alerts'}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    home = Path(programs.home(path) or directory)
    with _program(command, directory / "alertmanager.log", f"http://127.0.0.1:{port}/-/ready", home):
        yield


@contextmanager
def _program(command: tuple[str, ...], log: Path, answers: str, home: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=home)
    try:
        end = time.monotonic() + 15
        while True:
            assert process.poll() is None, log.read_text()[-800:]
            try:
                if httpx.get(answers, trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                assert time.monotonic() < end, f"{command[0]} does not answer"
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()
