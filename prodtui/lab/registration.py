"""A service instance in the registry: entered by itself, again whenever it finds itself missing."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from typing import Any, Protocol

import aiohttp

from prodtui.lab.etcd import encoded
from prodtui.lab.service_settings import ServiceSettings

_log = logging.getLogger(__name__)
_EVERY_S = 2.0
_LEASE_S = 5  # survives two missed keep-alives


class Registration(Protocol):
    """An entry in one kind of registry."""

    async def renew(self) -> None:
        """Enter the instance, or make sure that it is still there."""

    async def remove(self) -> None:
        """Take the instance out."""


async def keep(registration: Registration) -> None:
    """Keep the instance registered until cancelled; a registry that is away is tried again."""
    away = False
    while True:
        try:
            await registration.renew()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if not away:
                _log.warning("registry: %s", error or type(error).__name__)
            away = True
        else:
            away = False
        await asyncio.sleep(_EVERY_S)


def registration(settings: ServiceSettings, config_hash: str, http: aiohttp.ClientSession) -> Registration:
    """The instance's entry in the registry it is told of."""
    kind = ConsulRegistration if settings.registry == "consul" else EtcdRegistration
    return kind(settings, config_hash, http)


def _tags(settings: ServiceSettings) -> list[str]:
    return [f"tier-{settings.tier.lower()}", f"v{settings.version}", settings.track]


class ConsulRegistration:
    """A service with an HTTP check at a Consul agent."""

    def __init__(self, settings: ServiceSettings, config_hash: str, http: aiohttp.ClientSession) -> None:
        self._agent = f"{settings.registry_url}/v1/agent/service"
        self._instance = settings.instance
        self._http = http
        self._body = {
            "ID": settings.instance,
            "Name": settings.service,
            "Address": settings.host,
            "Port": settings.port,
            "Tags": _tags(settings),
            "Meta": {
                "version": settings.version,
                "zone": settings.zone,
                "node": settings.node,
                "tier": settings.tier,
                "config_hash": config_hash,
                "scheme": settings.scheme,
                "health_url": settings.health_url,
                "runbook": settings.runbook,
            },
            "Check": {
                "CheckID": f"ready:{settings.instance}",
                "Name": "ready",
                "HTTP": settings.health_url,
                # It asks whether the instance is well; what its certificate is worth is judged apart.
                "TLSSkipVerify": settings.scheme == "https",
                "Interval": "1s",
                "Timeout": "800ms",
            },
        }

    async def renew(self) -> None:
        """Register unless the agent knows the instance (it forgets all in a restart)."""
        async with self._http.get(f"{self._agent}/{self._instance}") as answer:
            if answer.status == 200:
                return
        async with self._http.put(f"{self._agent}/register", json=self._body) as answer:
            answer.raise_for_status()

    async def remove(self) -> None:
        """Deregister."""
        async with self._http.put(f"{self._agent}/deregister/{self._instance}") as answer:
            answer.raise_for_status()


class EtcdRegistration:
    """A key under a lease in etcd: there while the instance keeps the lease alive."""

    def __init__(self, settings: ServiceSettings, config_hash: str, http: aiohttp.ClientSession) -> None:
        self._url = f"{settings.registry_url}/v3"
        self._http = http
        self._lease: str | None = None
        self._key = encoded(f"{settings.registry_prefix}{settings.service}/{settings.instance}")
        value = {
            "id": settings.instance,
            "name": settings.service,
            "address": settings.host,
            "port": settings.port,
            "health_url": settings.health_url,
            "node": settings.node,
            "zone": settings.zone,
            "version": settings.version,
            "tier": settings.tier,
            "config_hash": config_hash,
            "scheme": settings.scheme,
            "runbook": settings.runbook,
            "track": settings.track,
            "tags": _tags(settings),
            "phase": "serving",
        }
        self._value = base64.b64encode(json.dumps(value).encode()).decode()

    async def renew(self) -> None:
        """Keep the lease alive; with the lease or the key gone, enter the instance anew."""
        if self._lease is not None:
            kept = await self._call("lease/keepalive", {"ID": self._lease})
            # Of a lease that is gone the answer has no TTL; it is not an error.
            if "TTL" in kept.get("result", {}):
                found = await self._call("kv/range", {"key": self._key, "count_only": True})
                if found.get("count"):
                    return
        self._lease = str((await self._call("lease/grant", {"TTL": _LEASE_S}))["ID"])
        await self._call("kv/put", {"key": self._key, "value": self._value, "lease": self._lease})

    async def remove(self) -> None:
        """Give the lease back, and with it the key."""
        if self._lease is not None:
            await self._call("lease/revoke", {"ID": self._lease})

    async def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._http.post(f"{self._url}/{path}", json=body) as answer:
            answer.raise_for_status()
            content: dict[str, Any] = json.loads(await answer.read())
            return content
