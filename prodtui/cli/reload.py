"""A configuration that is edited while the dashboard runs: a right edit takes effect, a wrong one is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from prodtui.model.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from prodtui.cli.dashboard import Desk
    from prodtui.ui.app import ProdtuiApp

EVERY_S = 2.0


class Stamp(NamedTuple):
    """By what a file's content is told apart."""

    modified_ns: int
    size: int
    inode: int


def stamp_of(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


async def follow_edits(app: ProdtuiApp, desk: Desk, every_s: float = EVERY_S) -> None:
    """Looks at the file again and again, and reads it again when it has changed."""
    while True:
        await asyncio.sleep(every_s)
        before = desk.applied
        if before is None or before.path is None:
            continue
        stamp = await asyncio.to_thread(stamp_of, before.path)
        if stamp != before.stamp:
            await _read_again(app, desk, stamp)


async def _read_again(app: ProdtuiApp, desk: Desk, stamp: Stamp | None) -> None:
    before = desk.applied
    if before is None:
        return
    desk.applied = before._replace(stamp=stamp)  # told once, whatever is wrong
    if stamp is None:
        app.say(f"{before.path}: no longer there; what was read of it stays in force", "warn")
        return
    try:
        after = await asyncio.to_thread(desk.read_configuration)
    except (ConfigurationError, UsageError) as error:
        app.say(f"{error}; the old settings stay in force", "bad")
        return
    desk.apply(after)
    if after.watched != before.watched:
        app.restart()
        app.say("the configuration was edited: all sources are read anew")
    elif after != before._replace(stamp=after.stamp):
        app.say("the configuration was edited: keys and theme are in force")
