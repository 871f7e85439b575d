"""Files that settings name: secrets (`X_file` for every secret X), and paths, which start at the configuration file."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from prodtui.model.text import neutralise_name
from prodtui.settings.keys import Layer, Problem, at
from prodtui.settings.shape import is_path, secrets, tables_of_kinds

LARGEST_SECRET = 64 * 1024
"""Bytes; longer is no secret but a wrong path."""


def content(path: Path) -> str:
    """What a secret's file holds, without the line end an editor leaves. Raises ValueError that says what is wrong."""
    name = neutralise_name(str(path))
    try:
        with path.open("rb") as file:
            read = file.read(LARGEST_SECRET + 1)
        text = read.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}; expected a readable file that holds the secret") from error
    except UnicodeDecodeError:
        # Not chained: the error's own text quotes the bytes, which may be the secret.
        raise ValueError(f"{name}: not UTF-8 text; expected a file that holds the secret") from None
    if len(read) > LARGEST_SECRET:
        raise ValueError(f"{name}: larger than {LARGEST_SECRET // 1024} KB; expected a file that holds the secret")
    if not text.strip():
        raise ValueError(f"{name}: empty; expected a file that holds the secret")
    return text


def resolve(layer: Layer, others: Sequence[Layer]) -> tuple[Layer, list[Problem]]:
    """The layer with secrets in place of the files that hold them, and with whole paths.

    `others`, in their precedence, tell a table's kind where this layer does not.
    """
    values = deepcopy(layer.values)
    origins = dict(layer.origins)
    problems: list[Problem] = []
    for path, class_of in tables_of_kinds(values):
        table = at(values, path)
        kind = table.get("kind") or next(
            (kind for other in others if (kind := at(other.values, (*path, "kind"))) is not None), None
        )
        settings = class_of(kind)
        if settings is None:
            continue
        for name in secrets(settings.model_fields):
            key = f"{name}_file"
            if key not in table:
                continue
            origin = origins.get((*path, key))
            try:
                text = _secret(table, name, layer.directory)
            except ValueError as error:
                problems.append(Problem((*path, key), str(error), origin))
                # Stands for what could not be read, so that the same key is not also called missing.
                text = ""
            table[name] = text
            del table[key]
            if origin is not None:
                origins[(*path, name)] = origin
        for name, field in settings.model_fields.items():
            written = table.get(name)
            if isinstance(written, str) and written and (name.endswith("_file") or is_path(field.annotation)):
                table[name] = str(layer.directory / Path(written).expanduser())
    return Layer(values, origins, layer.directory), problems


def _secret(table: dict[str, Any], name: str, directory: Path) -> str:
    written = table[f"{name}_file"]
    if name in table:
        raise ValueError(f'give "{name}" or "{name}_file", not both')
    if not isinstance(written, str) or not written:
        raise ValueError("expected the path of a file")
    return content(directory / Path(written).expanduser())
