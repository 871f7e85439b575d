"""The effective configuration as a person reads it: TOML, each value with where it came from, secrets redacted."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from pydantic import BaseModel

from prodtui.settings.keys import KeyPath, dotted
from prodtui.settings.loaded import DEFAULT, INTERVALS_UNTIL_LOST, Loaded, with_interval
from prodtui.settings.schema import schema
from prodtui.settings.source import SourceSettings
from prodtui.settings.written import written

__all__ = ["schema", "show"]

_COMMENT_COLUMN = 56


def show(loaded: Loaded, environment: str | None = None) -> str:
    """Every setting of sources and environments, defaults included; of a service only what was given. Valid TOML.

    Of all environments unless one is named. Raises UsageError where that one is not declared.
    """
    settings = loaded.settings
    only = loaded.environment(environment).name if environment else None
    where = str(loaded.path) if loaded.path else "none; from variables and discovery"
    lines = [f"# Effective configuration. File: {where}"]
    if settings.default_environment is not None:
        lines += _values(loaded, settings, (), only=("default_environment",))
    lines += ["", "[journal]", *_values(loaded, settings.journal, ("journal",))]
    if settings.audit.heads is not None:
        lines += ["", "[audit]", *_values(loaded, settings.audit, ("audit",))]
    for name, of_environment in settings.environments.items():
        if only not in (None, name):
            continue
        path: KeyPath = ("environments", name)
        lines += ["", f"[{dotted(path)}]", *_values(loaded, of_environment, path, without=("sources",))]
        for source, of in of_environment.sources.items():
            below = (*path, "sources", source)
            effective = with_interval(of, of_environment.interval)
            lines += ["", f"[{dotted(below)}]", *_values(loaded, effective, below, origins=_limits(loaded, name, of))]
    for name, service in settings.services.items():
        path = ("services", name)
        lines += ["", f"[{dotted(path)}]", *_values(loaded, service, path, only=service.model_fields_set)]
    for name, channel in settings.notify.items():
        path = ("notify", name)
        lines += ["", f"[{dotted(path)}]", *_values(loaded, channel, path)]
    return "\n".join(lines) + "\n"


def _values(
    loaded: Loaded,
    model: BaseModel,
    path: KeyPath,
    *,
    only: Container[str] | None = None,
    without: Container[str] = (),
    origins: Mapping[str, str] | None = None,
) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        text = written(value, field, name)
        if text is None or name in without or (only is not None and name not in only):
            continue
        origin = (origins or {}).get(name) or loaded.origin((*path, name, *_first_given(value)))
        yield f"{f'{name} = {text}':<{_COMMENT_COLUMN}} # {origin}"


def _first_given(value: object) -> KeyPath:
    """A table on one line has the origin of its first value."""
    return tuple(sorted(value.model_fields_set)[:1]) if isinstance(value, BaseModel) else ()


def _limits(loaded: Loaded, environment: str, settings: SourceSettings) -> dict[str, str]:
    """Where a source's interval and limit of age come from when it gives none itself."""
    origins = {}
    if "interval" not in settings.model_fields_set:
        origins["interval"] = loaded.origin(("environments", environment, "interval"))
    if "stale_after" not in settings.model_fields_set:
        origins["stale_after"] = f"{DEFAULT}, at least {INTERVALS_UNTIL_LOST} intervals"
    return origins
