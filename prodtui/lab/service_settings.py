"""What one service process is told, in a file of its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the service's database is, as PgBouncer names it."""

    host: str
    port: int
    name: str
    user: str
    password_file: str


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of a service."""

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
    registry_prefix: str = ""
    callees: dict[str, str] = {}
    database: DatabaseSettings | None = None

    @property
    def health_url(self) -> str:
        """Where the instance answers about its health."""
        return f"http://{self.host}:{self.port}/ready"

    @property
    def config_hash(self) -> str:
        """A digest of what all instances of the service must have in common."""
        shared = msgspec.json.encode(
            [self.service, self.version, self.tier, self.callees, self.database, self.registry_url]
        )
        return hashlib.sha256(shared).hexdigest()[:12]


def read(path: Path) -> ServiceSettings:
    """The settings in this file."""
    return msgspec.json.decode(path.read_bytes(), type=ServiceSettings)
