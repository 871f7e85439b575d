"""A configuration that was read: what applies, where each value came from, and one environment of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec
from pydantic import BaseModel

from prodtui.model.declared import Declared, DeclaredService, DeclaredSource
from prodtui.model.errors import UsageError
from prodtui.settings.keys import KeyPath, Layer, dotted, nearest, origin_of
from prodtui.settings.kinds import SourceClass, source_class
from prodtui.settings.models import EnvironmentSettings, Root
from prodtui.settings.notify import NotifySettings
from prodtui.settings.source import SourceSettings
from prodtui.settings.written import plain

DEFAULT = "default"
INTERVALS_UNTIL_LOST = 3


class ConfiguredSource(NamedTuple):
    """A source that can be made: `source_class(name, settings)`. Its settings' `interval` is always given."""

    name: str
    source_class: type[SourceClass]
    settings: SourceSettings


class JournalPlace(NamedTuple):
    """Where an environment's readings are kept, and how many."""

    path: str | None
    """A directory or a URL, which may hold a password; None: the default."""
    keep_s: float
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment, ready to be watched."""

    declared: Declared
    sources: tuple[ConfiguredSource, ...]
    path: Path | None = None
    """The configuration's file."""
    policy: Path | None = None
    """The readiness policy that the configuration names."""
    store: str | None = None
    """Where evaluations and the audit trail are kept; None: the default."""
    heads: Path | None = None
    """The directory of the audit trail's heads; None: the default."""
    journal: JournalPlace | None = None
    """None: nothing is kept on disk."""
    notify: Mapping[str, NotifySettings] = field(default_factory=dict)
    """The channels that are for it, by name."""
    theme: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of the screens by action, as they are written."""
    others: tuple[str, ...] = ()
    """The configuration's other environments."""

    @property
    def name(self) -> str:
        return self.declared.environment

    def with_sources(self, more: Sequence[ConfiguredSource]) -> Environment:
        """The environment with sources that nobody configured."""
        declared = (*self.declared.sources, *map(_declared_source, more))
        return replace(
            self, declared=msgspec.structs.replace(self.declared, sources=declared), sources=(*self.sources, *more)
        )


@dataclass(frozen=True)
class Loaded:
    """The whole configuration as it applies."""

    settings: Root
    path: Path | None
    """The file; None where there is none and what applies is discovered or from variables."""
    layers: Sequence[Layer]
    """Where values came from, in their precedence."""

    @cached_property
    def origins(self) -> Mapping[str, str]:
        """Where each value came from, by dotted key: `file:line`, `environment PRODTUI_…`, a variable, or `default`."""
        return {dotted(path): self.origin(path) for path in leaves(self.settings)}

    def origin(self, path: KeyPath) -> str:
        """Where the value at this key came from. A list or a table written in one piece has one origin."""
        for length in range(len(path), 0, -1):
            if not any(path[:length] in layer.origins for layer in self.layers):
                continue
            if length < len(path) and self._is_table(path[:length]):
                return DEFAULT
            found = origin_of(self.layers, path[:length])
            return found.text if found else DEFAULT
        return DEFAULT

    @property
    def store(self) -> str | None:
        """Where evaluations and the audit trail of all environments are kept; None: the default."""
        return _place(self.settings.store.get_secret_value(), self._base) if self.settings.store else None

    @property
    def heads(self) -> Path | None:
        """The directory of the audit trail's heads; None: the default."""
        given = self.settings.audit.heads
        return self._base / Path(given).expanduser() if given else None

    @property
    def _base(self) -> Path:
        return self.path.parent if self.path else Path.cwd()

    def _is_table(self, path: KeyPath) -> bool:
        here: object = self.settings
        for part in path:
            if isinstance(here, BaseModel):
                here = getattr(here, str(part), None)
            elif isinstance(here, Mapping):
                here = here.get(part)
        return isinstance(here, (BaseModel, Mapping))

    def environment(self, name: str | None = None) -> Environment:
        """The environment of this name; else the default, or the only one. Raises UsageError, naming what there is."""
        environments = self.settings.environments
        listed = ", ".join(environments) or "none"
        chosen = name or self.settings.default_environment
        if chosen is None:
            if len(environments) != 1:
                raise UsageError(f'which environment? Give --env, or "default_environment" a value. Declared: {listed}')
            chosen = next(iter(environments))
        if chosen not in environments:
            near = nearest(chosen, environments)
            hint = f'; did you mean "{near}"?' if near else "."
            raise UsageError(f'no environment "{chosen}"{hint} Declared: {listed}')
        return self._environment(chosen, environments[chosen])

    def _environment(self, name: str, settings: EnvironmentSettings) -> Environment:
        sources = tuple(
            ConfiguredSource(source, source_class(of.kind), with_interval(of, settings.interval))
            for source, of in settings.sources.items()
        )
        declared = Declared(
            environment=name,
            colour=settings.colour,
            sources=tuple(map(_declared_source, sources)),
            services=tuple(
                DeclaredService(
                    name=service,
                    tier=of.tier,
                    metrics_label=of.metrics.service,
                    pools=of.pools,
                    databases=of.databases,
                    clusters=of.clusters,
                    canary_clusters=of.canary_clusters,
                    depends_on=of.depends_on,
                    runbook=of.runbook,
                    owner=of.owner,
                )
                for service, of in self.settings.services.items()
            ),
            ignore=settings.ignore,
        )
        base = self._base
        return Environment(
            declared=declared,
            sources=sources,
            path=self.path,
            policy=base / Path(settings.policy).expanduser() if settings.policy else None,
            others=tuple(other for other in self.settings.environments if other != name),
            store=self.store,
            heads=self.heads,
            journal=self._journal(base),
            notify={
                channel: of
                for channel, of in self.settings.notify.items()
                if not of.environments or name in of.environments
            },
            theme=self.settings.theme,
            keys=self.settings.keys,
        )

    def _journal(self, base: Path) -> JournalPlace | None:
        asked = self.settings.journal
        if not asked.enabled:
            return None
        path = _place(asked.path.get_secret_value(), base) if asked.path else None
        return JournalPlace(path, asked.keep, asked.most)


def _place(store: str, base: Path) -> str:
    """A store's or journal's URL as it is; a path relative to the configuration's."""
    return store if "://" in store else str(base / Path(store).expanduser())


def with_interval(settings: SourceSettings, interval: float) -> SourceSettings:
    """The source's settings with its interval, and a limit of age that leaves room for slow intervals."""
    interval = settings.interval or interval
    update = {"interval": interval}
    if "stale_after" not in settings.model_fields_set:
        update["stale_after"] = max(settings.stale_after, INTERVALS_UNTIL_LOST * interval)
    return settings.model_copy(update=update)


def _declared_source(source: ConfiguredSource) -> DeclaredSource:
    settings = source.settings
    fields = type(settings).model_fields
    return DeclaredSource(
        name=source.name,
        kind=settings.kind,
        plane=source.source_class.plane,
        interval_s=settings.interval or 0.0,
        stale_after_s=settings.stale_after,
        settings=tuple(
            (key, text)
            for key, field in fields.items()
            if (text := plain(getattr(settings, key), field, key)) is not None
        ),
    )


def leaves(model: BaseModel, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The keys of every value in the settings, down to what is no table."""
    for name in type(model).model_fields:
        yield from _leaves(getattr(model, name), (*path, name))


def _leaves(value: object, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, BaseModel):
        yield from leaves(value, path)
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from _leaves(below, (*path, name))
    else:
        yield path
