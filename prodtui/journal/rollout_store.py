"""Rollouts kept, who drives each, and what other terminals want of it: beside the evaluations, in the same store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from prodtui.journal import rollout_statements as statements
from prodtui.journal.database import Database, Step, StoreError
from prodtui.model.rollout import Rollout

LEASE_S: Final = 12.0
"""A driver that did not renew for so long is gone, by the clocks of those who ask: their hosts keep time."""
KEPT: Final = 50
"""Rollouts that are listed."""


class Asked(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants of a rollout that another process drives."""

    asked: Asked
    by: str
    at: float
    reason: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A rollout as it is kept."""

    rollout: Rollout
    driver: str
    """Who drives it, or did last."""
    driven_until: float
    wish: Wish | None = None
    """What was asked for and not taken yet."""

    def driven(self, now: float) -> bool:
        """Whether somebody drives it now."""
        return now < self.driven_until


class RolloutStore:
    """Rollouts by environment. Every method raises StoreError where the database can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def where(self) -> str:
        """Its path or address, without credentials."""
        return self._database.where

    async def begin(self, rollout: Rollout, driver: str, now: float) -> bool:
        """Keeps a new rollout, driven by `driver`; False where another one of its service is open."""
        values = (rollout.id, rollout.environment, rollout.service, rollout.started_at, driver, now + LEASE_S)
        return bool(await self._database.change(Step(statements.BEGIN, (*values, _body(rollout)))))

    async def take(self, rollout_id: str, driver: str, now: float, *, gone: str = "") -> bool:
        """Whether `driver` may drive it from now on: it is open, and nobody else does.

        `gone`: a driver that is known to have ended, whatever its lease says.
        """
        values = (rollout_id, driver, now, now + LEASE_S, gone or driver)
        return bool(await self._database.change(Step(statements.TAKE, values)))

    async def save(self, rollout: Rollout, driver: str, now: float) -> bool:
        """Keeps how it is now; False where it is driven by somebody else."""
        body = await asyncio.to_thread(_body, rollout)
        until = 0.0 if rollout.phase.ended else now + LEASE_S
        return bool(
            await self._database.change(Step(statements.SAVE, (rollout.id, driver, body, rollout.ended_at, until)))
        )

    async def renew(self, rollout_id: str, driver: str, now: float) -> tuple[bool, Wish | None]:
        """Goes on driving. (whether it may, what is wanted of it)."""
        rows = await self._database.rows(Step(statements.RENEW, (rollout_id, driver, now + LEASE_S)))
        return bool(rows), _wish(rows[0][0]) if rows else None

    async def release(self, rollout_id: str, driver: str) -> None:
        """Lets others drive it."""
        await self._database.change(Step(statements.RELEASE, (rollout_id, driver)))

    async def want(self, rollout_id: str, wish: Wish) -> bool:
        """Leaves a wish for whoever drives it; False where it is over, or another wish waits."""
        return bool(await self._database.change(Step(statements.WANT, (rollout_id, _written(wish)))))

    async def taken(self, rollout_id: str, wish: Wish) -> None:
        """The wish was carried out, or given up."""
        await self._database.change(Step(statements.TAKEN, (rollout_id, _written(wish))))

    async def open(self, environment: str) -> tuple[Kept, ...]:
        """Those that are not over, oldest first."""
        return await self._found(Step(statements.OPEN, (environment,)))

    async def lately(self, environment: str, since: float) -> tuple[Kept, ...]:
        """Those that are not over or ended after a time, newest first."""
        return await self._found(Step(statements.LATELY, (environment, since)))

    async def find(self, environment: str, rollout_id: str) -> Kept | None:
        """The one with this id."""
        return next(iter(await self._found(Step(statements.FIND, (environment, rollout_id)))), None)

    async def newest(self, environment: str, limit: int = KEPT, service: str = "") -> tuple[Kept, ...]:
        """The newest, newest first; of every service where none is named."""
        return await self._found(Step(statements.NEWEST, (environment, service, limit)))

    async def close(self) -> None:
        """Lets go of the database; the next use opens it again."""
        await self._database.close()

    async def _found(self, step: Step) -> tuple[Kept, ...]:
        return await asyncio.to_thread(self._kept, await self._database.rows(step))

    def _kept(self, rows: Iterable[Sequence[Any]]) -> tuple[Kept, ...]:
        try:
            return tuple(
                Kept(
                    rollout=msgspec.json.decode(body, type=Rollout),
                    driver=driver,
                    driven_until=driven_until,
                    wish=_wish(wanted),
                )
                for body, driver, driven_until, wanted in rows
            )
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StoreError(
                f"store {self.where}: a rollout in it can't be read: {error}; use the prodtui that wrote it"
            ) from error


def _body(rollout: Rollout) -> str:
    return msgspec.json.encode(rollout).decode()


def _written(wish: Wish) -> str:
    return msgspec.json.encode(wish).decode()


def _wish(wanted: str) -> Wish | None:
    return msgspec.json.decode(wanted, type=Wish) if wanted else None
