"""The configuration file: which one, its values, and what is wrong with its syntax."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from prodtui.model.errors import ConfigurationError
from prodtui.model.text import neutralise_name
from prodtui.model.toml_lines import key_lines
from prodtui.model.toml_syntax import syntax_error
from prodtui.settings.keys import Layer, Origin

LARGEST = 4 * 1024 * 1024
"""Bytes; a configuration is written by hand."""


def find(config: Path | None, env: Mapping[str, str], cwd: Path) -> Path | None:
    """`config` as given, else ./prodtui.toml, else $XDG_CONFIG_HOME/prodtui/config.toml; None where there is none."""
    if config is not None:
        return cwd / config.expanduser()
    home = env.get("XDG_CONFIG_HOME") or (Path(env["HOME"]) / ".config" if env.get("HOME") else None)
    candidates = [cwd / "prodtui.toml"]
    if home and Path(home).is_absolute():  # the XDG specification has relative paths ignored
        candidates.append(Path(home) / "prodtui" / "config.toml")
    # A file that is there but may not be read must not be passed over in silence.
    return next((path for path in candidates if path.is_file() or path.is_symlink()), None)


def shown(path: Path, cwd: Path) -> str:
    """The path as messages name it: relative below the working directory."""
    return neutralise_name(str(path.relative_to(cwd) if path.is_relative_to(cwd) else path))


def read(path: Path, cwd: Path) -> Layer:
    """The file's values and the line of each key. Raises ConfigurationError."""
    name = shown(path, cwd)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise ConfigurationError(f"{name}: larger than {LARGEST // 1024 // 1024} MB: not a configuration")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{name}:{line}: not UTF-8: byte 0x{content[error.start]:02x}") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(syntax_error(name, text, str(error))) from error
    except RecursionError as error:
        raise ConfigurationError(f"{name}: nested too deeply") from error
    origins = {key: Origin(f"{name}:{line}", line) for key, line in key_lines(text).items()}
    return Layer(values, origins, path.parent)
