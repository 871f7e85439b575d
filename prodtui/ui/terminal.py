"""The terminal is given back as it was: after a quit, a signal, a crash."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

ENDING = (signal.SIGTERM, signal.SIGHUP)


def end_on_signals(app: App[Any]) -> None:
    """SIGTERM and SIGHUP end the app as a quit does, so that the driver restores the terminal."""
    if threading.current_thread() is not threading.main_thread():
        return  # a picture of a screen, which has no terminal: whoever makes it ends by the signal
    loop = asyncio.get_running_loop()
    for ending in ENDING:
        # 128 + n is what a shell reports of a program that a signal ended.
        loop.add_signal_handler(ending, partial(app.exit, return_code=128 + ending))


def log_crash(error: BaseException, log_path: Path | None) -> None:
    """Writes the traceback to the log; nothing may go over the screen."""
    if log_path is None:
        return
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} the dashboard ended by an error\n")
            log.writelines(traceback.format_exception(error))
    except OSError:
        return  # a full or read-only disk must not hide the error that is being told
