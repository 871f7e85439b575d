"""A configuration that is edited while the dashboard runs: a right edit takes effect, a wrong one is told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from prodtui.model.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from prodtui.cli.desk import Desk
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment, Loaded
    from prodtui.ui.app import ProdtuiApp

EVERY_S = 2.0


class Stamp(NamedTuple):
    """By what a file's content is told apart."""

    modified_ns: int
    size: int
    inode: int


class Configuration(NamedTuple):
    """A configuration as it was read, and what the dashboard takes from it."""

    loaded: Loaded
    stamp: Stamp | None
    environment: Environment
    policy: Policy
    keys: Mapping[str, str]

    def is_watched_like(self, other: Configuration) -> bool:
        """Whether the same sources are read in the same way."""
        mine, its = self.loaded.settings, other.loaded.settings
        read = ("environments", "services", "store", "journal", "audit")
        same = all(getattr(mine, name) == getattr(its, name) for name in read)
        return same and self.environment.name == other.environment.name and self.policy == other.policy


def read_configuration(config: Path | None, env: str | None) -> Configuration:
    """Blocks: to be called in a thread. Raises ConfigurationError, UsageError."""
    from prodtui.cli.gate import policy_of
    from prodtui.cli.keys import keymap_of
    from prodtui.cli.log import log_to_file
    from prodtui.settings.load import load
    from prodtui.settings.toml_file import find

    log_to_file()
    file = find(config, os.environ, Path.cwd())
    stamp = stamp_of(file) if file is not None else None  # before it is read: an edit meanwhile is seen as one
    loaded = load(config)
    environment = loaded.environment(env)
    return Configuration(loaded, stamp, environment, policy_of(environment, None), keymap_of(loaded))


def stamp_of(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


async def follow_edits(app: ProdtuiApp, desk: Desk, every_s: float = EVERY_S) -> None:
    """Looks at the file again and again, and reads it anew when it has changed."""
    while True:
        await asyncio.sleep(every_s)
        before = desk.configuration
        path = before.loaded.path if before is not None else None
        if before is None or path is None:
            continue
        stamp = await asyncio.to_thread(stamp_of, path)
        if stamp != before.stamp:
            desk.configuration = before = before._replace(stamp=stamp)  # told once, whatever is wrong
            await _read_anew(app, desk, before, path)


async def follow_notice(app: ProdtuiApp, desk: Desk, every_s: float = EVERY_S) -> None:
    """Says why nothing is kept, and that it is again."""
    said = ""
    while True:
        await asyncio.sleep(every_s)
        if desk.notice != said:
            said = desk.notice
            app.say(said or "the journal is kept again", "warn" if said else "")


async def _read_anew(app: ProdtuiApp, desk: Desk, before: Configuration, path: Path) -> None:
    if before.stamp is None:
        app.say(f"{path}: no longer there; what was read of it stays in force", "warn")
        return
    try:
        after = await asyncio.to_thread(desk.read)
    except (ConfigurationError, UsageError) as error:
        app.say(f"{error}\nthe old settings stay in force", "bad")
        return
    desk.configuration = after
    desk.arrived(after)
    if not after.is_watched_like(before):
        app.restart()
        app.say("the configuration was edited: all sources are read anew")
    elif (after.keys, after.loaded.settings.theme) != (before.keys, before.loaded.settings.theme):
        app.say("the configuration was edited: keys and theme are in force")
