"""The log: one file under the user's state directory, never the screen."""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path

KEPT_BYTES = 1_000_000


def log_file() -> Path:
    """Where prodtui logs: $XDG_STATE_HOME/prodtui/prodtui.log."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "prodtui" / "prodtui.log"


def log_to_file() -> Path:
    """Sends everything that is logged to the log file, at most 2 MB of it. A file that can't be written is no error."""
    import structlog

    path = log_file()
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=KEPT_BYTES, backupCount=1)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return path
