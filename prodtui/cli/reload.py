"""Configuration and policy edited while the dashboard runs: a right edit takes effect, a wrong one is told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
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
    stamps: Mapping[Path, Stamp | None]
    """Of its file and of the policy's."""
    environment: Environment
    policy: Policy
    keys: Mapping[str, str]

    def is_watched_like(self, other: Configuration) -> bool:
        """Whether the same sources are read in the same way."""
        mine, its = self.loaded.settings, other.loaded.settings
        read = ("environments", "services", "store", "journal", "audit", "notify")
        same = all(getattr(mine, name) == getattr(its, name) for name in read)
        return same and self.environment.name == other.environment.name and self.policy == other.policy


def read_configuration(config: Path | None, env: str | None) -> Configuration:
    """Blocks: to be called in a thread. Raises ConfigurationError, UsageError."""
    from prodtui.cli.gate import policy_of
    from prodtui.cli.keys import keymap_of
    from prodtui.cli.log import log_to_file
    from prodtui.cli.policies import policy_path
    from prodtui.settings.load import load
    from prodtui.settings.toml_file import find

    log_to_file()
    file = find(config, os.environ, Path.cwd())
    stamps = stamps_of([file] if file is not None else [])  # before it is read: an edit meanwhile is seen as one
    loaded = load(config)
    environment = loaded.environment(env)
    rules = policy_path(None, environment.path, environment.policy)
    stamps |= stamps_of([rules] if rules is not None else [])
    return Configuration(loaded, stamps, environment, policy_of(environment, None), keymap_of(loaded))


def stamps_of(files: Iterable[Path]) -> dict[Path, Stamp | None]:
    """Each file as it is now."""
    return {file: stamp_of(file) for file in files}


def stamp_of(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


async def follow_edits(app: ProdtuiApp, desk: Desk, every_s: float = EVERY_S) -> None:
    """Looks at the files again and again, and reads them anew when one has changed."""
    while True:
        await asyncio.sleep(every_s)
        before = desk.configuration
        if before is None:
            continue
        stamps = await asyncio.to_thread(stamps_of, before.stamps)
        edited = [file for file, stamp in stamps.items() if stamp != before.stamps[file]]
        if edited:
            desk.configuration = before = before._replace(stamps=stamps)  # told once, whatever is wrong
            await _read_anew(app, desk, before, edited[0])


async def follow_notice(app: ProdtuiApp, desk: Desk, every_s: float = EVERY_S) -> None:
    """Says why nothing is kept, and that it is again."""
    said = ""
    while True:
        await asyncio.sleep(every_s)
        if desk.notice != said:
            said = desk.notice
            app.say(said or "the journal is kept again", "warn" if said else "")


async def _read_anew(app: ProdtuiApp, desk: Desk, before: Configuration, path: Path) -> None:
    if before.stamps[path] is None:
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
        app.say(f"{path.name} was edited: all sources are read anew")
    elif (after.keys, after.loaded.settings.theme) != (before.keys, before.loaded.settings.theme):
        app.say(f"{path.name} was edited: keys and theme are in force")
