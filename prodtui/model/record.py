"""What every record is, and the planes that sources belong to."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Plane(StrEnum):
    REGISTRY = "registry"
    POOLS = "pools"
    BREAKERS = "breakers"
    METRICS = "metrics"
    PROBES = "probes"
    RELEASE = "release"
    """What is only read because a policy asks: handshakes, guarded paths, and what the release itself brings."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="record"):
    """One thing that a source reported."""

    @property
    def key(self) -> str:
        raise NotImplementedError
