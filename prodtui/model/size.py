"""Sizes as people write them: 256MB, 1.5GB, 64MiB."""

from __future__ import annotations

import re

UNITS = {
    "": 1,
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_SIZE = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(UNITS)})")


def bytes_of(text: object) -> int:
    """Bytes of a written size; a bare number counts bytes. Raises ValueError for anything else."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return int(text)
    if isinstance(text, str) and (found := _SIZE.fullmatch(text.strip())):
        return int(float(found[1]) * UNITS[found[2]])
    raise ValueError('a size such as "256MB", "1.5GB" or "64MiB"')
