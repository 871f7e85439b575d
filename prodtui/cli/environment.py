"""From a command line to an environment to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodtui.settings.loaded import Environment


def environment(config: Path | None, env: str | None) -> Environment:
    """The environment that the configuration (or discovery) gives. Raises ConfigurationError, UsageError."""
    from prodtui.cli.log import log_to_file
    from prodtui.settings.load import load

    log_to_file()
    return load(config).environment(env)
