"""Peers fetched into a cache of their own: nothing is installed on the host or joins the project's environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from prodtui.lab import debian
from prodtui.lab.errors import LabError

PIP_TIMEOUT_S = 300


class Reason(str):
    """Why a peer can't be had."""

    __slots__ = ()


def cache_directory() -> Path:
    """Where fetched peers are kept from one run to the next."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "prodtui" / "peers"


def pg_activity() -> str | Reason:
    """The path of pg_activity: from a virtual environment in the cache, made when it is missing, else from PATH."""
    return _from_package_index("pg_activity[psycopg]", "pg_activity")


def btop() -> str | Reason:
    """The path of btop: from PATH, else from Debian's package unpacked into the cache."""
    on_path = shutil.which("btop")
    if on_path:
        return on_path
    folder = cache_directory() / "btop"
    program = folder / "usr" / "bin" / "btop"
    if not program.exists():
        try:
            with tempfile.TemporaryDirectory() as lists:
                debian.unpack("btop", folder, debian.FreshLists(Path(lists)))
        except (LabError, OSError) as error:
            return Reason(error)
    return str(program)


def _from_package_index(requirement: str, program: str) -> str | Reason:
    folder = cache_directory() / program
    path = folder / "bin" / program
    if path.exists():
        return str(path)
    failure = _run([sys.executable, "-m", "venv", str(folder)]) or _run(
        [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", requirement]
    )
    if failure is None and path.exists():
        return str(path)
    shutil.rmtree(folder, ignore_errors=True)
    return shutil.which(program) or Reason(failure or f"{requirement} has no program {program}")


def _run(command: list[str]) -> str | None:
    """Runs it; None, or why it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"{Path(command[0]).name} took more than {PIP_TIMEOUT_S} s"
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
    return (said[-1] if said else f"exit code {done.returncode}") if done.returncode else None
