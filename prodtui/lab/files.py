"""Files of the lab that servers with fewer rights have to read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from prodtui.lab.processes import identity

ROLES = ("postgres", "monitor", "stats", "admin", "catalog", "payments", "inventory")
TOKENS = ("refunds",)


def folder(path: Path, user: str | None = None) -> Path:
    """A private folder, owned by the user that works in it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    _give(path, user)
    return path


def write(path: Path, text: str, user: str | None = None) -> Path:
    """A private file, replaced as one step: a server that watches it never reads half of it."""
    partial = path.with_name(f".{path.name}.new")
    partial.touch(mode=0o600)
    partial.write_text(text)
    _give(partial, user)
    partial.replace(path)
    return path


def write_secrets(directory: Path) -> None:
    """A random password for every database role of the lab, and every token that a service asks for."""
    for name in (*ROLES, *TOKENS):
        write(folder(directory / "secrets") / name, secrets.token_hex(16))


def secret(directory: Path, role: str) -> str:
    """A role's password."""
    return (directory / "secrets" / role).read_text().strip()


def _give(path: Path, user: str | None) -> None:
    owner = identity(user)
    if owner is not None:
        os.chown(path, *owner)
