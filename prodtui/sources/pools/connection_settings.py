"""How a server that speaks PostgreSQL's protocol is reached, in libpq's words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, SecretStr, field_validator

from prodtui.model.text import neutralise_name
from prodtui.settings.source import SourceSettings

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


class ConnectionSettings(SourceSettings):
    """What both drivers need. What is left out they take from PGHOST, PGSERVICE, PGPASSWORD, ~/.pgpass and so on."""

    url: str = Field(
        default="postgresql://",
        description="postgresql://USER@HOST:PORT/DATABASE; a password in it works, but a file or ~/.pgpass is safer.",
    )
    password: SecretStr | None = Field(default=None, description="Password; by default the url's or ~/.pgpass.")
    sslmode: SslMode | None = Field(
        default=None,
        description='As in libpq; by default the url\'s or PGSSLMODE, "verify-full" with a ca_file, else "prefer".',
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates of the authorities that the server's TLS is held to."
    )

    @field_validator("url")
    @classmethod
    def _is_a_postgresql_url(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("postgresql", "postgres"):
            raise ValueError("a URL such as postgresql://USER@HOST:5432/DATABASE")
        return url

    @property
    def tls(self) -> SslMode | None:
        """The sslmode to ask for; None: as the driver finds it."""
        return self.sslmode or ("verify-full" if self.ca_file else None)

    @property
    def requires_tls(self) -> bool:
        """Whether a server without TLS is none of ours."""
        in_url = parse_qs(urlsplit(self.url).query).get("sslmode", [os.environ.get("PGSSLMODE", "")])
        return (self.tls or in_url[-1]) in ("require", "verify-ca", "verify-full")

    @property
    def secret(self) -> str | None:
        """The configured password in clear, for the driver only."""
        return None if self.password is None else self.password.get_secret_value()

    @property
    def address(self) -> str:
        """host:port as configured, never with the user or password; empty where only a service file knows it."""
        parts = urlsplit(self.url)
        hosts = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", ()))
        hosts = unquote(hosts or os.environ.get("PGHOST", ""))
        if not hosts:
            return ""
        port = os.environ.get("PGPORT", "5432")
        return neutralise_name(",".join(host if _has_port(host) else f"{host}:{port}" for host in hosts.split(",")))

    @property
    def database(self) -> str:
        """The database's name in the url; empty where it is the driver's to find."""
        return neutralise_name(unquote(urlsplit(self.url).path.removeprefix("/")))


def _has_port(host: str) -> bool:
    return host.rpartition("]")[2].rpartition(":")[2].isdigit()
