"""The same tables in memory: for what goes on where no file and no server can be had, and ends with the process."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from prodtui.journal import migrations
from prodtui.journal.database import Step


class MemoryDatabase:
    """A Database that nobody shares. It touches no disk: each statement takes microseconds, on the loop."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        for migration in migrations.MIGRATIONS:
            for statement in migration:
                self._connection.execute(statement)

    @property
    def where(self) -> str:
        return "memory"

    async def rows(self, step: Step) -> Sequence[Sequence[Any]]:
        return self._execute(step).fetchall()

    async def change(self, *steps: Step) -> int:
        self._connection.execute("begin")
        try:
            counts = [self._execute(step).rowcount for step in steps]
            self._connection.execute("commit")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
        return counts[-1]

    async def close(self) -> None:
        self._connection.close()

    def _execute(self, step: Step) -> sqlite3.Cursor:
        return self._connection.execute(step.statement.replace("$", "?"), tuple(step.values))
