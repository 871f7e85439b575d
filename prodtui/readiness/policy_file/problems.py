"""What is wrong with a policy, one line a problem, with its place, in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.model.toml_keys import KeyPath, dotted, nearest
from prodtui.readiness.policy_file.files import Merged
from prodtui.readiness.policy_file.tables import Root

_ALLOWED = re.compile(r"'([^']*)'")
_EXPECTED = {
    "string": "text",
    "int": "a whole number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a table",
    "model": "a table",
}
"""What to say by the first word of pydantic's error type."""
_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda context: f"at least {context['ge']:g}",
    "less_than_equal": lambda context: f"at most {context['le']:g}",
    "string_too_short": lambda _: "some text",
    "string_pattern_mismatch": lambda _: '"pillar.name" of lower-case letters, digits and _',
}


class Problem(NamedTuple):
    """One thing wrong with one key."""

    path: KeyPath
    text: str


def configuration_error(problems: Iterable[Problem], merged: Merged) -> ConfigurationError:
    """One error that lists every problem with its place, in the order of the files and their lines."""
    lines: dict[str, tuple[int, int]] = {}
    for problem in problems:
        place = merged.place(problem.path)
        where = f"{place.path}:{place.line}" if place.line else place.path
        line = f"{where}: {dotted(problem.path)}: {problem.text}" if problem.path else f"{where}: {problem.text}"
        order = merged.files.index(place.path) if place.path in merged.files else len(merged.files)
        lines.setdefault(line, (order, place.line))
    return ConfigurationError("\n".join(sorted(lines, key=lambda line: lines[line])))


def of_validation(error: ValidationError, root: type[BaseModel] = Root) -> list[Problem]:
    """pydantic's errors about a file of the form of `root` as problems, at most one a key."""
    found: dict[KeyPath, str] = {}
    for details in error.errors(include_url=False):
        path = tuple(part for part in details["loc"] if part != "[key]")
        found.setdefault(path, _text(details, path, root))
    return [Problem(path, text) for path, text in found.items()]


def unknown(name: str, valid: Iterable[str], what: str, many: str) -> str:
    """`unknown key "urll"; did you mean "url"? Keys: …`"""
    valid = tuple(valid)
    near = nearest(name, valid)
    hint = f'; did you mean "{near}"?' if near else "."
    return f'unknown {what} "{neutralise_name(name)}"{hint} {many}: {", ".join(valid) or "none"}'


def _text(details: ErrorDetails, path: KeyPath, root: type[BaseModel]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown(str(path[-1]), _keys(path[:-1], root), "key", "Keys")
    if kind == "missing":
        return "required"
    got = _got(details["input"])
    if kind in ("enum", "literal_error"):
        allowed = _ALLOWED.findall(str(context.get("expected", "")))
        near = nearest(str(details["input"]), allowed)
        hint = f'; did you mean "{near}"?' if near else ""
        listed = ", ".join(f'"{value}"' for value in allowed)
        return f"expected {'one of ' if len(allowed) > 1 else ''}{listed}{got}{hint}"
    if kind == "value_error":
        return f"expected {context.get('error', details['msg'])}{got}"
    wanted = _BOUNDS[kind](context) if kind in _BOUNDS else _EXPECTED.get(kind.split("_")[0], details["msg"])
    return f"expected {wanted}{got}"


def _keys(path: KeyPath, root: type[BaseModel]) -> list[str]:
    """The keys of the table at `path` as they are written."""
    here: Any = root
    for part in path:
        here = _below(_core(here), part)
    model = _core(here)
    return [field.alias or name for name, field in model.model_fields.items()]


def _below(annotation: Any, part: str | int) -> Any:  # noqa: ANN401 — an annotation is any object
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    if isinstance(part, int):
        return get_args(annotation)[0]
    return next(field.annotation for name, field in annotation.model_fields.items() if part == (field.alias or name))


def _core(annotation: Any) -> Any:  # noqa: ANN401
    """The annotation without Annotated and None."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _core(arguments[0])
    return next(each for each in arguments if each is not type(None)) if type(None) in arguments else annotation


def _got(value: object) -> str:
    match value:
        case bool():
            return f", got {str(value).lower()}"
        case str():
            return f', got "{neutralise_name(value)}"'
        case list() | tuple():
            return ", got a list"
        case dict():
            return ", got a table"
    return f", got {neutralise_name(str(value))}"
