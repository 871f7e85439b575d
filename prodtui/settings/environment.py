"""Settings from the process's environment: PRODTUI_ENVIRONMENTS__PROD_EU__SOURCES__REGISTRY__URL and so on.

`__` separates keys, `-` in a name is written `_`, case does not matter. An empty variable counts as not set. A list is
written `a,b`, or as JSON; a table as JSON. A directory named by PRODTUI_SECRETS_DIR holds the same, a file a variable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_origin

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.settings.keys import KeyPath, Layer, Origin, Problem, at, nearest, put
from prodtui.settings.models import Root, is_table
from prodtui.settings.secret_files import content
from prodtui.settings.shape import annotation_at, options

PREFIX = "PRODTUI_"
SECRETS_DIRECTORY = "PRODTUI_SECRETS_DIR"
_SEPARATOR = "__"
_NAMED: tuple[tuple[str | None, ...], ...] = (
    ("environments",),
    ("environments", None, "sources"),
    ("services",),
    ("notify",),
)
"""The tables whose keys are names of the user's choice; None stands for any name."""


def from_variables(
    env: Mapping[str, str], cwd: Path, other: Sequence[Mapping[str, Any]]
) -> tuple[Layer, list[Problem]]:
    """The layer of all PRODTUI_… variables. `other` are the other layers' values: their names are matched."""
    written = {name: (text, Origin(f"environment {name}")) for name, text in env.items() if text}
    return _layer(written, cwd, other)


def from_secrets_directory(
    env: Mapping[str, str], cwd: Path, other: Sequence[Mapping[str, Any]]
) -> tuple[Layer, list[Problem]]:
    """The layer of the files in $PRODTUI_SECRETS_DIR. Raises ConfigurationError where it cannot be read."""
    if not (named := env.get(SECRETS_DIRECTORY)):
        return Layer({}, {}, cwd), []
    directory = cwd / Path(named).expanduser()
    written: dict[str, tuple[str, Origin]] = {}
    problems: list[Problem] = []
    try:
        files = sorted(path for path in directory.iterdir() if path.name.upper().startswith(PREFIX))
    except OSError as error:
        raise ConfigurationError(
            f"environment {SECRETS_DIRECTORY}: {neutralise_name(str(directory))}: {error.strerror}; "
            "expected a directory of files, one a variable"
        ) from error
    for path in files:
        origin = Origin(neutralise_name(str(path)))
        try:
            written[path.name] = content(path), origin
        except ValueError as error:
            problems.append(Problem(_keys(path.name, other), str(error), origin))
    layer, more = _layer(written, cwd, other)
    return layer, problems + more


def _layer(
    written: Mapping[str, tuple[str, Origin]], cwd: Path, other: Sequence[Mapping[str, Any]]
) -> tuple[Layer, list[Problem]]:
    texts: dict[str, Any] = {}
    origins: dict[KeyPath, Origin] = {}
    problems: list[Problem] = []
    for name in sorted(written, key=str.upper):
        text, origin = written[name]
        if not name.upper().startswith(PREFIX) or not _is_setting(name):
            continue
        # Names that earlier variables made are matched too: two of them may describe one new source.
        path = _keys(name, [*other, texts])
        if path in origins:
            problems.append(Problem(path, f"given twice, also by {origins[path].text}", origin))
            continue
        origins[path] = origin
        put(texts, path, text)
    values: dict[str, Any] = {}
    known = [*other, texts]
    for path, origin in origins.items():
        try:
            put(values, path, _value(str(at(texts, path)), _annotation(known, path)))
        except ValueError as error:
            problems.append(Problem(path, str(error), origin))
    return Layer(values, origins, cwd), problems


def _is_setting(name: str) -> bool:
    """Whether it means a key. Variables of prodtui's other parts have no `__` and are no misspelt key."""
    first, separator, _ = name[len(PREFIX) :].partition(_SEPARATOR)
    fields = [field.upper() for field in Root.model_fields]
    if separator or first.upper() in fields:
        return True
    near = nearest(first, Root.model_fields)
    return near is not None and abs(len(near) - len(first)) <= 2 and _shares(first, near)


def _shares(name: str, near: str) -> bool:
    return sum(1 for a, b in zip(name.lower(), near, strict=False) if a == b) >= len(near) // 2


def _keys(name: str, layers: Iterable[Mapping[str, Any]]) -> KeyPath:
    path: KeyPath = ()
    layers = tuple(layers)
    for part in name[len(PREFIX) :].split(_SEPARATOR):
        path = (*path, _name(part, path, layers))
    return path


def _name(part: str, table: KeyPath, layers: Iterable[Mapping[str, Any]]) -> str:
    for layer in layers:
        here = at(layer, table) if table else layer
        if isinstance(here, Mapping):
            for name in here:
                if _flat(name) == _flat(part):
                    return str(name)
    return part.lower().replace("_", "-") if _is_named(table) else part.lower()


def _flat(name: str) -> str:
    return name.lower().replace("-", "_")


def _is_named(table: KeyPath) -> bool:
    return any(
        len(table) == len(named) and all(want in (None, part) for part, want in zip(table, named, strict=True))
        for named in _NAMED
    )


def _annotation(layers: Sequence[Mapping[str, Any]], path: KeyPath) -> Any:  # noqa: ANN401
    # The layer that knows the source's kind knows the key.
    return next((found for layer in layers if (found := annotation_at(layer, path)) is not None), None)


def _value(text: str, annotation: Any) -> Any:  # noqa: ANN401
    """The text as the key's type wants it; scalars stay text for pydantic to read. Raises ValueError."""
    kinds = [get_origin(option) or option for option in options(annotation)]
    sequence = any(kind in (list, tuple, set, frozenset) for kind in kinds)
    table = any(kind is dict or is_table(kind) for kind in kinds)
    opening: Callable[[str], bool] = text.lstrip().startswith
    if (sequence and opening("[")) or (table and opening("{")):
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"not valid JSON: {error}") from error
    if sequence and str not in kinds:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
