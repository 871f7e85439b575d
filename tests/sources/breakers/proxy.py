"""A real Envoy in front of two real upstream servers whose behaviour the test sets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from tests.sources.servers import free_ports, program, running

ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


@dataclass
class Proxy:
    """Where it listens, and what the upstream hosts of `orders.v1` do now."""

    admin: str
    traffic: str
    hosts: tuple[str, str]
    failing: set[str] = field(default_factory=set)
    """Addresses that answer 500."""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, /slow does not answer."""
    holding: int = 0
    """Requests for /slow that wait in an upstream host."""

    async def ask(self, path: str, times: int = 1) -> list[int]:
        """Statuses of so many GETs, one after the other."""
        async with httpx.AsyncClient(base_url=self.traffic, trust_env=False, timeout=5) as client:
            return [(await client.get(path)).status_code for _ in range(times)]

    async def ask_at_once(self, path: str, times: int) -> list[int]:
        """Statuses of so many GETs made together."""
        return [status for (status,) in await asyncio.gather(*(self.ask(path) for _ in range(times)))]


@asynccontextmanager
async def envoy(directory: Path) -> AsyncIterator[Proxy]:
    """Clusters: `orders.v1` (two hosts, narrow limits, ejection after 3 errors), `dead:80` (nobody listens), `bare`
    (no hosts at all) and `xds_server`, which is ignored by default."""
    admin, traffic, one, two, nobody = free_ports(5)
    proxy = Proxy(f"http://127.0.0.1:{admin}", f"http://127.0.0.1:{traffic}", (f"127.0.0.1:{one}", f"127.0.0.1:{two}"))
    runners = [await _upstream(proxy, port) for port in (one, two)]
    config = directory / "envoy.json"
    config.write_text(json.dumps(_config(admin, traffic, [one, two], nobody)))
    command = (program("envoy"), "-c", str(config), "--use-dynamic-base-id", "--concurrency", "1", "-l", "error")
    try:
        async with running(*command, answers=f"{proxy.admin}/ready", log=directory / "envoy.log"):
            yield proxy
    finally:
        proxy.held.set()
        for runner in runners:
            await runner.cleanup()


async def _upstream(proxy: Proxy, port: int) -> web.AppRunner:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/slow":
            proxy.holding += 1
            await proxy.held.wait()
        return web.Response(status=500 if f"127.0.0.1:{port}" in proxy.failing else 200)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


def _cluster(name: str, ports: list[int], **more: Any) -> dict[str, Any]:
    endpoints = [{"endpoint": {"address": _address(port)}} for port in ports]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "0.5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
        **more,
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _config(admin: int, traffic: int, orders: list[int], nobody: int) -> dict[str, Any]:
    limits = {"max_connections": 2, "max_pending_requests": 2, "max_requests": 4, "track_remaining": True}
    routes = [
        {"match": {"prefix": "/dead"}, "route": {"cluster": "dead:80"}},
        {"match": {"prefix": "/"}, "route": {"cluster": "orders.v1"}},
    ]
    manager = {
        "@type": MANAGER,
        "stat_prefix": "in",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return {
        "admin": {"address": _address(admin)},
        "static_resources": {
            "listeners": [{"name": "in", "address": _address(traffic), "filter_chains": [{"filters": filters}]}],
            "clusters": [
                _cluster(
                    "orders.v1",
                    orders,
                    circuit_breakers={"thresholds": [limits]},
                    outlier_detection={
                        "consecutive_5xx": 3,
                        "interval": "0.2s",
                        "base_ejection_time": "1s",
                        "max_ejection_percent": 100,
                    },
                ),
                _cluster("dead:80", [nobody]),
                _cluster("bare", []),
                _cluster("xds_server", [nobody]),
            ],
        },
    }
