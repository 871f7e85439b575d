"""Themes: colours by what they mean, one TOML file each, prodtui's own and a user's.

A file may leave out what it takes over from another theme, which it names by `like`; without one from `dark`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prodtui.model.errors import ConfigurationError, UsageError

COLOURS = ("ground", "ink", "dim", "rule", "good", "warn", "bad", "unknown", "accent", "bar", "select")
GROUNDS = ("ground", "bar", "select")
TEXTS = ("ink", "dim", "good", "warn", "bad", "unknown", "accent")
"""What is read, on any of the grounds; a rule is no text."""
BADGES = ("READY", "WARN", "NOT_READY", "INCONCLUSIVE")
WEIGHTS = ("bold", "dim", "underline", "reverse")
SIXTEEN = tuple(
    f"{bright}{colour}"
    for bright in ("", "bright_")
    for colour in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
)
DEFAULT = "dark"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LARGEST = 64 * 1024


class Theme(NamedTuple):
    """A theme whole."""

    colours: Mapping[str, str]
    """`#rrggbb` by name."""
    badges: Mapping[str, Sequence[str]]
    """Ink and ground of a verdict."""
    sixteen: Mapping[str, str]
    """Names of the terminal's own colours, for those that have only sixteen."""
    weights: Mapping[str, str]
    """What else tells a colour apart: bold, dim, underline or reverse."""


def load_theme(name: str = DEFAULT, environment: Mapping[str, str] = os.environ) -> Theme:
    """The theme of a name, or of a file's path. Raises UsageError, ConfigurationError."""
    return _loaded(_file(name, environment), environment, ())


def themes(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Names of the themes there are."""
    return tuple(sorted({file.stem for place in _places(environment) for file in place.glob("*.toml")}))


def _places(environment: Mapping[str, str]) -> Iterator[Path]:
    """The user's own first, which may be of the same name; ours lie with the package, in a checkout beside it."""
    home = environment.get("XDG_CONFIG_HOME") or (f"{environment['HOME']}/.config" if environment.get("HOME") else "")
    if home and Path(home).is_absolute():
        yield Path(home) / "prodtui" / "themes"
    package = Path(__file__).parent.parent
    installed = package / "themes"
    yield installed if installed.is_dir() else package.parent / "themes"


def _file(name: str, environment: Mapping[str, str]) -> Path:
    if "/" in name or name.endswith(".toml"):
        return Path(name).expanduser()
    for place in _places(environment):
        if (file := place / f"{name}.toml").exists():
            return file
    from prodtui.model.toml_keys import nearest

    near = nearest(name, themes(environment))
    hint = f'; did you mean "{near}"?' if near else ";"
    raise UsageError(f'there is no theme "{name}"{hint} there are: {", ".join(themes(environment))}')


def _loaded(file: Path, environment: Mapping[str, str], above: Sequence[Path]) -> Theme:
    if file in above:
        raise ConfigurationError(f"{file}: like: leads back to itself")
    values = _read(file)
    _check(file, values)
    # Only `dark` itself stands on nothing.
    named = str(values.get("like", "" if file == _file_of_default() else DEFAULT))
    base = _loaded(_file(named, environment), environment, (*above, file)) if named else Theme({}, {}, {}, {})
    theme = Theme(*({**getattr(base, part), **values.get(part, {})} for part in Theme._fields))
    _check_whole(file, theme)
    return theme


def _file_of_default() -> Path:
    return [*_places({})][-1] / f"{DEFAULT}.toml"


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            text = opened.read(_LARGEST).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: not UTF-8") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        from prodtui.model.toml_syntax import syntax_error

        raise ConfigurationError(syntax_error(str(file), text, str(error))) from error


def _check(file: Path, values: Mapping[str, Any]) -> None:
    """Raises ConfigurationError for all keys that are unknown or hold no colour."""
    wrong: list[tuple[tuple[str, ...], str]] = []
    for part, table in values.items():
        if part == "like":
            if not isinstance(table, str):
                wrong.append(((part,), "expected a theme's name"))
        elif part not in _TABLES:
            wrong.append(((part,), _unknown(part, ("like", *_TABLES))))
        elif not isinstance(table, dict):
            wrong.append(((part,), "expected a table"))
        else:
            keys, expected, fits = _TABLES[part]
            for key, value in table.items():
                if key not in keys:
                    wrong.append(((part, key), _unknown(key, keys)))
                elif not fits(value):
                    wrong.append(((part, key), f"expected {expected}"))
    if wrong:
        raise ConfigurationError("\n".join(_told(file, path, said) for path, said in wrong))


def _check_whole(file: Path, theme: Theme) -> None:
    for part, keys in (("colours", COLOURS), ("sixteen", COLOURS), ("badges", BADGES)):
        missing = [key for key in keys if key not in getattr(theme, part)]
        if missing:
            raise ConfigurationError(f"{file}: {part}: missing {', '.join(missing)}")


def _told(file: Path, path: tuple[str, ...], said: str) -> str:
    from prodtui.model.toml_keys import dotted
    from prodtui.model.toml_lines import key_lines

    line = key_lines(file.read_text("utf-8-sig")).get(path)
    return f"{file}{f':{line}' if line else ''}: {dotted(path)}: {said}"


def _unknown(name: str, valid: Sequence[str]) -> str:
    from prodtui.model.toml_keys import nearest

    near = nearest(name, valid)
    hint = f'; did you mean "{near}"?' if near else "."
    return f"unknown key{hint} Valid keys: {', '.join(valid)}"


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_colour, value))


_TABLES = {
    "colours": (COLOURS, 'a colour such as "#1f2f47"', _is_colour),
    "badges": (BADGES, 'ink and ground: ["#ffffff", "#24683a"]', _is_pair),
    "sixteen": (COLOURS, f"default or one of {', '.join(SIXTEEN)}", ("default", *SIXTEEN).__contains__),
    "weights": (COLOURS, f"one of {', '.join(WEIGHTS)}", WEIGHTS.__contains__),
}
