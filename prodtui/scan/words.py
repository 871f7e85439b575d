"""Identifiers as the words they are made of."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=65536)
def words(identifier: str) -> tuple[str, ...]:
    """`get_CPUUsage2` is get, cpu, usage: lower case, digits left out."""
    return tuple(word.lower() for word in _WORD.findall(identifier))


def said(*parts: str) -> re.Pattern[str]:
    """A pattern that finds any of the parts, whatever their case."""
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE)
