"""10,000 instances with 50,000 checks of a real Consul on the dashboard, 1 % of them changing every 2 s."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import httpx

from benchmarks.processes import cpu_s, rss_mb
from benchmarks.programs import prodtui_command
from benchmarks.table import OURS, Figure, Report, Unmeasurable
from benchmarks.terminal import Terminal
from prodtui.lab.network import free_ports
from prodtui.lab.programs import find

SERVICES, INSTANCES, CHECKS = 500, 20, 5
CHANGED = SERVICES * INSTANCES // 100
EVERY_S = 2.0
WINDOW_S = 30.0
LONGEST_S = 120.0
KEYS = 120
PAINTED_S = 0.03
CPU_BAR_PERCENT, RSS_BAR_MB, KEY_BAR_MS = 12, 250, 40
STATUS = ("passing", "passing", "warning", "critical")


def measure() -> Report:
    """Fills a Consul agent, opens the dashboard on it, and changes one instance in a hundred again and again."""
    with TemporaryDirectory(prefix="prodtui-fleet-") as folder, _agent(Path(folder)) as url, httpx.Client() as http:
        with ThreadPoolExecutor(8) as several:
            list(several.map(lambda place: _put(http, url, place, "passing"), _places()))
        config = Path(folder) / "prodtui.toml"
        config.write_text(f'[environments.fleet.sources.registry]\nkind = "consul"\nurl = "{url}"\n')
        environment = {"XDG_STATE_HOME": folder}
        with Terminal([*prodtui_command(), "--config", str(config)], environment=environment) as terminal:
            if terminal.seconds_until(re.compile(r"service-\d+ "), LONGEST_S) is None:
                raise Unmeasurable(f"no data within {LONGEST_S:g} s: {terminal.text()[-300:]}")
            terminal.pump_for(10.0)
            with _changing(http, url):
                terminal.pump_for(5.0)
                began, cpu = time.monotonic(), cpu_s(terminal.pid)
                terminal.pump_for(WINDOW_S)
                percent = 100 * (cpu_s(terminal.pid) - cpu) / (time.monotonic() - began)
                keys_ms = [_key_ms(terminal, b"j" if n % 40 < 20 else b"k") for n in range(KEYS)]
            memory = rss_mb(terminal.pid)
    return Report(
        f"fleet: {SERVICES * INSTANCES:,} instances, {SERVICES * INSTANCES * CHECKS:,} checks, {CHANGED} instances "
        f"changing every {EVERY_S:g} s; 120x40",
        [
            Figure("CPU of a core", "%", {OURS: [percent]}, CPU_BAR_PERCENT, digits=1),
            Figure("RSS", "MB", {OURS: [memory]}, RSS_BAR_MB, digits=0),
            Figure("key to paint p99", "ms", {OURS: [quantiles(keys_ms, n=100)[98]]}, KEY_BAR_MS, digits=1),
            Figure("key to paint p50", "ms", {OURS: [quantiles(keys_ms, n=100)[49]]}, digits=1),
        ],
        ["every change is written to Consul as an instance with its five checks; half of them turn bad, half well"],
    )


@contextmanager
def _agent(folder: Path) -> Iterator[str]:
    """A Consul agent of its own; yields its url."""
    ports = free_ports(("http", "server", "serf_lan"))
    off = {"dns": -1, "grpc": -1, "serf_wan": -1}
    settings = {"ports": {**ports, **off}, "limits": {"rpc_rate": -1}}
    (folder / "consul.json").write_text(json.dumps(settings))
    program = find("consul", print)[1]["consul"]
    command = [program, "agent", "-dev", "-bind", "127.0.0.1", "-config-file", str(folder / "consul.json")]
    with (folder / "consul.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        url = f"http://127.0.0.1:{ports['http']}"
        try:
            _until_it_serves(url)
            yield url
        finally:
            process.kill()


def _until_it_serves(url: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/v1/status/leader", timeout=1).text.strip('"\n '):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise Unmeasurable("consul does not serve")


def _places() -> list[tuple[int, int]]:
    return [(service, instance) for service in range(SERVICES) for instance in range(INSTANCES)]


def _put(http: httpx.Client, url: str, place: tuple[int, int], status: str) -> None:
    service, instance = place
    node, name = f"node-{instance:02}", f"service-{service:03}"
    checks = [
        {
            "Node": node,
            "CheckID": f"{name}-{instance}-{n}",
            "Name": f"check {n}",
            "Status": status if n == 0 else "passing",
            "Output": f"HTTP GET http://10.0.{instance}.{n}/health: {status}",
            "ServiceID": f"{name}-{instance}",
        }
        for n in range(CHECKS)
    ]
    registered = {"ID": f"{name}-{instance}", "Service": name, "Port": 80, "Meta": {"version": "1.0.0"}}
    body = {"Node": node, "Address": f"10.0.0.{instance + 1}", "Service": registered, "Checks": checks}
    http.put(f"{url}/v1/catalog/register", json=body).raise_for_status()


@contextmanager
def _changing(http: httpx.Client, url: str) -> Iterator[None]:
    """While it is entered, one instance in a hundred changes every two seconds."""
    stop, chosen = threading.Event(), random.Random(7)  # noqa: S311 — which ones is no secret

    def change() -> None:
        places: Sequence[tuple[int, int]] = _places()
        last: Mapping[tuple[int, int], str] = {}
        while not stop.is_set():
            began = time.monotonic()
            turned = {place: chosen.choice(STATUS) for place in chosen.sample(places, CHANGED // 2)}
            for place, status in (*turned.items(), *((place, "passing") for place in last)):
                _put(http, url, place, status)
            last = turned
            stop.wait(max(0.0, EVERY_S - (time.monotonic() - began)))

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _key_ms(terminal: Terminal, key: bytes) -> float:
    terminal.pump_for(0.03 + (time.monotonic() * 1000 % 70) / 1000)
    began = time.monotonic()
    terminal.write(key)
    while terminal.written_at < began:
        terminal.pump(PAINTED_S)
        if time.monotonic() > began + LONGEST_S:
            raise Unmeasurable(f"no answer to {key!r}")
    return (terminal.written_at - began) * 1000


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.exit(main(["fleet"]))
