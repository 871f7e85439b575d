"""The heads of a trail as this host saw them: a file outside the store, by which a cut end and a new chain are told."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from prodtui.model.errors import UsageError
from prodtui.settings.redaction import redact_url

TAIL_BYTES = 4_096
"""Some 40 lines: of those that write at the same time the newest head need not be the last line."""
_LINE = re.compile(rb"(\d{1,18}) ([0-9a-f]{64}) \S+")


class Head(NamedTuple):
    """The end of a trail at some time."""

    number: int
    hash: str


class Heads:
    """A file with a line for each entry, `NUMBER HASH TIME`: only ever appended to. Its methods block.

    A line is written in one piece, so several may write to it at the same time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, heads: Iterable[Head], at: float) -> None:
        """Writes heads down; when it returns they are on the disk. Raises OSError."""
        time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = "".join(f"{head.number} {head.hash} {time}\n" for head in heads).encode()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = not self.path.exists()
        # Not for reading: also a file that its system lets nobody but append to (`chattr +a`).
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Who was killed while it wrote may have left half a line.
            whole = os.fstat(file).st_size == 0 or self._ends_a_line()
            text = lines if whole else b"\n" + lines
            if os.write(file, text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)
        finally:
            os.close(file)
        if new:
            _sync(self.path.parent)

    def newest(self) -> Head | None:
        """The newest that is known; None where none is. Raises OSError."""
        try:
            with self.path.open("rb") as file:
                if file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES)):
                    file.readline()  # its beginning may be missing, and so digits of its number
                return max(_read(file), default=None)
        except FileNotFoundError:
            return None

    def all(self) -> dict[int, str]:
        """Every head by its number, the one that was written first; empty where there is no file. Raises OSError."""
        found: dict[int, str] = {}
        try:
            with self.path.open("rb") as file:
                for head in _read(file):
                    found.setdefault(*head)
        except FileNotFoundError:
            return {}
        return found

    def _ends_a_line(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def heads_file(directory: Path, store: str) -> Path:
    """Where the heads of a store's trail are kept: a file for each store, by its path or URL."""
    place = store if "://" in store else str(Path(store).expanduser().absolute())
    name = re.sub(r"[^A-Za-z0-9._-]", "", place.rpartition("/")[2].partition("?")[0]) or "store"
    return directory / f"{name[:40]}-{hashlib.sha256(redact_url(place).encode()).hexdigest()[:8]}.heads"


def gathered(files: Iterable[Path]) -> dict[int, str]:
    """The heads that somebody names files of. Raises UsageError where one can't be read, or has none."""
    found: dict[int, str] = {}
    for path in files:
        try:
            heads = Heads(path).all()
        except OSError as error:
            raise UsageError(f"{path} can't be read: {error.strerror}; give a file of heads") from error
        if not heads:
            raise UsageError(f"{path}: no heads in it; a line reads NUMBER HASH TIME")
        for number, own in heads.items():
            if found.setdefault(number, own) != own:
                raise UsageError(
                    f"{path} and another file of heads differ on entry {number}: they are of two stores, or of a trail "
                    "that was written anew; verify with each of them alone"
                )
    return found


def _read(lines: Iterable[bytes]) -> Iterator[Head]:
    """The whole lines; half of one proves nothing."""
    for line in lines:
        if match := _LINE.fullmatch(line.rstrip(b"\n")):
            yield Head(int(match[1]), match[2].decode())


def _sync(directory: Path) -> None:
    """A new file's name is on the disk too."""
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
