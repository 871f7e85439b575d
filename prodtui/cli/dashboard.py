"""The dashboard: hands the desk's moments to the screens. The frame is painted first; all else loads behind it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from prodtui.cli.desk import Desk
from prodtui.model.errors import ConfigurationError, UsageError
from prodtui.ui.app import ProdtuiApp

if TYPE_CHECKING:
    from prodtui.cli.reel import Reel

UNUSABLE = 2
CRASHED = 5


def dashboard(config: Path | str | None, env: str | None, *, theme: str | None = None, read_only: bool = False) -> int:
    """Runs the dashboard until it is quit; returns the exit code."""
    return shown(Desk(Path(config) if config else None, env, read_only=read_only), theme=theme)


def shown(desk: Desk | Reel, *, theme: str | None = None) -> int:
    """Shows what a desk tells until somebody quits; returns the exit code."""
    from prodtui.cli.log import log_file

    try:
        app = ProdtuiApp(desk.moments, desk, theme=theme, log_path=log_file())
    except UsageError as error:  # no such theme
        return _unusable(error)
    app.run(mouse=False)
    if desk.notice:
        sys.stderr.write(f"prodtui: {desk.notice}\n")
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
