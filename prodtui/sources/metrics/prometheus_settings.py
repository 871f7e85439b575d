"""What a person sets about a Prometheus."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from prodtui.model.records import BreakerState
from prodtui.settings.duration import Duration
from prodtui.settings.http_url import HttpUrl
from prodtui.settings.source import SourceSettings
from prodtui.sources.metrics.breakers import DEFAULT_STATES

_LABEL = r"^[a-zA-Z_][a-zA-Z0-9_]*$"
_METRIC = r"^[a-zA-Z_:][a-zA-Z0-9_:]*$"


class PrometheusSettings(SourceSettings):
    """A Prometheus, or what speaks its query API."""

    url: HttpUrl = Field(description="Its address, such as http://127.0.0.1:9090.")
    token: SecretStr | None = Field(default=None, description="Bearer token.")
    user: str | None = Field(default=None, description="User for basic authentication.")
    password: SecretStr | None = Field(default=None, description="Password of that user.")
    ca_file: str | None = Field(default=None, description="CA certificates to check an https address against.")
    verify: bool = Field(default=True, description="Whether the certificate of an https address is checked.")
    service_label: str = Field(
        default="service", pattern=_LABEL, description='Label that names the service; series without it go by "job".'
    )
    window: Duration = Field(
        default=60.0, description="Over which latency, errors and rate are taken; at least 4 scrape intervals."
    )
    latency_metric: str | None = Field(
        default=None,
        pattern=_METRIC,
        description="Base name of the latency histogram (without _bucket); by default those of common libraries.",
    )
    latency_unit: Literal["s", "ms"] | None = Field(
        default=None, description="Unit of the latency_metric; by default what its name says, else seconds."
    )
    breaker_metric: str = Field(
        default="circuit_breaker_state", pattern=_METRIC, description="Gauge of an application's circuit breakers."
    )
    breaker_name_label: str = Field(
        default="name", pattern=_LABEL, description="Its label that names the breaker, and whom it guards against."
    )
    breaker_states: dict[str, BreakerState] = Field(
        default=DEFAULT_STATES, description="What the gauge's values mean, by value."
    )
    alertmanager: HttpUrl | None = Field(
        default=None, description="Address of Alertmanager, to know which firing alerts are silenced."
    )

    @field_validator("latency_metric")
    @classmethod
    def _base_name(cls, metric: str | None) -> str | None:
        return metric.removesuffix("_bucket") if metric else None

    @model_validator(mode="after")
    def _one_way_to_authenticate(self) -> PrometheusSettings:
        if self.token is not None and self.user is not None:
            raise ValueError("either a token or a user with a password, not both")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password where they are given."""
        return (self.user, self.password.get_secret_value()) if self.user and self.password else None
