"""What a policy wants read beyond what sources read by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Language(StrEnum):
    PROMQL = "promql"
    SQL = "sql"


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question about one service; its answer is the Measurement of that check and service."""

    check: str
    service: str
    language: Language
    query: str
    """As it is sent: names are filled in already."""
    source: str = ""
    """The source that is asked; empty: any that speaks the language."""
    database: str = ""
    """SQL: the database it runs in; empty: the source's own."""
    rows: bool = False
    """The first column of every row is wanted instead of one number."""


class TlsAsk(msgspec.Struct, frozen=True, kw_only=True):
    """How to shake hands with a service's instances."""

    server_name: str = ""
    """Empty: the service's name."""
    ca_file: str = ""
    """Absolute path; empty: the system's authorities."""
    port: int | None = None
    """None: the instance's own port."""


class CodeAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the release's production tree is, or the report of a scan of it. Absolute paths."""

    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    report: str = ""


class ServiceAsks(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of one service because its policy says so."""

    tls: TlsAsk | None = None
    protected: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    environment_file: str = ""
    """Absolute path; empty: the keys are looked for in the instances' metadata."""
    keys: tuple[str, ...] = ()
    """Keys that are looked for: required ones and those with a limit."""
    limited: tuple[str, ...] = ()
    """Keys whose value is kept, because a limit is declared for it."""
    migration_files: str = ""
    """An absolute glob; the names without suffix up to the first `_` are the versions."""
    migrations_expected: tuple[str, ...] = ()
    code: CodeAsk | None = None


class Asks(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one policy wants read in one environment."""

    questions: tuple[Ask, ...] = ()
    windows_s: tuple[float, ...] = ()
    """Longer windows over which requests and errors are wanted, in seconds."""
    services: Mapping[str, ServiceAsks] = {}
    version: str | None = None
    """The version that the working tree is of; None where nobody says."""
