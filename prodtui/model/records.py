"""What sources say, as frozen records. An unknown number is None, never 0, NaN or −1.

Every record has a `key`, unique within its source and type. Times are Unix seconds, durations seconds, ratios 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from prodtui.model.evidence import (
    AlertRule,
    Certificate,
    CodeScan,
    Configuration,
    DatabaseRole,
    GuardedPath,
    Measurement,
    Migrations,
    Silence,
    Traffic,
)
from prodtui.model.histogram import Histogram as Histogram
from prodtui.model.past import Call as Call
from prodtui.model.past import Past as Past
from prodtui.model.past import Quantity as Quantity
from prodtui.model.record import Plane as Plane
from prodtui.model.record import Record as Record


class HealthStatus(StrEnum):
    PASSING = "passing"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"
    MAINTENANCE = "maintenance"


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"
    UNKNOWN = "unknown"


class Service(Record, frozen=True, kw_only=True, tag="service"):
    """A service that a registry knows, also when nothing checks it."""

    name: str
    tags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.name


class Instance(Record, frozen=True, kw_only=True, tag="instance"):
    """One running copy of a service."""

    service: str
    id: str
    node: str
    zone: str | None = None
    version: str | None = None
    phase: Phase = Phase.SERVING
    address: str = ""
    port: int | None = None
    registered_at: float | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, str] = {}

    @property
    def key(self) -> str:
        return f"{self.node}/{self.id}"


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """How a health check is made; `url` is what a re-run asks."""

    method: str = "GET"
    url: str | None = None
    interval_s: float | None = None
    timeout_s: float | None = None


class HealthCheck(Record, frozen=True, kw_only=True, tag="health"):
    """A registry's (or our own probe's) check of an instance; of a whole node where `instance` is empty."""

    id: str
    name: str
    node: str
    service: str = ""
    instance: str = ""
    status: HealthStatus = HealthStatus.UNKNOWN
    output: str = ""
    kind: str = ""
    definition: Definition = Definition()

    @property
    def key(self) -> str:
        return f"{self.node}/{self.id}"


class Pool(Record, frozen=True, kw_only=True, tag="pool"):
    """A connection pool in a pooler. `size` counts server connections; `used + idle` are those that exist."""

    name: str
    user: str = ""
    database: str = ""
    """The database's name on the server behind the pooler."""
    upstream: str = ""
    """host:port of that server."""
    size: int | None = None
    used: int | None = None
    idle: int | None = None
    waiting: int | None = None
    clients: int | None = None
    max_wait_s: float | None = None
    """Age of the oldest client still waiting; 0 while nobody waits, and 0 also where the server cannot be reached."""
    wait_ratio: float | None = None
    """Seconds that clients spent waiting per second, from two readings; None at the first."""
    paused: bool = False
    disabled: bool = False

    @property
    def key(self) -> str:
        return f"{self.name}/{self.user}"


class DatabaseServer(Record, frozen=True, kw_only=True, tag="database_server"):
    """A PostgreSQL server as a whole."""

    name: str
    address: str = ""
    """host:port as configured."""
    databases: tuple[str, ...] = ()
    version: str | None = None
    restricted: bool = False
    """The role sees only its own sessions: what needs pg_monitor is None here, never 0."""
    exhausted: bool = False
    """The server refused us for want of a free connection (SQLSTATE 53300): a finding, not an outage."""
    used: int | None = None
    usable: int | None = None
    """max_connections without the reserved ones."""
    in_recovery: bool | None = None
    receiver_streaming: bool | None = None
    """On a standby, whether its WAL receiver is connected; None on a primary."""
    lag_s: float | None = None
    """On a standby, its replay lag; on a primary the largest lag of its replicas; None without replication."""
    replicas: int | None = None
    oldest_transaction_s: float | None = None
    idle_in_transaction_s: float | None = None
    """Age of the longest idle-in-transaction session; 0 when there is none."""
    deadlocks_per_s: float | None = None
    xid_age: int | None = None
    freeze_max_age: int | None = None

    @property
    def key(self) -> str:
        return self.name


class Session(Record, frozen=True, kw_only=True, tag="session"):
    """A database session worth showing: blocked, blocking, or long in a transaction."""

    server: str
    pid: int
    database: str
    user: str = ""
    application: str = ""
    state: str = ""
    wait: str = ""
    blocked_by: tuple[int, ...] = ()
    blocked_s: float | None = None
    """How long it has waited for a lock; None when it does not."""
    transaction_at: float | None = None
    query: str = ""

    @property
    def key(self) -> str:
        return f"{self.server}/{self.pid}"


class Breaker(Record, frozen=True, kw_only=True, tag="breaker"):
    """A circuit breaker from a caller to a callee, by the names its source uses."""

    name: str
    caller: str
    callee: str
    instance: str = ""
    state: BreakerState = BreakerState.UNKNOWN
    shed_per_s: float | None = None
    """Requests refused by the breaker per second, from two readings; None at the first."""

    @property
    def key(self) -> str:
        return f"{self.caller}/{self.name}/{self.instance}"

    @property
    def called(self) -> str:
        """Caller and callee; the caller's instance in its place, where that names the caller too."""
        caller = self.instance if self.instance.startswith(self.caller) else f"{self.caller} {self.instance}".rstrip()
        return f"{caller}→{self.callee}"


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a proxy's upstream cluster, with the flags that take it out of service."""

    address: str
    healthy: bool
    flags: tuple[str, ...] = ()
    """For example failed_active_health_check, failed_outlier_check."""


class Cluster(Record, frozen=True, kw_only=True, tag="cluster"):
    """A proxy's upstream cluster: its members and how near its limits it is."""

    name: str
    proxy: str
    hosts: tuple[Host, ...] = ()
    members: int | None = None
    healthy: int | None = None
    ejected: int | None = None
    panic_ratio: float | None = None
    """Below this share of healthy members the proxy sends to all of them."""
    overflow_per_s: float | None = None
    """Requests shed per second by the cluster's limits, from two readings."""
    failed_per_s: float | None = None
    """Connect failures and 5xx answers of the upstream per second, from two readings."""
    headroom: float | None = None
    """The smallest share left of any tracked limit (requests, pending, retries); None where nothing is tracked."""
    at_limit: tuple[str, ...] = ()
    """Limits that are reached without shedding, such as idle connections held."""

    @property
    def key(self) -> str:
        return f"{self.proxy}/{self.name}"


class Sli(Record, frozen=True, kw_only=True, tag="sli"):
    """Latency, errors and traffic of one service label over a window."""

    label: str
    window_s: float
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    beyond_s: float | None = None
    """Highest finite bound of the histogram: a quantile equal to it only says "at least"."""
    error_ratio: float | None = None
    rate_per_s: float | None = None
    requests: float | None = None
    """Requests in the window."""
    observed_at: float | None = None
    """Time of the newest sample, not of the answer."""
    scrape_interval_s: float | None = None
    trouble: str = ""
    """Why a number is missing or can't be trusted: NaN, no series, several series, history shorter than the window."""

    @property
    def key(self) -> str:
        return self.label


class Target(Record, frozen=True, kw_only=True, tag="target"):
    """A scrape target of the metrics system."""

    label: str
    """Value of the service label; the job where there is none."""
    job: str
    instance: str
    up: bool | None = None
    error: str = ""
    scraped_at: float | None = None
    scrape_interval_s: float | None = None

    @property
    def key(self) -> str:
        return f"{self.job}/{self.instance}"


class Alert(Record, frozen=True, kw_only=True, tag="alert"):
    """An alert that the metrics system holds pending or firing."""

    name: str
    label: str = ""
    """Value of the service label, empty where the alert is of no service."""
    severity: str = ""
    firing: bool = False
    silenced: bool | None = None
    since: float | None = None
    summary: str = ""
    labels: Mapping[str, str] = {}

    @property
    def key(self) -> str:
        return "/".join((self.name, *(f"{k}={v}" for k, v in sorted(self.labels.items()))))


AnyRecord = (
    Service
    | Instance
    | HealthCheck
    | Pool
    | DatabaseServer
    | Session
    | Breaker
    | Cluster
    | Sli
    | Target
    | Alert
    | Certificate
    | GuardedPath
    | DatabaseRole
    | AlertRule
    | Silence
    | Traffic
    | Measurement
    | Configuration
    | CodeScan
    | Migrations
    | Past
    | Call
    | Histogram
)
"""The closed union a journal decodes."""
