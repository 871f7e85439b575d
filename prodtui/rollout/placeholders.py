"""`{name}` in what a plan says: filled in where the name is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in it; other braces are its own."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
