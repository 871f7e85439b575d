"""The declared keys of a service: whether each is there, and is more than a placeholder. Values may be secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from prodtui.model.asks import ServiceAsks
from prodtui.model.evidence import Configuration, ConfigurationKey
from prodtui.model.records import Instance
from prodtui.model.text import neutralise_name
from prodtui.sources.http_causes import reason
from prodtui.sources.release.bounded import read_text

LIMIT_BYTES = 256 * 1024
_WHOLE = re.compile(
    r"x{3,}|\*{3,}|\.{3,}|\?+|todo|tbd|fixme|dummy|example|secret|password|undefined"
    r"|<[^<>]*>|\{\{[^{}]*\}\}|(?:your|insert|enter)[-_ ].*|.*[-_ ]here",
    re.IGNORECASE,
)
"""A value that is nothing but a word for one."""
_PART = re.compile(
    r"(?<![a-z])(?:(?:change|replace|fill)[-_ ]?(?:me|this|in)|place[-_ ]?holder)(?![a-z])"
    r"|(?<![a-z0-9-])example\.(?:com|org|net)(?![a-z0-9-])"
    r"|<your[^<>]*>|(?<![a-z])your[-_][a-z_-]*(?:key|token|secret|password|host|domain|user|name|id)(?![a-z])",
    re.IGNORECASE,
)
"""What no real value has in it; example.com and its like are reserved for examples (RFC 2606)."""


def of_file(service: str, asked: ServiceAsks, version: str | None) -> Configuration:
    """The keys by the service's environment file. Blocks. A file that cannot be read is told as trouble."""
    path = asked.environment_file
    unread = Configuration(service=service, origin=neutralise_name(path), version=version)
    try:
        values, broken = _parsed(read_text(Path(path), LIMIT_BYTES))
    except (OSError, ValueError) as error:
        return _troubled(unread, f"{path} cannot be read: {reason(error)}")
    found = Configuration(service=service, origin=unread.origin, keys=_keys(asked, values), version=version)
    return found if broken is None else _troubled(found, f"{path} line {broken}: not KEY=VALUE")


def of_metadata(instance: Instance, asked: ServiceAsks) -> Configuration:
    """The keys by the metadata that the instance is registered with."""
    return Configuration(
        service=instance.service,
        origin=neutralise_name(f"metadata of {instance.id}"),
        keys=_keys(asked, instance.meta),
        version=instance.version,
    )


def placeholder(value: str) -> bool:
    """Whether the value only stands for one that nobody filled in."""
    value = value.strip()
    return not value or _WHOLE.fullmatch(value) is not None or _PART.search(value) is not None


def _parsed(text: str) -> tuple[dict[str, str | None], int | None]:
    """The values by key, of a key that comes twice the last; the first line that is none, if there is one."""
    from dotenv.parser import parse_stream

    values: dict[str, str | None] = {}
    broken = None
    for binding in parse_stream(StringIO(text)):
        if binding.error and broken is None:
            broken = binding.original.line
        elif binding.key is not None:
            values[binding.key] = binding.value
    return values, broken


def _keys(asked: ServiceAsks, values: Mapping[str, str | None]) -> tuple[ConfigurationKey, ...]:
    return tuple(_key(name, values.get(name), kept=name in asked.limited) for name in asked.keys)


def _key(name: str, value: str | None, *, kept: bool) -> ConfigurationKey:
    if value is None:
        return ConfigurationKey(name=name, present=False)
    return ConfigurationKey(
        name=name, present=True, placeholder=placeholder(value), value=neutralise_name(value) if kept else None
    )


def _troubled(found: Configuration, trouble: str) -> Configuration:
    return Configuration(
        service=found.service,
        origin=found.origin,
        keys=found.keys,
        version=found.version,
        trouble=neutralise_name(trouble),
    )
