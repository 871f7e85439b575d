"""Evaluations kept, and the streaks between them: in a file of this user's, or in PostgreSQL for a team."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from prodtui.journal import statements
from prodtui.journal.database import Database as Database
from prodtui.journal.database import Step as Step
from prodtui.journal.database import StoreError as StoreError
from prodtui.model.assessment import Streak
from prodtui.model.evaluation import Evaluation

T = TypeVar("T")
KEPT_S = 90 * 86_400.0
KEPT = 1_000
"""Evaluations that nobody accepted are kept this long, and so many an environment."""
ACCEPTED_KEPT_S = 400 * 86_400.0
"""A year and what a yearly comparison is late by. A pinned evaluation stays."""
LOOKED_THROUGH = 50
"""Accepted evaluations looked through for one that judged certain services: more than a release a day for 30 days."""


class Store:
    """Evaluations by environment. Every method raises StoreError where the database can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def where(self) -> str:
        """Its path or address, without credentials."""
        return self._database.where

    @property
    def database(self) -> Database:
        """Where it is kept, for what is kept beside the evaluations."""
        return self._database

    async def save(self, evaluation: Evaluation) -> None:
        """Keeps one more evaluation, and drops what need not be kept any longer."""
        await self._database.change(
            Step(
                statements.SAVE,
                (
                    evaluation.id,
                    evaluation.environment,
                    evaluation.at,
                    evaluation.accepted_at,
                    evaluation.accepted_by,
                    evaluation.pinned,
                    evaluation.max_drift,
                    msgspec.json.encode(evaluation).decode(),
                ),
            ),
            Step(statements.DROP_REST, (evaluation.environment, evaluation.at - KEPT_S, KEPT)),
            Step(statements.DROP_ACCEPTED, (evaluation.environment, evaluation.at - ACCEPTED_KEPT_S)),
        )

    async def list(self, environment: str, limit: int = KEPT) -> tuple[Evaluation, ...]:
        """The newest evaluations, newest first."""
        return await self._found(Step(statements.NEWEST, (environment, limit)))

    async def accepted(
        self, environment: str, *, limit: int = LOOKED_THROUGH, since: float = 0.0
    ) -> tuple[Evaluation, ...]:
        """The newest accepted evaluations made since a Unix time, newest first."""
        return await self._found(Step(statements.ACCEPTED, (environment, since, limit)))

    async def last_accepted(self, environment: str, services: Collection[str] | None = None) -> Evaluation | None:
        """The newest accepted evaluation (that judged all of these services); None where there is none."""
        if not services:
            return next(iter(await self.accepted(environment, limit=1)), None)
        wanted = set(services)
        return next((each for each in await self.accepted(environment) if wanted <= each.services.keys()), None)

    async def pinned(self, environment: str) -> Evaluation | None:
        """The pinned reference of the environment."""
        return next(iter(await self._found(Step(statements.PINNED, (environment,)))), None)

    async def find(self, environment: str, evaluation_id: str) -> Evaluation | None:
        """The evaluation with this id, where the environment has it."""
        return next(iter(await self._found(Step(statements.FIND, (environment, evaluation_id)))), None)

    async def ids(self, environment: str) -> tuple[str, ...]:
        """The ids of all its evaluations, newest first."""
        return tuple(row[0] for row in await self._database.rows(Step(statements.IDS, (environment,))))

    async def accept(self, evaluation_id: str, by: str, at: float) -> None:
        """Makes an evaluation one that later ones are compared with. Raises StoreError where there is none."""
        await self._changed(evaluation_id, Step(statements.ACCEPT, (evaluation_id, at, by)))

    async def pin(self, evaluation_id: str, max_drift: float) -> None:
        """Makes an accepted evaluation its environment's reference, in place of any other.

        Raises StoreError where there is none, or nobody accepted it.
        """
        await self._changed(
            evaluation_id,
            Step(statements.UNPIN_OTHERS, (evaluation_id,)),
            Step(statements.PIN, (evaluation_id, max_drift)),
        )

    async def forget(self, evaluation_id: str) -> None:
        """Drops an evaluation. Raises StoreError where there is none."""
        await self._changed(evaluation_id, Step(statements.FORGET, (evaluation_id,)))

    async def streaks(self, environment: str, since: float) -> Mapping[str, Streak]:
        """The streaks last kept, by `service/check`; none where that was before a Unix time."""
        rows = await self._database.rows(Step(statements.STREAKS, (environment, since)))
        return {} if not rows else self._decoded(rows[0][0], dict[str, Streak], f"streaks of {environment}")

    async def keep_streaks(self, environment: str, streaks: Mapping[str, Streak], at: float) -> None:
        """Keeps an environment's streaks in place of those before."""
        body = msgspec.json.encode(streaks).decode()
        await self._database.change(Step(statements.KEEP_STREAKS, (environment, at, body)))

    async def close(self) -> None:
        """Lets go of the database; the next use opens it again."""
        await self._database.close()

    async def _changed(self, evaluation_id: str, *steps: Step) -> None:
        if not await self._database.change(*steps):
            raise StoreError(f'store {self.where}: no evaluation "{evaluation_id}" that this can be done to')

    async def _found(self, step: Step) -> tuple[Evaluation, ...]:
        # Fifty evaluations of 200 services take a second to decode: not on the loop.
        return await asyncio.to_thread(self._evaluations, await self._database.rows(step))

    def _evaluations(self, rows: Iterable[Sequence[Any]]) -> tuple[Evaluation, ...]:
        return tuple(
            msgspec.structs.replace(
                self._decoded(body, Evaluation, f"evaluation {evaluation_id}"),
                accepted_at=accepted_at,
                accepted_by=accepted_by,
                pinned=bool(pinned),
                max_drift=max_drift,
            )
            for evaluation_id, accepted_at, accepted_by, pinned, max_drift, body in rows
        )

    def _decoded(self, body: str, kind: type[T], what: str) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StoreError(
                f"store {self.where}: {what} can't be read: {error}; forget it, or use another store"
            ) from error


def store_at(where: str) -> Store:
    """The store at a path or a postgresql:// URL. Nothing is opened before it is used. Raises StoreError."""
    return Store(database_at(where))


def database_at(where: str) -> Database:
    """The database at a path or a postgresql:// URL. Nothing is opened before it is used. Raises StoreError."""
    if where.startswith(("postgresql://", "postgres://")):
        from prodtui.journal.postgresql_database import PostgresqlDatabase

        return PostgresqlDatabase(where)
    scheme, separator, _ = where.partition("://")
    if separator:
        raise StoreError(f'store: "{scheme}://" is not known; give the path of a file or a postgresql:// URL')
    from prodtui.journal.sqlite_database import SqliteDatabase

    # What was told to be kept survives a power cut, however this SQLite was built.
    return SqliteDatabase(Path(where).expanduser(), pragmas=("synchronous = full",))
