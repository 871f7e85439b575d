"""What to scan and by which rules, as given and as configured at a root."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from prodtui.scan.errors import ScanError
from prodtui.scan.rules import RULES

OWN_FILE = ".prodtui-scan.toml"
PROJECT_FILE = "pyproject.toml"
_KEYS = ("exclude", "include", "rules")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Patterns as in .gitignore, and the rules that are off."""

    exclude: tuple[str, ...] = ()
    """Left out besides the defaults; stronger than `include`."""
    include: tuple[str, ...] = ()
    """Taken in although the defaults leave it out."""
    off: Mapping[str, str] = {}
    """Rule -> why it does not apply here."""

    def __or__(self, other: Options) -> Options:
        return Options(
            exclude=self.exclude + other.exclude,
            include=self.include + other.include,
            off={**self.off, **other.off},
        )


def configured(root: Path) -> Options:
    """The options in the folder's `.prodtui-scan.toml`, or under `[tool.prodtui.scan]` in its pyproject.toml.

    Raises ScanError with file, key and allowed values for one that can't be used, or where both files have options.
    """
    own, project = root / OWN_FILE, root / PROJECT_FILE
    table = _table(own) if own.is_file() else None
    shared = _dig(_table(project), project) if project.is_file() else None
    if table is not None and shared is not None:
        raise ScanError(f"{own} and [tool.prodtui.scan] in {project} both configure the scan: keep one of them")
    if table is not None:
        return _options(table, own, "")
    return Options() if shared is None else _options(shared, project, "tool.prodtui.scan.")


def _table(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScanError(f"{path} can't be read: {error}") from error


def _dig(table: Mapping[str, object], path: Path) -> Mapping[str, object] | None:
    found: object = table
    for key in ("tool", "prodtui", "scan"):
        if not isinstance(found, Mapping):
            raise ScanError(f"{path}: [tool.prodtui.scan] has to be a table")
        if key not in found:
            return None
        found = found[key]
    if not isinstance(found, Mapping):
        raise ScanError(f"{path}: tool.prodtui.scan has to be a table with {', '.join(_KEYS)}")
    return found


def _options(table: Mapping[str, object], path: Path, prefix: str) -> Options:
    for key in table:
        if key not in _KEYS:
            raise ScanError(f"{path}: unknown key {prefix}{key}; there are {', '.join(_KEYS)}")
    return Options(
        exclude=_patterns(table, "exclude", path, prefix),
        include=_patterns(table, "include", path, prefix),
        off=_off(table.get("rules", {}), path, f"{prefix}rules"),
    )


def _patterns(table: Mapping[str, object], key: str, path: Path, prefix: str) -> tuple[str, ...]:
    given = table.get(key, [])
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise ScanError(f'{path}: {prefix}{key} has to be a list of patterns, such as ["legacy/**", "*.old.py"]')
    return tuple(given)


def _off(given: object, path: Path, key: str) -> Mapping[str, str]:
    if not isinstance(given, Mapping):
        raise ScanError(f'{path}: {key} has to be a table of rules, such as hollow-check = {{ off = "the reason" }}')
    off = {}
    for rule, said in given.items():
        if rule not in RULES:
            raise ScanError(f"{path}: {key}.{rule}: no such rule; there are {', '.join(RULES)}")
        reason = said.get("off") if isinstance(said, Mapping) and set(said) == {"off"} else None
        if not isinstance(reason, str) or not reason.strip():
            raise ScanError(f'{path}: {key}.{rule} has to be {{ off = "REASON" }}, with a reason')
        off[rule] = reason.strip()
    return off
