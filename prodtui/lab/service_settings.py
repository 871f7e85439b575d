"""What one instance of a service is told, in a file of its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from prodtui.lab.environment import Environment


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of a service; what it shares with the others is in the environment file."""

    service: str
    instance: str
    host: str
    port: int
    tier: str
    version: str
    zone: str
    node: str
    runbook: str
    registry: str
    registry_url: str
    environment_file: str
    registry_prefix: str = ""
    callees: tuple[str, ...] = ()
    track: str = "stable"
    """Whether it is one of those that carry the service, or the `canary` of a candidate."""
    build: str = ""
    """Which of `builds.BUILDS` it runs; empty: the service as it is."""
    certificate_file: str | None = None
    """Key and certificate (PEM), with which the instance serves HTTPS; None: plain HTTP."""

    @property
    def scheme(self) -> str:
        """How the instance is asked."""
        return "https" if self.certificate_file else "http"

    @property
    def health_url(self) -> str:
        """Where the instance answers about its health."""
        return f"{self.scheme}://{self.host}:{self.port}/ready"

    def config_hash(self, environment: Environment) -> str:
        """A digest of what all instances of the service must have in common."""
        shared = msgspec.json.encode(
            [self.service, self.version, self.tier, self.registry_url, self.callees, environment.values]
        )
        return hashlib.sha256(shared).hexdigest()[:12]


def read(path: Path) -> ServiceSettings:
    """The settings in this file."""
    return msgspec.json.decode(path.read_bytes(), type=ServiceSettings)
