"""The log: one file under the user's state directory, never the screen."""

from __future__ import annotations

import logging
import logging.handlers
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

KEPT_BYTES = 1_000_000


def log_file() -> Path:
    """Where prodtui logs: $XDG_STATE_HOME/prodtui/prodtui.log."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "prodtui" / "prodtui.log"


class KeyValues(logging.Formatter):
    """One line of key=value pairs an event, by structlog, which is only loaded when there is something to log."""

    def format(self, record: logging.LogRecord) -> str:
        from structlog import processors, stdlib

        formatter = stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                stdlib.add_log_level,
                stdlib.ExtraAdder(),
                processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                stdlib.ProcessorFormatter.remove_processors_meta,
                _without_exception,
                processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
            keep_exc_info=True,
            keep_stack_info=True,
        )
        return formatter.format(record)


def _without_exception(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("exc_info", None)  # the traceback follows the line
    return event


def log_to_stderr() -> None:
    """Sends what is logged to stderr, of prodtui itself also what is no warning: for a service manager's journal."""
    handler = logging.StreamHandler()
    handler.setFormatter(KeyValues())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("prodtui").setLevel(logging.INFO)


def log_to_file() -> Path:
    """Sends everything that is logged to the log file, at most 2 MB of it. A file that can't be written is no error."""
    path = log_file()
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=KEPT_BYTES, backupCount=1, delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(KeyValues())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    return path
