"""Loads kept, by environment and name, beside the evaluations."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from prodtui.journal import load_statements as statements
from prodtui.journal.database import Database, Step, StoreError
from prodtui.model.load import LoadRun

KEPT = 50
"""The newest runs of each load; the ticks of one that took an hour are 600 kB."""


class LoadStore:
    """Runs of loads, newest first. Every method raises StoreError where the database can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def where(self) -> str:
        """Its path or address, without credentials."""
        return self._database.where

    async def save(self, run: LoadRun) -> None:
        """Keeps one more run, and drops the oldest ones of its load."""
        body = msgspec.json.encode(run).decode()
        await self._database.change(
            Step(statements.SAVE, (run.id, run.environment, run.name, run.at, body)),
            Step(statements.DROP_REST, (run.environment, run.name, KEPT)),
        )

    async def runs(self, environment: str, name: str, limit: int = KEPT) -> tuple[LoadRun, ...]:
        """The newest runs of a load, whatever became of them."""
        rows = await self._database.rows(Step(statements.NEWEST, (environment, name, limit)))
        return await asyncio.to_thread(self._decoded, rows)

    async def names(self, environment: str) -> tuple[str, ...]:
        """The loads of which runs are kept."""
        return tuple(row[0] for row in await self._database.rows(Step(statements.NAMES, (environment,))))

    async def whole(self, environment: str, name: str) -> LoadRun | None:
        """The newest run that was measured to its end, met or not: the one that counts."""
        return next((run for run in await self.runs(environment, name) if run.verdict.whole), None)

    async def close(self) -> None:
        """Lets go of the database; the next use opens it again."""
        await self._database.close()

    def _decoded(self, rows: Sequence[Sequence[Any]]) -> tuple[LoadRun, ...]:
        found = []
        for run_id, body in rows:
            try:
                found.append(msgspec.json.decode(body, type=LoadRun))
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise StoreError(
                    f"store {self.where}: load {run_id} can't be read: {error}; use another store"
                ) from error
        return tuple(found)
