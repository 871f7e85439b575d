"""What an etcd source is told."""

from __future__ import annotations

from pydantic import Field, SecretStr

from prodtui.settings.http_url import HttpUrls
from prodtui.settings.source import SourceSettings


class EtcdSettings(SourceSettings):
    """An etcd cluster in which services register themselves under a prefix."""

    url: HttpUrls = Field(
        default="http://127.0.0.1:2379", description="HTTP address of a member; several are separated by commas."
    )
    prefix: str = Field(
        default="/services/",
        min_length=1,
        description="Where services register, as PREFIX + NAME/ID = JSON: address, port, version, zone, tags, "
        "health_url, ….",
    )
    user: str | None = Field(default=None, description="User, where authentication is on.")
    password: SecretStr | None = Field(default=None, description="That user's password.")
    ca_file: str | None = Field(default=None, description="CA certificates (PEM); the host's own by default.")
    cert_file: str | None = Field(default=None, description="Our own certificate (PEM), where etcd asks for one.")
    key_file: str | None = Field(default=None, description="Its key; in `cert_file` by default.")
    verify: bool = Field(default=True, description="Check the server's certificate.")
