"""Values in TOML's notation: for showing a policy, and for one that is made from another format."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from fractions import Fraction

from prodtui.model.text import neutralise_name
from prodtui.model.toml_keys import bare_or_quoted


def written(value: object) -> str:
    """The value as TOML has it on one line. Raises TypeError for what TOML cannot say."""
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return written(value.value)
        case Fraction():
            return written(int(value) if value.denominator == 1 else float(value))
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case date():
            return value.isoformat()
        case Mapping():
            inside = ", ".join(f"{bare_or_quoted(str(key))} = {written(each)}" for key, each in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple() | set() | frozenset():
            return f"[{', '.join(map(written, value))}]"
    raise TypeError(f"no TOML for {type(value).__name__}")


def plain(value: object) -> object:
    """The value as JSON can have it: fractions as numbers, days as text."""
    match value:
        case Fraction():
            return int(value) if value.denominator == 1 else float(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
    return value


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + "".join(_inert(character) for character in escaped) + '"'


def _inert(character: str) -> str:
    """The character, or its escape where a terminal would obey it."""
    return character if neutralise_name(character) == character else f"\\U{ord(character):08x}"
