"""A journal in a SQLite file, one for each environment.

A file each: environments neither wait for one another's writes nor share a limit, a damaged one costs only itself, and
one can be copied away and replayed anywhere.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from prodtui.journal import statements
from prodtui.journal.database import Database, Step, StoreError
from prodtui.journal.sqlite_database import SqliteDatabase

_PRAGMAS = (
    # In WAL mode a commit then waits for no disk: SIGKILL loses nothing that was committed, a power cut the last
    # seconds, and the file opens clean after either (https://www.sqlite.org/pragma.html#pragma_synchronous).
    "synchronous = normal",
    # The log stays a small part of the file's limit: 256 pages are 1 MB.
    "wal_autocheckpoint = 256",
    "journal_size_limit = 1048576",
)
_GIVEN_BACK = 2_000
"""Pages at a time, 8 MB: 50 ms of the journal's thread."""


class SqliteGround:
    """The lease is a lock of the system's on a file beside it, so that it dies with its process, however that ends."""

    tail_s = 0.3

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        pragmas = () if read_only else _PRAGMAS
        self._file = SqliteDatabase(path, called="journal", pragmas=pragmas, read_only=read_only)
        self.writing: Database = self._file
        self.reading: Database = SqliteDatabase(path, called="journal", pragmas=pragmas, read_only=read_only)
        self._lock: int | None = None

    async def lock(self) -> bool:
        if self._lock is None:
            await asyncio.to_thread(self._take)
        return self._lock is not None

    def _take(self) -> None:
        # Remembered here, in the thread: who waits for it may be cancelled.
        # Not the file itself: closing it would end the locks that SQLite holds on it (POSIX advisory locks).
        beside = f"{self._path}.lease"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise StoreError(
                f"journal {self.writing.where}: {error.strerror}; make its directory writable, or give another journal"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return
        except OSError as error:
            os.close(lock)
            raise StoreError(
                f"journal {self.writing.where}: its lock can't be had: {error.strerror}; give one on a local disk"
            ) from error
        self._lock = lock

    async def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def claim(self, environment: str, holder: str) -> Step:
        return Step(statements.SEIZE, (environment, holder))

    def renewal(self, environment: str, holder: str) -> Step:
        return Step(statements.KEEP_SEIZED, (environment, holder))

    async def used(self, environment: str) -> int:  # noqa: ARG002 — the file is the environment's own
        pages, free, size = await self._pages()
        return (pages - free) * size + self._log_bytes()

    async def give_back(self, most_bytes: int) -> None:
        pages, free, size = await self._pages()
        if free and pages * size + self._log_bytes() > most_bytes:
            await self._file.carry_out(f"pragma incremental_vacuum({_GIVEN_BACK})")

    async def _pages(self) -> tuple[int, int, int]:
        asked = ("page_count", "freelist_count", "page_size")
        pages, free, size = [(await self.writing.rows(Step(f"pragma {name}")))[0][0] for name in asked]
        return pages, free, size

    def _log_bytes(self) -> int:
        try:
            return Path(f"{self._path}-wal").stat().st_size
        except OSError:
            return 0
