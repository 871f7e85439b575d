"""What a person sets about who hears of what: the `[notify.NAME]` tables, each of one kind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import ip_address
from string import Template
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from prodtui.model.declared import Tier
from prodtui.model.duration import seconds
from prodtui.model.notice import About, Severity
from prodtui.settings.duration import Duration
from prodtui.settings.http_url import HttpUrl, whole_url

PLACEHOLDERS = (
    "id",
    "incident",
    "environment",
    "about",
    "severity",
    "state",
    "title",
    "text",
    "services",
    "at",
    "began_at",
)
"""What a webhook's template may name."""
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")
_RATE = re.compile(r"([1-9]\d{0,3})\s*/\s*(.+)")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def quiet_hours(text: str) -> tuple[int, int]:
    """Seconds from midnight at which quiet hours begin and end. Raises ValueError."""
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        raise ValueError('a time of day to a time of day, such as "22:00-07:00"')
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
    begins, ends = begin_hour * 3600 + begin_minute * 60, end_hour * 3600 + end_minute * 60
    if begins == ends:
        raise ValueError('a time of day to another one, such as "22:00-07:00"')
    return begins, ends


def rate_of(text: str) -> tuple[int, float]:
    """How many messages in how many seconds. Raises ValueError."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError('a number of messages in a duration, such as "10/10m"')
    per_s = seconds(found[2])
    if per_s <= 0:
        raise ValueError('a number of messages in a duration of more than 0, such as "10/10m"')
    return int(found[1]), per_s


def _quiet(text: str) -> str:
    quiet_hours(text)
    return text


def _rate(text: str) -> str:
    rate_of(text)
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('a name of the IANA time zone database, such as "Europe/Berlin"') from error
    return name


def _address(text: str) -> str:
    name, address = parseaddr(text)
    user, _, host = address.rpartition("@")
    if not user or not host or any(ord(char) < 32 or char == "," for char in text) or " " in address:
        raise ValueError('an e-mail address, such as "on-call@example.com" or "On call <on-call@example.com>"')
    return f"{name} <{address}>" if name else address


def _somebody(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not addresses:
        raise ValueError('at least one e-mail address, such as ["on-call@example.com"]')
    return addresses


def _template(text: str) -> str:
    try:
        filled = Template(text).substitute(dict.fromkeys(PLACEHOLDERS, 'a \\"b\\"'))
    except (KeyError, ValueError) as error:
        names = ", ".join(f"${name}" for name in PLACEHOLDERS)
        raise ValueError(f"a template with these placeholders, a plain $ written $$: {names}") from error
    try:
        json.loads(filled)
    except ValueError as error:
        raise ValueError(f"a template of JSON, with every placeholder inside of a string: {error}") from error
    return text


def _labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    for name in labels:
        if not _LABEL.fullmatch(name):
            raise ValueError('a table of Prometheus labels: letters, digits and "_", such as { team = "payments" }')
    return labels


Address = Annotated[str, AfterValidator(_address)]


class NotifySettings(BaseModel):
    """One `[notify.NAME]` table: where messages go, and which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    LEFT_TO_IT: ClassVar[Mapping[str, str]] = {}
    """Keys of other kinds that this one has no need of, and what does the same."""

    kind: str = Field(description="How they are sent: alertmanager, webhook, email or terminal.")
    environments: tuple[str, ...] = Field(default=(), description="Only of these environments; of all by default.")
    services: tuple[str, ...] = Field(
        default=(), description="Only what touches one of these services; `*` stands for anything. All by default."
    )
    tiers: tuple[Tier, ...] = Field(default=(), description="Only what touches a service of these tiers.")
    severity: Severity = Field(
        default=Severity.ERROR,
        description="The least: a service that is NOT_READY is critical, what nobody can tell an error, what else is "
        "wrong with one a warning; a rollout that failed is critical, one held or rolled back an error, one aborted a "
        "warning.",
    )
    about: tuple[About, ...] = Field(default=(), description="Only of this; of all by default.")
    recoveries: bool = Field(default=True, description="Whether it is told that something is over, too.")
    timeout: Duration = Field(default=10.0, le=30.0, description="Deadline of one try; at most 30s.")


class PacedSettings(NotifySettings):
    """What a channel with no pager behind it is spared."""

    quiet: Annotated[str, AfterValidator(_quiet)] | None = Field(
        default=None, description='Hours in which messages wait, such as "22:00-07:00"; they come when these end.'
    )
    quiet_except: Severity | Literal["none"] = Field(
        default=Severity.CRITICAL, description="What is at least so severe comes in quiet hours too."
    )
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None, description='Of the quiet hours, such as "Europe/Berlin"; this machine\'s by default.'
    )
    rate: Annotated[str, AfterValidator(_rate)] | None = Field(
        default="10/10m", description="At most so many messages in so long; what is beyond comes as one summary."
    )


class AlertmanagerSettings(NotifySettings):
    """Alertmanager: it groups, routes, keeps quiet and repeats by its own configuration."""

    LEFT_TO_IT: ClassVar[Mapping[str, str]] = {
        "rate": "Alertmanager groups and repeats itself: set group_interval and repeat_interval there",
        "quiet": "Alertmanager keeps quiet itself: set mute_time_intervals there",
        "quiet_except": "Alertmanager keeps quiet itself: set mute_time_intervals there",
        "timezone": "Alertmanager keeps quiet itself: set mute_time_intervals there",
        "group_by": "Alertmanager groups itself: set group_by in its route",
    }

    url: HttpUrl = Field(description="Its address, such as http://127.0.0.1:9093.")
    token: SecretStr | None = Field(default=None, description="Bearer token.")
    user: str | None = Field(default=None, description="User for basic authentication.")
    password: SecretStr | None = Field(default=None, description="Password of that user.")
    ca_file: str | None = Field(default=None, description="CA certificates to check an https address against.")
    labels: Annotated[dict[str, str], AfterValidator(_labels)] = Field(
        default={}, description="Labels that every alert gets besides, to route by."
    )

    @model_validator(mode="after")
    def _one_way_to_authenticate(self) -> Self:
        if self.token is not None and self.user is not None:
            raise ValueError("either a token or a user with a password, not both")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self


class WebhookSettings(PacedSettings):
    """Anything that takes JSON by POST."""

    url: SecretStr = Field(description="Where to; a secret, as chats' addresses hold a token.")
    secret: SecretStr | None = Field(
        default=None, description="Key of the HMAC-SHA256 in the header Prodtui-Signature."
    )
    token: SecretStr | None = Field(default=None, description="Bearer token.")
    ca_file: str | None = Field(default=None, description="CA certificates to check an https address against.")
    template: Annotated[str, AfterValidator(_template)] | None = Field(
        default=None,
        description='The body, JSON with placeholders such as `{"text": "$title"}`; prodtui.notice/1 by default. '
        f"Placeholders: {', '.join(f'${name}' for name in PLACEHOLDERS)}.",
    )

    @model_validator(mode="after")
    def _is_a_url(self) -> Self:
        try:
            whole_url(self.url.get_secret_value())
        except ValueError:
            raise ValueError('url: expected an address such as "https://hooks.example.com/…"') from None
        return self


class EmailSettings(PacedSettings):
    """E-mail by SMTP."""

    host: str = Field(min_length=1, pattern=r"^[^\s/@]+$", description="The mail server.")
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="587 with starttls, 465 with implicit TLS, 25 without, by default."
    )
    tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="How it is encrypted; none only to this machine and without a password."
    )
    ca_file: str | None = Field(default=None, description="CA certificates to check the server's against.")
    user: str | None = Field(default=None, description="User to log in as.")
    password: SecretStr | None = Field(default=None, description="Password of that user.")
    sender: Address = Field(description="From whom.")
    to: Annotated[tuple[Address, ...], AfterValidator(_somebody)] = Field(description="To whom.")

    @model_validator(mode="after")
    def _never_in_the_open(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.tls == "none" and (self.password is not None or not _loopback(self.host)):
            raise ValueError('tls = "none" is for a mail server on this machine that asks for no password')
        return self


class TerminalSettings(PacedSettings):
    """The terminal in which the dashboard runs."""

    bell: bool = Field(default=True, description="Whether the terminal's bell rings.")
    osc: Literal["9", "777", "both", "none"] = Field(
        default="both",
        description="Which escape sequence shows a notification: 9 (iTerm2, Windows Terminal, kitty), 777 (foot, "
        "urxvt, WezTerm).",
    )


KINDS: Mapping[str, type[NotifySettings]] = {
    "alertmanager": AlertmanagerSettings,
    "email": EmailSettings,
    "terminal": TerminalSettings,
    "webhook": WebhookSettings,
}


def notify_class(kind: Any) -> type[NotifySettings] | None:  # noqa: ANN401 — whatever the user wrote there
    """The settings of this kind; None where there is none."""
    return KINDS.get(kind) if isinstance(kind, str) else None


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
