"""Source trees to scan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CLEAN = "def total(orders):\n    return sum(order.total for order in orders)\n"
BAD = "def verify_token(token):\n    return True\n"


def tree(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder with these files: path -> text."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
