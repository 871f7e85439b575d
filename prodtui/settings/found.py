"""What discovery found, and the names it gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ENVIRONMENT = "local"
"""The environment that what is discovered makes."""


class Discovered(NamedTuple):
    """A system that answered as itself."""

    kind: str
    url: str
    evidence: str
    """What it said, in a few words."""


def sources_of(found: Sequence[Discovered]) -> dict[str, Discovered]:
    """A name for each: its kind, with a number from the second of a kind on."""
    named: dict[str, Discovered] = {}
    for each in found:
        count = sum(1 for other in named.values() if other.kind == each.kind)
        named[each.kind if not count else f"{each.kind}-{count + 1}"] = each
    return named
