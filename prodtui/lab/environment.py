"""A service's environment file: what all its instances have in common, `KEY=VALUE` a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in one file; asking for one that isn't there raises ValueError with its name."""

    path: str
    values: Mapping[str, str]

    def text(self, key: str) -> str:
        """The value as it is written."""
        if key not in self.values:
            raise ValueError(f"{self.path} lacks {key}")
        return self.values[key]

    def number(self, key: str) -> int:
        """A whole number."""
        written = self.text(key)
        try:
            return int(written)
        except ValueError as error:
            raise ValueError(f"{self.path}: {key} must be a whole number, not {written!r}") from error

    def seconds(self, key: str) -> float:
        """A duration such as `2.5s`, in seconds."""
        written = self.text(key)
        try:
            return float(written.removesuffix("s"))
        except ValueError as error:
            raise ValueError(f"{self.path}: {key} must be seconds, as 2.5s, not {written!r}") from error

    def secret(self, key: str) -> str:
        """What is in the file that the value names."""
        return Path(self.text(key)).read_text().strip()


def read(path: Path) -> Environment:
    """The environment in this file; raises OSError, and ValueError for a line that is none."""
    values = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise ValueError(f"{path}, line {number}: expected KEY=VALUE")
        values[key] = value
    return Environment(path=str(path), values=values)
