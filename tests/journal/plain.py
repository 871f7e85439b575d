"""All that a journal's file keeps, readable."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from prodtui.journal.entries import _WINDOW, _inflated


def plain(file: Path) -> bytes:
    """Its entries and events, inflated."""
    dictionary, parts = b"", []
    with closing(sqlite3.connect(file)) as database:
        for mark, body in database.execute("select mark, body from prodtui_journal order by number"):
            parts.append(_inflated(body, b"" if mark else dictionary))
            if mark:
                dictionary = parts[-1][-_WINDOW:]
        parts += [_inflated(body, b"") for (body,) in database.execute("select body from prodtui_events")]
    return b"".join(parts)
