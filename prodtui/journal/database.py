"""Where rows are kept: the seam between what is kept and SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from prodtui.model.errors import ProdtuiError

T = TypeVar("T")


class StoreError(ProdtuiError):
    """The store or the journal can't be used: the message says which, why, and what to do."""


class Step(NamedTuple):
    """A statement and its values, numbered from $1."""

    statement: str
    values: Sequence[object] = ()


class Database(Protocol):
    """Migrates itself when it is first used. Each method raises StoreError."""

    @property
    def where(self) -> str:
        """Its path or address, without credentials."""
        ...

    async def rows(self, step: Step) -> Sequence[Sequence[Any]]:
        """What a query finds."""
        ...

    async def change(self, *steps: Step) -> int:
        """Carries out all steps or none; tells how many rows the last one changed."""
        ...

    async def close(self) -> None:
        """Lets go of it until it is used again."""
        ...


async def answered(asking: Awaitable[T], where: str, within_s: float) -> T:
    """What a store answers. Raises StoreError, also where it does not answer in time."""
    try:
        async with asyncio.timeout(within_s):
            return await asking
    except TimeoutError as error:
        raise StoreError(f"store {where}: no answer within {within_s:g} s") from error
