"""What the models allow at a key: for messages, for values written as text, and for files that hold secrets."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from prodtui.settings.keys import KeyPath, at
from prodtui.settings.kinds import settings_class
from prodtui.settings.models import Root
from prodtui.settings.notify import NotifySettings, notify_class
from prodtui.settings.source import SourceSettings


def options(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 — an annotation is any object
    """The types a value may have, without Annotated, Optional and None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from options(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from options(option)
    elif annotation is not type(None):
        yield annotation


def annotation_at(values: Mapping[str, Any], path: KeyPath) -> Any:  # noqa: ANN401
    """The annotation of a key; None where the models know no such key."""
    here: Any = Root
    for index, part in enumerate(path):
        here = _below(here, part)
        if here is not None and any(option is SourceSettings for option in options(here)):
            here = settings_class(at(values, (*path[: index + 1], "kind")))
        elif here is not None and any(option is NotifySettings for option in options(here)):
            here = notify_class(at(values, (*path[: index + 1], "kind"))) or NotifySettings
        if here is None:
            return None
    return here


def _below(annotation: Any, part: str | int) -> Any:  # noqa: ANN401
    for option in options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            if isinstance(part, str) and part in option.model_fields:
                return field_annotation(option.model_fields[part])
            continue
        origin, arguments = get_origin(option), get_args(option)
        if origin is dict and isinstance(part, str):
            return arguments[1]
        if origin in (list, tuple, set, frozenset) and isinstance(part, int):
            return arguments[0]
    return None


def field_annotation(field: FieldInfo) -> Any:  # noqa: ANN401
    """A field's annotation with its metadata, which pydantic keeps apart."""
    annotation: Any = field.annotation
    for item in field.metadata:
        annotation = Annotated[annotation, item]
    return annotation


def fields_at(values: Mapping[str, Any], path: KeyPath) -> dict[str, FieldInfo]:
    """The fields of the table at this key; empty where it is no table with known keys."""
    for option in options(annotation_at(values, path) if path else Root):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option.model_fields
    return {}


def valid_keys(values: Mapping[str, Any], path: KeyPath) -> tuple[str, ...]:
    """The keys a person may write in this table, `X_file` for every secret X included."""
    keys = list(fields_at(values, path))
    if is_source(path) or is_channel(path):
        keys += [f"{name}_file" for name in secrets(fields_at(values, path))]
    return tuple(keys)


def is_source(path: KeyPath) -> bool:
    """Whether this is a source's table."""
    return len(path) == 4 and path[0] == "environments" and path[2] == "sources"


def is_channel(path: KeyPath) -> bool:
    """Whether this is the table of a channel that notifications go by."""
    return len(path) == 2 and path[0] == "notify"


def tables_of_kinds(values: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Callable[[Any], type[BaseModel] | None]]]:
    """The keys of all tables whose `kind` says what is in them, each with what finds the kind's settings."""
    for path in source_paths(values):
        yield path, settings_class
    channels = values.get("notify")
    for name, table in channels.items() if isinstance(channels, Mapping) else ():
        if isinstance(table, Mapping):
            yield ("notify", name), notify_class


def source_paths(values: Mapping[str, Any]) -> Iterator[KeyPath]:
    """The keys of all sources' tables."""
    environments = values.get("environments")
    for environment in environments if isinstance(environments, Mapping) else ():
        sources = at(values, ("environments", environment, "sources"))
        for source in sources if isinstance(sources, Mapping) else ():
            path = ("environments", environment, "sources", source)
            if isinstance(at(values, path), Mapping):
                yield path


def is_secret(annotation: Any) -> bool:  # noqa: ANN401
    return any(option in (SecretStr, SecretBytes) for option in options(annotation))


def is_path(annotation: Any) -> bool:  # noqa: ANN401
    return any(isinstance(option, type) and issubclass(option, Path) for option in options(annotation))


def secrets(fields: Mapping[str, FieldInfo]) -> tuple[str, ...]:
    """The secret fields whose value may also be given as a file: those without a field of that name of their own."""
    return tuple(name for name, field in fields.items() if is_secret(field.annotation) and f"{name}_file" not in fields)
