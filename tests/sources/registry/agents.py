"""Real Consul and etcd servers that a test starts for itself, on free ports, and ends."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import httpx

from prodtui.lab.programs import find
from tests.sources.servers import free_ports

ROOT_TOKEN = "8e2f1d5c-0b0f-4b7a-9d57-3f3f4b1f2a10"


@cache
def program(name: Literal["consul", "etcd"]) -> str:
    """Path of the real program, fetched if need be."""
    return find(name, print)[1][name]


@dataclass
class Server:
    """A server process that can be killed, stopped, and started again on the same ports."""

    command: Sequence[str]
    url: str
    ready: str
    """Path that answers 200 once it serves."""
    log: Path
    headers: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it serves."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while not self._serves():
            assert self.process.poll() is None, f"{self.command[0]} ended, see {self.log}"
            assert time.monotonic() < end, f"{self.command[0]} does not serve, see {self.log}"
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL, and its end."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def hang(self) -> None:
        """SIGSTOP: it accepts, and never answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def ask(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:
        """One request that must succeed; its JSON answer, or None."""
        headers = {"X-Consul-Token": token} if token else self.headers
        answer = httpx.request(method, f"{self.url}{path}", json=body, headers=headers, trust_env=False)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return json.loads(answer.text) if answer.text.strip() else None

    def _serves(self) -> bool:
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.url}{self.ready}", headers=self.headers, trust_env=False, timeout=1)
            return answer.is_success and answer.text.strip() not in ("", '""', "[]")
        return False


@contextmanager
def consul(folder: Path, *, acl: bool = False) -> Iterator[Server]:
    """A Consul dev agent, its node named "lab"; with `acl` everything is denied but to ROOT_TOKEN."""
    http, server, serf = free_ports(3)
    off = {"dns": -1, "grpc": -1, "serf_wan": -1}
    settings: dict[str, object] = {"ports": {"http": http, "server": server, "serf_lan": serf, **off}}
    if acl:
        settings["acl"] = {"enabled": True, "default_policy": "deny", "tokens": {"master": ROOT_TOKEN}}
    (folder / "consul.json").write_text(json.dumps(settings))
    running = Server(
        command=(
            *(program("consul"), "agent", "-dev", "-node", "lab", "-bind", "127.0.0.1", "-client", "127.0.0.1"),
            *("-config-file", str(folder / "consul.json"), "-log-level", "warn"),
        ),
        url=f"http://127.0.0.1:{http}",
        ready="/v1/health/node/lab",
        log=folder / "consul.log",
        headers={"X-Consul-Token": ROOT_TOKEN} if acl else {},
    )
    try:
        running.start()
        yield running
    finally:
        running.kill()


@contextmanager
def etcd(folder: Path) -> Iterator[Server]:
    """A single etcd."""
    client, peer = free_ports(2)
    url, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    running = Server(
        command=(
            *(program("etcd"), "--name", "lab", "--data-dir", str(folder / "data"), "--log-level", "error"),
            *("--listen-client-urls", url, "--advertise-client-urls", url, "--unsafe-no-fsync"),
            *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"lab={peers}"),
        ),
        url=url,
        ready="/health",
        log=folder / "etcd.log",
    )
    try:
        running.start()
        yield running
    finally:
        running.kill()


def b64(text: str) -> str:
    """As etcd's gateway wants keys and values."""
    return b64encode(text.encode()).decode()


def register(agent: Server, service: str, number: int = 1, *, check: bool = True, **more: object) -> None:
    """Registers SERVICE-NUMBER with a TTL check `ttl:SERVICE-NUMBER`, as yet critical."""
    body: dict[str, object] = {"ID": f"{service}-{number}", "Name": service, "Port": 8000 + number, **more}
    if check:
        body["Check"] = {"CheckID": f"ttl:{service}-{number}", "Name": "ttl", "TTL": "10m"}
    agent.ask("PUT", "/v1/agent/service/register", body)


def tell(agent: Server, check: str, status: str, output: str = "") -> None:
    """Sets a TTL check's status (passing, warning, critical) and output."""
    agent.ask("PUT", f"/v1/agent/check/update/{check}", {"Status": status, "Output": output})


def clear(agent: Server) -> None:
    """Deregisters everything from a Consul agent and leaves maintenance."""
    agent.ask("PUT", "/v1/agent/maintenance?enable=false")
    for service in agent.ask("GET", "/v1/agent/services"):
        agent.ask("PUT", f"/v1/agent/service/deregister/{service}")
