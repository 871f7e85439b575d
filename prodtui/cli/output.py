"""Where a command's output goes: stdout, files that are whole or not there, and one line of progress on stderr."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from prodtui.model.errors import UsageError

STDOUT = Path("-")
QUIET_S = 1.0
"""Nobody needs to be told what a shorter wait is for."""
_AGAIN_S = 0.5


def targets(formats: Sequence[object], outputs: Sequence[Path]) -> list[Path]:
    """Where each format goes, STDOUT by default.

    Raises UsageError where two would share a place, or one can't be written.
    """
    if len(outputs) > len(formats):
        raise UsageError("more --output than --format: each output takes the format at the same place")
    found = [*outputs, *[STDOUT] * (len(formats) - len(outputs))]
    if found.count(STDOUT) > 1:
        raise UsageError("two formats on stdout; give an --output to all but one")
    files = [path.resolve() for path in found if path != STDOUT]
    for path in files:
        if files.count(path) > 1:
            raise UsageError(f"two formats in {path}; give each a file of its own")
        _writable(path)
    return found


def write(target: Path, text: str) -> None:
    """Writes the text, a regular file in one piece: whoever reads it sees the old one or the new one, whole.

    A reader of stdout that has gone away is no failure. Raises OSError.
    """
    if target == STDOUT:
        _to_stdout(text)
    elif _in_place(target):
        with target.open("w", encoding="utf-8") as stream:
            stream.write(text)
    else:
        _replace(target.resolve(), text)


@asynccontextmanager
async def progress(say: Callable[[float], str]) -> AsyncIterator[None]:
    """While it is entered, one line on stderr that is rewritten, where that is a terminal. `say` gets the seconds."""
    if not sys.stderr.isatty():
        yield
        return
    telling = asyncio.create_task(_tell(say))
    try:
        yield
    finally:
        telling.cancel()
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


async def _tell(say: Callable[[float], str]) -> None:
    began = time.monotonic()
    await asyncio.sleep(QUIET_S)
    while True:
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{say(time.monotonic() - began)[:width]}")
        sys.stderr.flush()
        await asyncio.sleep(_AGAIN_S)


def _writable(path: Path) -> None:
    """Raises UsageError where the file can't be written, as far as it can be known beforehand."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a directory")
        if _in_place(path):
            path.open("ab").close()
        else:
            tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise UsageError(
            f"--output {path} can't be written: {error.strerror}; give a file in a folder that can"
        ) from error


def _in_place(path: Path) -> bool:
    """A device or a pipe, which nothing can be renamed to."""
    return path.exists() and not path.is_file()


def _replace(path: Path, text: str) -> None:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(number)
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The file's mode, or that of a file made anew."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        # The mask can only be read by setting it.
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _to_stdout(text: str) -> None:
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Else the interpreter's own flush at the end fails, and the exit code with it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
