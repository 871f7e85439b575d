"""A setting's value as a person may see it: as it is written in the file, secrets redacted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from prodtui.model.duration import seconds
from prodtui.model.size import UNITS, bytes_of
from prodtui.model.text import neutralise_name
from prodtui.settings.keys import bare_or_quoted
from prodtui.settings.redaction import REDACTED, redact_url, secret_name

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"))
_QUOTED = re.compile(r'["\\]')


def written(value: object, field: FieldInfo | None = None, name: str = "") -> str | None:
    """The value in TOML's notation; None for one that is not given."""
    if value is None:
        return None
    if isinstance(value, (SecretStr, SecretBytes)) or (secret_name(name) and isinstance(value, str)):
        return _text(REDACTED)
    if isinstance(value, float) and field is not None and is_duration(field):
        return _text(duration(value))
    if isinstance(value, int) and field is not None and is_size(field):
        return _text(size(value))
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return written(value.value)
        case int() | float():
            return repr(value)
        case Path():
            return _text(str(value))
        case Mapping():
            return _table((str(key), written(each, name=str(key))) for key, each in value.items())
        case BaseModel():
            fields = type(value).model_fields
            return _table((key, written(getattr(value, key), below, key)) for key, below in fields.items())
        case list() | tuple() | set() | frozenset():
            return f"[{', '.join(text for each in value if (text := written(each, name=name)) is not None)}]"
    return _text(redact_url(str(value)))


def plain(value: object, field: FieldInfo | None = None, name: str = "") -> str | None:
    """As `written`, without the quotes around what is one piece of text."""
    text = written(value, field, name)
    if text is None or not text.startswith('"'):
        return text
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


def duration(value: float) -> str:
    """Seconds as people write them: `2s`, `500ms`, `7d`."""
    if value < 1:
        return f"{value * 1000:g}ms"
    for size, unit in _UNITS:
        if value % size == 0:
            return f"{value / size:g}{unit}"
    return f"{value:g}s"


def size(value: int) -> str:
    """Bytes as people write them: `256MB`, `64MiB`."""
    units = {number: unit for unit, number in UNITS.items() if number > 1 and unit != "KB"}
    for number in sorted(units, reverse=True):
        if value % number == 0:
            return f"{value // number}{units[number]}"
    return str(value)


def is_size(field: FieldInfo) -> bool:
    """Whether the field is a Size."""
    return any(isinstance(item, BeforeValidator) and item.func is bytes_of for item in _metadata(field))


def is_duration(field: FieldInfo) -> bool:
    """Whether the field is a Duration, also an optional one."""
    return any(isinstance(item, BeforeValidator) and item.func is seconds for item in _metadata(field))


def _metadata(field: FieldInfo) -> Iterator[object]:
    yield from field.metadata
    yield from _nested(field.annotation)


def _nested(annotation: Any) -> Iterator[object]:  # noqa: ANN401 — an annotation is any object
    yield from getattr(annotation, "__metadata__", ())
    for below in get_args(annotation):
        yield from _nested(below)


def _table(pairs: Iterator[tuple[str, str | None]]) -> str:
    inside = ", ".join(f"{bare_or_quoted(key)} = {text}" for key, text in pairs if text is not None)
    return f"{{ {inside} }}" if inside else "{}"


def _text(text: str) -> str:
    escaped = _QUOTED.sub(r"\\\g<0>", neutralise_name(text))
    return f'"{escaped}"'
