"""What is wrong with the configuration, one line a problem, in words a person can act on. Never a secret's value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.settings.keys import KeyPath, Layer, Problem, at, dotted, nearest, origin_of
from prodtui.settings.notify import notify_class
from prodtui.settings.redaction import redact_url, secret_name
from prodtui.settings.shape import annotation_at, is_channel, is_secret, options, valid_keys

_ALLOWED = re.compile(r"'([^']*)'")
_NAME_RULES = "a name of letters, digits and single - or _ between them, at most 64 characters"
_EXPECTED = {
    "string": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "set": "a list",
    "frozen": "a list",
    "dict": "a table",
    "model": "a table",
    "mapping": "a table",
    "path": "a path",
    "url": "a URL",
}
"""What to say by the first word of pydantic's error type."""


def configuration_error(problems: Iterable[Problem], layers: Sequence[Layer], fallback: str) -> ConfigurationError:
    """One error that lists every problem with its place, in the file's order; `fallback` is the place otherwise."""
    lines: dict[str, tuple[int, str]] = {}
    for problem in problems:
        origin = problem.origin or origin_of(layers, problem.path)
        where = origin.text if origin else fallback
        line = f"{where}: {dotted(problem.path)}: {problem.text}" if problem.path else f"{where}: {problem.text}"
        lines.setdefault(line, (origin.line if origin else 0, line))
    return ConfigurationError("\n".join(text for _, text in sorted(lines.values(), key=lambda pair: pair[0])))


def from_validation(error: ValidationError, merged: Mapping[str, Any]) -> list[Problem]:
    """pydantic's errors as problems, at most one a key: a union's failed branches are one."""
    by_path: dict[KeyPath, str] = {}
    known_secrets = tuple(_secrets(merged, ()))
    for details in error.errors(include_url=False):
        path = _written(details, merged)
        text = _text(details, path, merged)
        for secret in known_secrets:
            text = text.replace(secret, "********")
        by_path.setdefault(path, text)
    return [Problem(path, text) for path, text in by_path.items()]


def unknown(name: str, valid: Iterable[str], what: str, many: str) -> str:
    """`unknown key; did you mean "url"? Valid keys: …`"""
    valid = tuple(valid)
    near = nearest(name, valid)
    hint = f'; did you mean "{near}"?' if near else "."
    return f"unknown {what}{hint} {many}: {', '.join(map(neutralise_name, valid)) or 'none'}"


def _written(details: ErrorDetails, merged: Mapping[str, Any]) -> KeyPath:
    """The key as the user wrote it: without pydantic's names for branches of a union."""
    path: KeyPath = ()
    for part in details["loc"]:
        here = at(merged, path) if path else merged
        if isinstance(here, Mapping):
            below = part in here
        else:
            below = isinstance(here, (list, tuple)) and isinstance(part, int) and part < len(here)
        if not below:
            missing = details["type"] in ("missing", "missing_kind") and isinstance(here, Mapping) and part != "[key]"
            return (*path, part) if missing else path
        path = (*path, part)
    return path


def _text(details: ErrorDetails, path: KeyPath, merged: Mapping[str, Any]) -> str:
    error_type = details["type"]
    context = details.get("ctx", {})
    if error_type == "extra_forbidden":
        kind = notify_class(at(merged, (*path[:-1], "kind"))) if is_channel(path[:-1]) else None
        if kind is not None and (instead := kind.LEFT_TO_IT.get(str(path[-1]))):
            return f"not for this kind: {instead}"
        return unknown(str(path[-1]), valid_keys(merged, path[:-1]), "key", "Valid keys")
    if error_type.endswith("_kind"):
        return details["msg"]
    if error_type == "missing":
        return f"required; expected {_wanted(annotation_at(merged, path))}"
    if details["loc"][-1:] == ("[key]",):
        return f"expected {_NAME_RULES}" if path[0] == "environments" else "expected a service's name"
    if error_type in ("enum", "literal_error"):
        allowed = _ALLOWED.findall(str(context.get("expected", "")))
        near = nearest(str(details["input"]), allowed)
        hint = f'; did you mean "{near}"?' if near else ""
        return f"expected {_one_of(allowed)}{_got(details, path, merged)}{hint}"
    if error_type == "value_error":
        text = neutralise_name(redact_url(str(context.get("error", details["msg"]))))
        text, separator, hint = text.partition("; did you mean")
        if text.startswith(("a ", "an ", "one of ", "at ")):
            text = f"expected {text}"
        return f"{text}{_got(details, path, merged)}{separator}{hint}"
    if error_type == "url_scheme":
        schemes = " or ".join(f"{name}://" for name in _ALLOWED.findall(str(context.get("expected_schemes", ""))))
        return f"expected a URL that begins with {schemes}{_got(details, path, merged)}"
    wanted = _BOUNDS[error_type](context) if error_type in _BOUNDS else _EXPECTED.get(error_type.split("_")[0])
    if wanted is None:
        wanted = neutralise_name(redact_url(details["msg"])).removeprefix("Input should be ")
    return f"expected {wanted}{_got(details, path, merged)}"


_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda context: f"more than {context['gt']:g}",
    "greater_than_equal": lambda context: f"at least {context['ge']:g}",
    "less_than": lambda context: f"less than {context['lt']:g}",
    "less_than_equal": lambda context: f"at most {context['le']:g}",
    "string_too_short": lambda context: f"at least {context['min_length']} characters",
    "string_too_long": lambda context: f"at most {context['max_length']} characters",
    "string_pattern_mismatch": lambda context: f"text that matches {context['pattern']}",
    "table": lambda _: "a table",
    "too_short": lambda context: f"at least {context['min_length']} elements",
    "too_long": lambda context: f"at most {context['max_length']} elements",
}


def _wanted(annotation: Any) -> str:  # noqa: ANN401 — an annotation is any object
    names = {str: "a string", SecretStr: "a string", bool: "true or false", int: "a whole number", float: "a number"}
    wanted = [names.get(option) for option in options(annotation)]
    return " or ".join(name for name in wanted if name) or "a value"


def _one_of(allowed: Sequence[str]) -> str:
    return "one of " + ", ".join(f'"{value}"' for value in allowed)


def _got(details: ErrorDetails, path: KeyPath, merged: Mapping[str, Any]) -> str:
    """What was written there, where that is no secret."""
    if any(isinstance(part, str) and secret_name(part) for part in path) or is_secret(annotation_at(merged, path)):
        return ""
    match details["input"]:
        case bool(value):
            return f", got {str(value).lower()}"
        case int(value) | float(value):
            return f", got {value}"
        case str(value):
            return f', got "{neutralise_name(redact_url(value))}"'
        case list() | tuple():
            return ", got a list"
        case dict():
            return ", got a table"
        case value:
            return f", got {type(value).__name__}"


def _secrets(merged: Mapping[str, Any], path: KeyPath = ()) -> Iterable[str]:
    """The values of secrets, which another key's message might quote."""
    for key, value in merged.items():
        here = (*path, key)
        if isinstance(value, Mapping):
            yield from _secrets(value, here)
        elif isinstance(value, str) and len(value) > 3 and (secret_name(key) or is_secret(annotation_at(merged, here))):
            yield value
