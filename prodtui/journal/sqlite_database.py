"""Store and journal in a SQLite file: one thread of its own, so that a slow disk never blocks the loop."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from prodtui.journal import migrations
from prodtui.journal.database import Step, StoreError
from prodtui.model.text import neutralise_name

T = TypeVar("T")
APPLICATION_ID = 0x50524F44
"""In the file's header (`PROD`), so that another program's database is never taken for ours."""
PATIENCE_S = 2.0
CACHE_KB = 512
"""Pages that a connection keeps: SQLite's own 2 MB each would fill with what is written once and not read again."""
# By the beginning of SQLite's own names: https://www.sqlite.org/rescode.html
_ADVICE = {
    "SQLITE_BUSY": "another process holds its lock; try again, or give another {}",
    "SQLITE_READONLY": "it can't be written; make it and its directory writable, or give another {}",
    "SQLITE_CANTOPEN": "it can't be opened or made; check the path and its rights, or give another {}",
    "SQLITE_PERM": "it can't be written; make it and its directory writable, or give another {}",
    "SQLITE_FULL": "the disk is full; make room, or give another {}",
    "SQLITE_IOERR": "the disk fails or is full; make room, or give another {}",
    "SQLITE_CORRUPT": "the file is damaged; move it away, or give another {}",
    "SQLITE_NOTADB": "the file is no database; move it away, or give another {}",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "it has an evaluation with this id already",
}


class SqliteDatabase:
    """One file, made with mode 0600 when it is first used."""

    def __init__(
        self,
        path: Path,
        *,
        called: str = "store",
        pragmas: Sequence[str] = (),
        read_only: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`patience_s`: how long another process's lock is waited for; `called`: what it is to a person, in messages.

        `pragmas` hold for each connection. Read-only it is a journal, and neither made nor migrated.
        """
        self._path = path
        self._called = called
        self._pragmas = pragmas
        self._read_only = read_only
        self._patience_s = patience_s
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None

    @property
    def where(self) -> str:
        return neutralise_name(str(self._path))

    async def rows(self, step: Step) -> Sequence[Sequence[Any]]:
        def fetch() -> Sequence[Sequence[Any]]:
            return _execute(self._opened(), step).fetchall()

        return await self._in_thread(fetch)

    async def change(self, *steps: Step) -> int:
        def write() -> int:
            connection = self._opened()
            connection.execute("begin immediate")
            try:
                counts = [_execute(connection, step).rowcount for step in steps]
                connection.execute("commit")
            finally:
                if connection.in_transaction:
                    connection.execute("rollback")
            return counts[-1]

        return await self._in_thread(write)

    async def carry_out(self, statement: str) -> None:
        """Steps through a statement that finds nothing to its end: `execute` takes one step of such a one."""

        def step_through() -> None:
            self._opened().executescript(statement)

        await self._in_thread(step_through)

    async def close(self) -> None:
        if self._thread is not None:
            await self._in_thread(self._let_go)
            self._thread.shutdown(wait=False)
            self._thread = None

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def tried() -> T:
            try:
                return work()
            except sqlite3.Error as error:
                if not isinstance(error, sqlite3.IntegrityError):
                    # Whatever was wrong with the file, the next use looks at the path anew.
                    self._let_go()
                raise

        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"prodtui-{self._called}")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, tried)
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            advice = next((text for begin, text in _ADVICE.items() if name.startswith(begin)), "give another {}")
            raise StoreError(f"{self._what}: {error}; {advice.format(self._called)}") from error
        except OSError as error:
            raise StoreError(
                f"{self._what}: {error.strerror}; check the path and its rights, or give another {self._called}"
            ) from error

    @property
    def _what(self) -> str:
        return f"{self._called} {self.where}"

    def _opened(self) -> sqlite3.Connection:
        """The connection, in the store's thread."""
        if self._connection is not None and self._moved():
            # Closed as it is, SQLite would leave here what stands in its log only (pager.c, databaseIsUnmoved).
            with suppress(sqlite3.Error):
                self._connection.execute("pragma wal_checkpoint(truncate)")
            self._let_go()
        if self._connection is None:
            if not self._read_only:
                self._make()
            self._inode = self._path.stat().st_ino
            self._connection = self._looking() if self._read_only else self._writing()
            self._connection.execute(f"pragma cache_size = -{CACHE_KB}")
            if self._moved():
                self._let_go()
                raise StoreError(f"{self._what}: it was put away while it was opened; try again")
        return self._connection

    def _moved(self) -> bool:
        """Whether somebody put the file away: what is written to it from now on is nowhere."""
        try:
            return self._path.stat().st_ino != self._inode
        except OSError:
            return True

    def _make(self) -> None:
        if self._path.exists():
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for of_another in ("-wal", "-shm"):
            # Of a file that was moved away: SQLite would take it for the new one's.
            Path(f"{self._path}{of_another}").unlink(missing_ok=True)
        # SQLite itself would make it, and the log beside it, readable to all that the umask lets in.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))

    def _writing(self) -> sqlite3.Connection:
        connection = self._connect(str(self._path))
        try:
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _looking(self) -> sqlite3.Connection:
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        connection = self._connect(uri)
        try:
            self._nothing_missing(connection)
        except sqlite3.OperationalError:
            # Its log can't be made beside it, so nobody writes it: what is in the file itself is all there is.
            connection.close()
            connection = self._connect(f"{uri}&immutable=1")
            self._nothing_missing(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _nothing_missing(self, connection: sqlite3.Connection) -> None:
        if len(self._missing(connection)) > migrations.NEWEST - migrations.JOURNAL:
            raise StoreError(
                f"{self._what}: nothing is kept in it, or by an older prodtui; give another {self._called}"
            )

    def _connect(self, name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(name, timeout=self._patience_s, isolation_level=None, uri=name.startswith("file:"))
        try:
            for pragma in self._pragmas:
                connection.execute(f"pragma {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if not self._missing(connection):
            return
        # Before the first table, else it holds from the next `vacuum` on: room that is free can be given back.
        connection.execute("pragma auto_vacuum = incremental")
        connection.execute("pragma journal_mode = wal")
        connection.execute("begin immediate")
        try:
            # Asked again under the lock: another process may have been faster.
            for migration in self._missing(connection):
                for statement in migration:
                    connection.execute(statement)
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
            connection.execute(f"pragma user_version = {migrations.NEWEST}")
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                connection.execute("rollback")

    def _missing(self, connection: sqlite3.Connection) -> tuple[tuple[str, ...], ...]:
        # All three of one time, also while another process migrates.
        connection.execute("savepoint seen")
        (owner,) = connection.execute("pragma application_id").fetchone()
        (version,) = connection.execute("pragma user_version").fetchone()
        (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
        connection.execute("release seen")
        if owner != APPLICATION_ID and (owner or version or tables):
            raise StoreError(f"{self._what}: another program's database; give a path of its own")
        return migrations.missing(version, self._what)


def _execute(connection: sqlite3.Connection, step: Step) -> sqlite3.Cursor:
    # SQLite numbers its values ?1, ?2; in our statements a $ stands for nothing else.
    return connection.execute(step.statement.replace("$", "?"), tuple(step.values))
