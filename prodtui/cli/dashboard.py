"""The dashboard: hands the desk's moments to the screens. The frame is painted first; all else loads behind it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.cli.desk import Desk
from prodtui.cli.keys import THEME
from prodtui.model.errors import ConfigurationError, UsageError
from prodtui.ui.app import ProdtuiApp

if TYPE_CHECKING:
    from prodtui.cli.reel import Reel
    from prodtui.cli.reload import Configuration

UNUSABLE = 2
CRASHED = 5


def dashboard(
    config: Path | str | None,
    env: str | None,
    *,
    theme: str | None = None,
    read_only: bool = False,
    mouse: bool = False,
) -> int:
    """Runs the dashboard until it is quit; returns the exit code."""
    desk = Desk(Path(config) if config else None, env, read_only=read_only)

    async def beside(app: ProdtuiApp) -> None:
        from prodtui.cli.history import kept
        from prodtui.cli.reload import follow_edits, follow_notice

        app.history.earlier = await asyncio.to_thread(kept)
        await asyncio.gather(follow_edits(app, desk), follow_notice(app, desk), desk.follow_rollouts())

    app = _app(desk, theme, beside)
    if isinstance(app, int):
        return app

    def arrived(configuration: Configuration) -> None:
        app.set_keymap(dict(configuration.keys))
        app.page.say_keys()
        if theme is None and configuration.loaded.settings.theme:
            app.recolour(configuration.loaded.settings.theme)

    desk.arrived = arrived
    desk.bell.ring = app.to_terminal
    desk.bell.say = lambda text: app.say(text, "warn")
    code = _run(app, mouse=mouse)
    if app.history.added:
        from prodtui.cli.history import keep

        keep(app.history.added)
    if desk.notice:
        sys.stderr.write(f"prodtui: {desk.notice}\n")
    return code


def replayed(reel: Reel, *, theme: str | None = None) -> int:
    """Shows a recorded journal until somebody quits; returns the exit code."""
    app = _app(reel, theme, None)
    return app if isinstance(app, int) else _run(app)


def _app(
    desk: Desk | Reel, theme: str | None, beside: Callable[[ProdtuiApp], Awaitable[None]] | None
) -> ProdtuiApp | int:
    """The screens; the exit code where the theme can't be used."""
    from prodtui.cli.log import log_file

    try:
        return ProdtuiApp(desk.moments, desk, theme=theme or os.environ.get(THEME), log_path=log_file(), beside=beside)
    except (ConfigurationError, UsageError) as error:
        return _unusable(error)


def _run(app: ProdtuiApp, *, mouse: bool = False) -> int:
    from prodtui.cli.log import log_file

    app.run(mouse=mouse)
    failure = app.failure
    if isinstance(failure, (ConfigurationError, UsageError)):
        return _unusable(failure)
    if failure is not None:
        sys.stderr.write(f"prodtui: stopped by {type(failure).__name__}; the log has it: {log_file()}\n")
        return CRASHED
    return app.return_code or 0


def _unusable(error: Exception) -> int:
    sys.stderr.write(f"prodtui: {error}\n")
    return UNUSABLE
