"""What a Consul source is told."""

from __future__ import annotations

from pydantic import Field, SecretStr

from prodtui.settings.http_url import HttpUrl
from prodtui.settings.source import SourceSettings


class ConsulSettings(SourceSettings):
    """A Consul agent or server."""

    url: HttpUrl = Field(default="http://127.0.0.1:8500", description="Its HTTP address.")
    token: SecretStr | None = Field(
        default=None, description='ACL token; it needs `service_prefix ""` and `node_prefix ""` with policy "read".'
    )
    datacenter: str | None = Field(default=None, description="Datacenter to read; the agent's own by default.")
    ca_file: str | None = Field(default=None, description="CA certificates (PEM); the host's own by default.")
    cert_file: str | None = Field(default=None, description="Our own certificate (PEM), where Consul asks for one.")
    key_file: str | None = Field(default=None, description="Its key; in `cert_file` by default.")
    verify: bool = Field(default=True, description="Check the server's certificate.")
