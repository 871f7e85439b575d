"""Records that a policy needs: certificates, guarded paths, roles, alert rules, longer windows, what a release brings.

As all records: an unknown number is None; times are Unix seconds, durations seconds, ratios 0..1.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from prodtui.model.record import Record


class Certificate(Record, frozen=True, kw_only=True, tag="certificate"):
    """What a TLS handshake with one instance showed."""

    service: str
    instance: str
    address: str
    """host:port that was asked."""
    server_name: str
    """The name it was asked for (SNI), which the certificate must bear."""
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: float | None = None
    not_after: float | None = None
    version: str = ""
    """The protocol agreed on, `TLSv1.3`; empty where there was no handshake."""
    oldest: str = ""
    """The oldest protocol that it accepts, as far as our library can still speak it."""
    name_matches: bool | None = None
    trusted: bool | None = None
    distrust: str = ""
    """Why the chain is not trusted."""
    trouble: str = ""
    """Why there was no handshake: refused, timeout, not TLS."""

    @property
    def key(self) -> str:
        return f"{self.service}/{self.instance}"


class Guard(StrEnum):
    PROTECTED = "protected"
    """Must refuse who does not say who they are."""
    ADMIN = "admin"
    """Must not be there for the unauthenticated."""


class GuardedPath(Record, frozen=True, kw_only=True, tag="guarded_path"):
    """How one instance answered an unauthenticated GET of a declared path."""

    service: str
    instance: str
    guard: Guard
    path: str
    url: str
    status: int | None = None
    """HTTP status; None where there was no answer."""
    trouble: str = ""

    @property
    def key(self) -> str:
        return f"{self.service}/{self.instance}{self.path}"


class DatabaseRole(Record, frozen=True, kw_only=True, tag="database_role"):
    """A role with sessions in one database now."""

    server: str
    database: str
    role: str
    ours: bool = False
    """It is the one that we read with."""
    superuser: bool | None = None
    powers: tuple[str, ...] = ()
    """What else it may do beyond its data: CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS."""
    sessions: int | None = None
    encrypted: int | None = None
    """How many of the sessions are over TLS; None where we may not know."""
    local: int | None = None
    """How many come over a Unix socket, which needs no encryption."""

    @property
    def key(self) -> str:
        return f"{self.server}/{self.database}/{self.role}"


class AlertRule(Record, frozen=True, kw_only=True, tag="alert_rule"):
    """An alerting rule that the metrics system evaluates."""

    name: str
    group: str
    severity: str = ""
    expression: str = ""
    services: tuple[str, ...] | None = None
    """Values of the service label that it selects; None: it selects every service."""
    health: str = ""
    """`ok`, `err`, `unknown` as the system says."""
    error: str = ""
    evaluated_at: float | None = None

    @property
    def key(self) -> str:
        return f"{self.group}/{self.name}/{self.severity}/{','.join(self.services or ())}"


class Silence(Record, frozen=True, kw_only=True, tag="silence"):
    """An active silence in Alertmanager."""

    id: str
    label: str = ""
    """Value of the service label that it matches; empty: it is not bound to a service."""
    matchers: tuple[str, ...] = ()
    by: str = ""
    comment: str = ""
    starts_at: float | None = None
    ends_at: float | None = None

    @property
    def key(self) -> str:
        return f"{self.label}/{self.id}"


class Traffic(Record, frozen=True, kw_only=True, tag="traffic"):
    """Requests and errors of one service label over one longer window, for burn rates and sample sizes."""

    label: str
    window_s: float
    requests: float | None = None
    error_ratio: float | None = None
    history_s: float | None = None
    """How far back the series go, at most the window; shorter than the window: it is not filled."""
    observed_at: float | None = None
    trouble: str = ""

    @property
    def key(self) -> str:
        return f"{self.label}/{self.window_s:g}"


class Measurement(Record, frozen=True, kw_only=True, tag="measurement"):
    """The answer to one question of a policy: a custom check's PromQL or SQL, or the migrations applied."""

    check: str
    service: str
    query: str
    value: float | None = None
    rows: tuple[str, ...] = ()
    """First column of every row, where rows were asked for."""
    observed_at: float | None = None
    """Time of the sample, not of the answer."""
    trouble: str = ""
    """Why there is no value: no series, several series, NaN, an error, a deadline."""

    @property
    def key(self) -> str:
        return f"{self.check}/{self.service}"


class ConfigurationKey(msgspec.Struct, frozen=True, kw_only=True):
    """One declared key. Its value is kept only where a limit is declared for it: it may be a secret."""

    name: str
    present: bool
    placeholder: bool = False
    value: str | None = None


class Configuration(Record, frozen=True, kw_only=True, tag="configuration"):
    """The declared keys of one service, from an environment file or its instances' metadata."""

    service: str
    origin: str
    """The file, or `metadata of payments-1`."""
    keys: tuple[ConfigurationKey, ...] = ()
    version: str | None = None
    trouble: str = ""

    @property
    def key(self) -> str:
        return f"{self.service}/{self.origin}"


class CodeScan(Record, frozen=True, kw_only=True, tag="code_scan"):
    """A scan of a release's production tree."""

    service: str
    roots: tuple[str, ...] = ()
    version: str | None = None
    """Of which release the tree is; None where nobody says."""
    scanned_at: float | None = None
    files: int | None = None
    lines: int | None = None
    findings: int | None = None
    first: tuple[str, ...] = ()
    """The first findings, `file:line rule: why`."""
    trouble: str = ""

    @property
    def key(self) -> str:
        return self.service


class Migrations(Record, frozen=True, kw_only=True, tag="migrations"):
    """The migrations that the release expects to be applied."""

    service: str
    expected: tuple[str, ...] = ()
    version: str | None = None
    trouble: str = ""

    @property
    def key(self) -> str:
        return self.service
