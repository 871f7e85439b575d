"""What Envoy's admin interface answers, typed: `/clusters?format=json`, `/stats?format=json` and `/server_info`.

Zero values are left out, 64-bit integers come as strings, and neither list has a stable order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

STATISTICS = (
    r"circuit_breakers\.(?:default|high)\.\w+|upstream_rq_(?:pending|active|retry)_overflow|upstream_rq_5xx"
    r"|upstream_cx_connect_fail"
)
"""Names of a cluster's statistics that are read, as a regular expression (RE2 for Envoy)."""
STATS_FILTER = rf"^cluster\..+\.(?:{STATISTICS})$"
# The shortest cluster name that fits: statistics' own names hold dots, and so may clusters'.
_STATISTIC = re.compile(rf"cluster\.(.+?)\.({STATISTICS})")
# 2^64-1 and its neighbours stand for "no limit": the count of what is left underflows where nothing is limited.
_NO_LIMIT = 2**63

Integer = int | str


def integer(value: Integer | None) -> int:
    """A number however Envoy wrote it; 0 where it is left out. Raises ValueError for other text."""
    return int(value or 0)


class SocketAddress(msgspec.Struct, frozen=True):
    address: str = ""
    port_value: Integer | None = None


class Pipe(msgspec.Struct, frozen=True):
    path: str = ""


class Address(msgspec.Struct, frozen=True):
    socket_address: SocketAddress | None = None
    pipe: Pipe | None = None

    def __str__(self) -> str:
        if self.socket_address is not None:
            host = self.socket_address.address
            return f"{f'[{host}]' if ':' in host else host}:{integer(self.socket_address.port_value)}"
        return self.pipe.path if self.pipe is not None else ""


class HostStatus(msgspec.Struct, frozen=True):
    address: Address = Address()
    health_status: dict[str, bool | str] = {}
    hostname: str = ""


class Thresholds(msgspec.Struct, frozen=True):
    """Limits of one routing priority, which is left out where it is the default one."""

    priority: str = "DEFAULT"
    max_pending_requests: Integer | None = None
    max_requests: Integer | None = None
    max_retries: Integer | None = None


class CircuitBreakers(msgspec.Struct, frozen=True):
    thresholds: list[Thresholds] = []


class ClusterStatus(msgspec.Struct, frozen=True):
    name: str
    observability_name: str = ""
    host_statuses: list[HostStatus] = []
    circuit_breakers: CircuitBreakers = CircuitBreakers()

    @property
    def statistics_name(self) -> str:
        """The name its statistics go by: Envoy writes a colon as an underscore there."""
        return (self.observability_name or self.name).replace(":", "_")


class Clusters(msgspec.Struct, frozen=True):
    cluster_statuses: list[ClusterStatus] = []


class Statistic(msgspec.Struct, frozen=True):
    """One statistic; the element that holds all histograms has no name."""

    name: str = ""
    value: int | float | str | None = None


class Statistics(msgspec.Struct, frozen=True):
    stats: list[Statistic]


class ServerInfo(msgspec.Struct, frozen=True):
    version: str = ""
    """Commit, version, build and TLS library, divided by slashes."""

    @property
    def number(self) -> str:
        parts = self.version.split("/")
        return parts[1] if len(parts) > 1 else self.version


def by_cluster(statistics: Iterable[Statistic]) -> dict[str, dict[str, int]]:
    """Values by statistics name of the cluster, then of the statistic; what means "no limit" is left out."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for statistic in statistics:
        match = _STATISTIC.fullmatch(statistic.name)
        if match is not None and isinstance(statistic.value, int) and statistic.value < _NO_LIMIT:
            found[match[1]][match[2]] = statistic.value
    return found


def per_second(
    before: Mapping[str, int] | None, now: Mapping[str, int], names: Iterable[str], elapsed_s: float
) -> float | None:
    """Sum of the rates of these counters; None without an earlier reading or without any of them.

    A counter that fell has begun anew, with its process, at 0.
    """
    known = [name for name in names if name in now]
    if before is None or not known or elapsed_s <= 0:
        return None
    grown = (now[name] - (held if (held := before.get(name, 0)) <= now[name] else 0) for name in known)
    return sum(grown) / elapsed_s
