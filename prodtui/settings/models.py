"""The configuration's own tables. A source's table is its kind's `Settings`, found by entry point."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, SecretStr, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from prodtui.model.declared import Tier
from prodtui.model.errors import ConfigurationError
from prodtui.settings.duration import Duration
from prodtui.settings.keys import nearest
from prodtui.settings.kinds import kinds, source_class
from prodtui.settings.notify import KINDS as NOTIFY_KINDS
from prodtui.settings.notify import NotifySettings
from prodtui.settings.size import Size
from prodtui.settings.source import SourceSettings

SMALLEST = 8_000_000
"""Of a journal: less would not hold what one reading of a fleet says."""
COLOURS = ("red", "yellow", "green", "blue", "magenta", "cyan", "white")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _colour(text: str) -> str:
    if text in COLOURS or _HEX.fullmatch(text):
        return text
    hint = f'; did you mean "{near}"?' if (near := nearest(text, COLOURS)) else ""
    raise ValueError(f'one of {", ".join(COLOURS)}, or "#rrggbb"{hint}')


def _enough(size: int) -> int:
    if size < SMALLEST:
        raise ValueError("at least 8MB")
    return size


def _of_its_kind(value: object) -> SourceSettings:
    if isinstance(value, SourceSettings):
        return value
    kind, value = _kind_in(value, kinds())
    try:
        settings = source_class(kind).Settings
    except ConfigurationError as error:
        raise _about_kind("broken_kind", str(error), value) from error
    return settings.model_validate(value)


def _channel(value: object) -> NotifySettings:
    if isinstance(value, NotifySettings):
        return value
    kind, value = _kind_in(value, tuple(NOTIFY_KINDS))
    return NOTIFY_KINDS[kind].model_validate(value)


def _kind_in(value: object, known: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """The table's kind, one of those that are known, and the table."""
    if not isinstance(value, dict):
        raise PydanticCustomError("table", "a table")
    kind = value.get("kind")
    if kind is None:
        raise _about_kind("missing_kind", f"required; one of {_quoted(known)}", value)
    if kind not in known:
        near = nearest(str(kind), known)
        hint = f'; did you mean "{near}"?' if near else "."
        raise _about_kind("unknown_kind", f'unknown kind "{kind}"{hint} Kinds: {_quoted(known)}', value)
    return kind, value


def _about_kind(error_type: str, text: str, value: object) -> ValidationError:
    # The text may hold braces, which a template would read as placeholders.
    error = PydanticCustomError(error_type, "{text}", {"text": text})
    return ValidationError.from_exception_data(
        "source", [InitErrorDetails(type=error, loc=("kind",), input=value)], hide_input=True
    )


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:_?[A-Za-z0-9-])*$", max_length=64)]
"""An environment's or source's name. No `__`: in a variable's name it separates keys."""

ServiceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:_?[A-Za-z0-9./:@-])*$", max_length=128)]

AnyChannel = Annotated[NotifySettings, PlainValidator(_channel, json_schema_input_type=NotifySettings)]

AnySource = Annotated[SourceSettings, PlainValidator(_of_its_kind, json_schema_input_type=SourceSettings)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetricsNames(_Table):
    """How the metrics system names the service."""

    service: str | None = Field(
        default=None, description="Value of the service label in the metrics; the service's name by default."
    )


class ServiceSettings(_Table):
    """One `[services.NAME]` table: only what differs from the defaults."""

    tier: Tier | None = Field(
        default=None, description="How much depends on it: A at least 3 instances, B 2, C 1. Undeclared counts as B."
    )
    metrics: MetricsNames = Field(default=MetricsNames(), description="Its name in the metrics.")
    pools: tuple[str, ...] = Field(
        default=(), description="Its connection pools, by the pooler's database names; the service's name by default."
    )
    databases: tuple[str, ...] = Field(
        default=(), description="Its databases on the servers; the service's name by default."
    )
    clusters: tuple[str, ...] = Field(
        default=(), description="The proxy's clusters that lead to it; the service's name by default."
    )
    canary_clusters: tuple[str, ...] = Field(
        default=(), description="Clusters that lead to it too, but only while a candidate is tried out."
    )
    depends_on: tuple[str, ...] = Field(
        default=(), description='The services it calls; what is outside as "external:NAME".'
    )
    runbook: str | None = Field(default=None, description="Where the runbook is.")
    owner: str | None = Field(default=None, description="The team that answers for it.")


class EnvironmentSettings(_Table):
    """One `[environments.NAME]` table."""

    interval: Duration = Field(default=2.0, description="Time between two reads of a source.")
    colour: Annotated[str, AfterValidator(_colour)] | None = Field(
        default=None,
        description=f'The header\'s colour, so that production is never mistaken: {", ".join(COLOURS)}, or "#rrggbb".',
    )
    sources: dict[Name, AnySource] = Field(default={}, description="What is read, by a name of your choice.")
    ignore: tuple[str, ...] = Field(
        default=("consul",), description="Names in the registry that are no services of yours."
    )
    policy: str | None = Field(
        default=None,
        description="The readiness policy that judges it, relative to this file; `readiness.toml` beside this file, "
        "else in the current directory, else the defaults, where none is named.",
    )


class JournalSettings(_Table):
    """The `[journal]` table: what was read, so that one can look back, and follow instead of polling twice."""

    enabled: bool = Field(
        default=True, description="Whether it is kept on disk; if not, the last minutes are in memory."
    )
    path: SecretStr | None = Field(
        default=None,
        description="A directory, in which each environment has a file of its own, or `postgresql://…` for a team; "
        "a directory under the user's state directory by default.",
    )
    keep: Duration = Field(default=7 * 86_400.0, description="What is older is dropped.")
    most: Annotated[Size, AfterValidator(_enough)] = Field(
        default=256_000_000,
        description="Size of an environment's journal; the oldest is dropped where it would grow beyond. At least 8MB.",
    )


class AuditSettings(_Table):
    """The `[audit]` table: what proves from outside the store that the audit trail in it is whole."""

    heads: str | None = Field(
        default=None,
        description="A directory, in which the heads of each store's audit trail have a file of their own: where "
        "whoever can write the store can't. The user's state directory by default.",
    )


class Root(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    default_environment: str | None = Field(
        default=None, description="The environment meant when none is named; the only one, where there is one."
    )
    store: SecretStr | None = Field(
        default=None,
        description="Where evaluations and the audit trail are kept: a file, or `postgresql://…` for a team; "
        "a file under the user's state directory by default.",
    )
    journal: JournalSettings = Field(default=JournalSettings(), description="Where and how long readings are kept.")
    audit: AuditSettings = Field(default=AuditSettings(), description="Where the audit trail's heads are kept.")
    environments: dict[Name, EnvironmentSettings] = Field(default={}, description="Named sets of sources.")
    services: dict[ServiceName, ServiceSettings] = Field(
        default={}, description="What is known beforehand of services, in every environment."
    )
    notify: dict[Name, AnyChannel] = Field(
        default={}, description="Who hears of incidents, lost sources and rollouts, by a name of your choice."
    )
    theme: str | None = Field(
        default=None,
        description="Colours of the dashboard: dark, light, contrast, mono, one of yours (NAME.toml under `themes/` in "
        "the user's configuration directory), or a file's path. `--theme` wins.",
    )
    keys: dict[str, str] = Field(
        default={},
        description='Keys of the dashboard, by the name of the action: `pause = "p"`, `down = "j,f2"`.',
    )


def is_table(annotation: Any) -> bool:  # noqa: ANN401 — an annotation is any object
    """Whether values of this type are tables with keys of their own."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
