"""Keys of the configuration, and where their values came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from prodtui.model.toml_keys import KeyPath as KeyPath
from prodtui.model.toml_keys import bare_or_quoted as bare_or_quoted
from prodtui.model.toml_keys import dotted as dotted
from prodtui.model.toml_keys import nearest as nearest


class Origin(NamedTuple):
    """Where a value came from, as a person finds it: `prodtui.toml:12`, `environment PRODTUI_…`, `CONSUL_HTTP_ADDR`."""

    text: str
    line: int = 0


class Layer(NamedTuple):
    """Settings from one place. Earlier layers win over later ones, key by key."""

    values: dict[str, Any]
    origins: Mapping[KeyPath, Origin]
    directory: Path
    """Where relative paths in it start."""


class Problem(NamedTuple):
    """One thing wrong with one key."""

    path: KeyPath
    text: str
    origin: Origin | None = None
    """Where it stands, when the key alone does not say."""


def at(values: Mapping[str, Any], path: KeyPath) -> Any:  # noqa: ANN401 — whatever the user wrote there
    """The value at a key of nested tables and arrays; None where there is none."""
    here: Any = values
    for part in path:
        if isinstance(here, Mapping):
            here = here.get(part)
        elif isinstance(here, (list, tuple)) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return None
    return here


def put(values: dict[str, Any], path: KeyPath, value: Any) -> None:  # noqa: ANN401
    """Sets a value in nested tables, making those on the way; what is in the way and no table is replaced."""
    here = values
    for part in path[:-1]:
        below = here.get(str(part))
        if not isinstance(below, dict):
            below = here[str(part)] = {}
        here = below
    here[str(path[-1])] = value


def origin_of(layers: Iterable[Layer], path: KeyPath) -> Origin | None:
    """Where the value that counts came from; for a key that nobody gave, where its table begins; None when nowhere."""
    layers = tuple(layers)
    for length in range(len(path), 0, -1):
        for layer in layers:
            if (origin := layer.origins.get(path[:length])) is not None:
                return origin
        # A table that only variables made has no place of its own: the first of them stands for it.
        for layer in layers:
            for known, origin in layer.origins.items():
                if known[:length] == path[:length]:
                    return origin
    return None
