"""The files of a policy, merged: what each says, in which order they count, and where each key stands."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.model.toml_keys import KeyPath
from prodtui.model.toml_lines import key_lines
from prodtui.model.toml_syntax import syntax_error
from prodtui.readiness.policy import Place

LARGEST = 4 * 1024 * 1024
"""Characters; a policy is written by hand."""
APPENDED = ("rules", "custom", "waivers")
"""Lists that grow along `extends`; any other list is replaced by the later file's."""

Read = Callable[[Path], str]


def text_of(path: Path) -> str:
    """The file's text. Raises OSError, UnicodeDecodeError."""
    return path.read_text(encoding="utf-8-sig")


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a policy's files as one table, as they were written."""

    path: str
    """The file that was asked for."""
    values: Mapping[str, Any]
    origins: Mapping[KeyPath, Place]
    files: tuple[str, ...]
    """All of them, in the order in which they count."""
    digest: str
    """SHA-256 over the files' bytes in that order."""

    def place(self, path: KeyPath) -> Place:
        """Where a key stands; where it is not given, the table that it would be in; else the file."""
        for length in range(len(path), 0, -1):
            if (place := self.origins.get(path[:length])) is not None:
                return place
        return Place(self.path, 0)

    def given(self, path: KeyPath) -> bool:
        """Whether a file says the key."""
        return path in self.origins


NO_FILES = Merged(path="", values={}, origins={}, files=(), digest="")
"""Nothing is written anywhere: the defaults."""


def merged(path: Path, read: Read = text_of) -> Merged:
    """The file with all that it extends. Raises ConfigurationError naming the chain of files that led there."""
    values: dict[str, Any] = {}
    origins: dict[KeyPath, Place] = {}
    digest = hashlib.sha256()
    files: dict[Path, str] = {}
    _add(path, (), read, values, origins, files)
    for text in files.values():
        digest.update(text.encode())
    return Merged(
        path=_shown(path),
        values=values,
        origins=origins,
        files=tuple(map(_shown, files)),
        digest=digest.hexdigest(),
    )


def alone(path: Path, read: Read = text_of) -> Merged:
    """A file that stands on no other. Raises ConfigurationError."""
    text, values, lines = _read(path, (), read)
    name = _shown(path)
    return Merged(
        path=name,
        values=values,
        origins={key: Place(name, line) for key, line in lines.items()},
        files=(name,),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _add(
    path: Path,
    chain: tuple[Path, ...],
    read: Read,
    values: dict[str, Any],
    origins: dict[KeyPath, Place],
    files: dict[Path, str],
) -> None:
    """Puts the file over what is there, after the files that it extends; one that is there already stays."""
    same = path.resolve()
    if same in (each.resolve() for each in chain):
        raise ConfigurationError(f"{_shown(chain[-1])}: extends: comes back to itself: {_chain((*chain, path))}")
    if any(same == each.resolve() for each in files):
        return
    text, own, lines = _read(path, chain, read)
    for parent in _extended(path, own, lines):
        _add(path.parent / parent, (*chain, path), read, values, origins, files)
    files[path] = text
    places = {key: Place(_shown(path), line) for key, line in lines.items()}
    _merge(values, own, (), (), origins, places)


def _read(path: Path, chain: tuple[Path, ...], read: Read) -> tuple[str, dict[str, Any], dict[KeyPath, int]]:
    name = _shown(path)
    through = f" (through {_chain((*chain, path))})" if chain else ""
    try:
        text = read(path)
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror or error}{through}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: not UTF-8: byte 0x{error.object[error.start]:02x}{through}") from error
    if len(text) > LARGEST:
        raise ConfigurationError(f"{name}: larger than {LARGEST // 1024 // 1024} MB: written by no hand{through}")
    try:
        return text, tomllib.loads(text), key_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(syntax_error(name, text, str(error)) + through) from error
    except RecursionError as error:
        raise ConfigurationError(f"{name}: nested too deeply{through}") from error


def _extended(path: Path, own: Mapping[str, Any], lines: Mapping[KeyPath, int]) -> list[str]:
    """The names in `extends`."""
    written = own.get("extends", [])
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        place = f"{_shown(path)}:{lines['extends',]}"
        raise ConfigurationError(f"{place}: extends: expected a path, or a list of paths")
    return names


def _merge(
    into: dict[str, Any],
    table: Mapping[str, Any],
    path: KeyPath,
    source: KeyPath,
    origins: dict[KeyPath, Place],
    places: Mapping[KeyPath, Place],
) -> None:
    """Lays `table` over `into`. `path` is the key in the whole, `source` the one in the table's own file."""
    if source in places:
        origins[path] = places[source]
    for key, value in table.items():
        here, there = (*path, key), (*source, key)
        known = into.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            _merge(known, value, here, there, origins, places)
        elif not path and key in APPENDED and isinstance(value, list) and isinstance(known, list):
            for index, element in enumerate(value):
                _place(origins, places, (*here, len(known)), (*there, index))
                known.append(deepcopy(element))
        else:
            for old in [each for each in origins if each[: len(here)] == here]:
                del origins[old]
            into[key] = deepcopy(value)
            _place(origins, places, here, there)


def _place(origins: dict[KeyPath, Place], places: Mapping[KeyPath, Place], path: KeyPath, source: KeyPath) -> None:
    """Notes where a whole value and all in it stand."""
    for key, place in places.items():
        if key[: len(source)] == source:
            origins[(*path, *key[len(source) :])] = place


def _shown(path: Path) -> str:
    return neutralise_name(str(path))


def _chain(paths: tuple[Path, ...]) -> str:
    return " → ".join(map(_shown, paths))
