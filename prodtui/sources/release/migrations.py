"""The migrations that a release brings, by the names of their files."""

from __future__ import annotations

import glob
from itertools import islice
from pathlib import PurePath

from prodtui.model.asks import ServiceAsks
from prodtui.model.evidence import Migrations
from prodtui.model.text import neutralise_name

MOST_FILES = 10_000


def migrations(service: str, asked: ServiceAsks, version: str | None) -> Migrations:
    """Those that are declared, else those whose files are there. Blocks."""
    if asked.migrations_expected:
        return Migrations(service=service, expected=asked.migrations_expected, version=version)
    files = glob.iglob(asked.migration_files, recursive=True)  # noqa: PTH207 — Path.glob takes no absolute pattern
    # One version may have two files, up and down.
    found = sorted({_version(path) for path in islice(files, MOST_FILES)})
    trouble = "" if found else neutralise_name(f"no file matches {asked.migration_files}")
    return Migrations(service=service, expected=tuple(found), version=version, trouble=trouble)


def _version(path: str) -> str:
    """`0002_add_orders.up.sql` is of version 0002."""
    return neutralise_name(PurePath(path).name.partition(".")[0].partition("_")[0])
