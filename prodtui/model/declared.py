"""What the configuration declares, as the pure floors see it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from prodtui.model.records import Plane


class Tier(StrEnum):
    A = "A"
    B = "B"
    C = "C"


class DeclaredSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source as configured."""

    name: str
    kind: str
    plane: Plane
    interval_s: float = 2.0
    stale_after_s: float = 15.0
    """Past this age its values are lost: UNKNOWN."""
    settings: tuple[tuple[str, str], ...] = ()
    """Its settings as a person may see them, secrets redacted."""


class DeclaredService(msgspec.Struct, frozen=True, kw_only=True):
    """A service's own names in other systems; by default every system uses the service's name."""

    name: str
    tier: Tier | None = None
    metrics_label: str | None = None
    pools: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    canary_clusters: tuple[str, ...] = ()
    """Those that lead to it only while a candidate is tried out: nothing is missing where they are not there."""
    depends_on: tuple[str, ...] = ()
    runbook: str | None = None
    owner: str | None = None


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One environment as configured: its sources and the services that are known beforehand."""

    environment: str
    colour: str | None = None
    sources: tuple[DeclaredSource, ...] = ()
    services: tuple[DeclaredService, ...] = ()
    ignore: tuple[str, ...] = ("consul",)
    """Registry names that are no service of the users'."""
