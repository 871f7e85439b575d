"""Keys of a file that a person writes, as messages name them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from prodtui.model.text import neutralise_name

KeyPath = tuple[str | int, ...]
"""A key from the root down: names of tables and keys, indexes in arrays."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def bare_or_quoted(name: str) -> str:
    """The name as it is written in TOML: quoted only where it must be."""
    if _BARE_KEY.fullmatch(name):
        return name
    escaped = neutralise_name(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def dotted(path: KeyPath) -> str:
    """`environments.prod.sources.registry.url`; array elements as `[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{bare_or_quoted(part)}" if text else bare_or_quoted(part)
    return text


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that was probably meant; None when none is like it."""
    by_lower = {candidate.lower(): candidate for candidate in valid}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None
