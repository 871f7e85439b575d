"""Durations as people write them: 2s, 500ms, 1m30s, 7d."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|min|m|h|d)")


def seconds(text: object) -> float:
    """Seconds of a written duration; a bare number counts as seconds. Raises ValueError for anything else."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text)
    if isinstance(text, str):
        parts = _PART.findall(compact := text.replace(" ", ""))
        if parts and "".join(number + unit for number, unit in parts) == compact:
            return sum(float(number) * _UNITS[unit] for number, unit in parts)
    raise ValueError('a duration such as "500ms", "2s", "1m30s" or "7d"')
