"""Builds of payments' candidate: one that is good, and three with a real defect, each as a release might bring it."""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web

from prodtui.lab.database import Database
from prodtui.lab.work import Respond, any_cents, authorise, payments

# Half a second and more of one core, several times what the whole request takes otherwise.
_ROUNDS = 3_000_000
_SLOW_ONE_IN = 8
_LIMITED_FROM_CENTS = 3_000  # of up to 9,000: two thirds of the authorisations
_LASTS = 25  # requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One build: what it does, and the routes that it serves."""

    name: str
    does: str
    routes: Callable[[Database], tuple[web.RouteDef, ...]]


def _slow(database: Database) -> tuple[web.RouteDef, ...]:
    """Derives a fingerprint of a card that is new to it, in a thread: the loop stays free, the core does not."""

    async def respond(_: web.Request) -> web.StreamResponse:
        card = random.randbytes(8)  # noqa: S311
        if card[0] % _SLOW_ONE_IN == 0:
            await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", card, b"payments", _ROUNDS)
        return await authorise(database, any_cents())

    return _serving(respond)


def _wrong(database: Database) -> tuple[web.RouteDef, ...]:
    """Asks for a limit where much is to be paid, in a column that no migration has brought."""

    async def respond(_: web.Request) -> web.StreamResponse:
        cents = any_cents()
        if cents > _LIMITED_FROM_CENTS:
            await database.value("SELECT limit_cents FROM account WHERE id = $1", 1 + cents % 1_000)
        return await authorise(database, cents)

    return _serving(respond)


def _crashing(database: Database) -> tuple[web.RouteDef, ...]:
    """Reads a null pointer, as a broken native extension does, with its last request: a segmentation fault."""
    served = itertools.count(1)

    async def respond(_: web.Request) -> web.StreamResponse:
        response = await authorise(database, any_cents())
        if next(served) == _LASTS:
            ctypes.string_at(0)
        return response

    return _serving(respond)


def _serving(respond: Respond) -> tuple[web.RouteDef, ...]:
    return (web.post("/authorisations", respond),)


def _by_name(*builds: Build) -> Mapping[str, Build]:
    return MappingProxyType({build.name: build for build in builds})


BUILDS = _by_name(
    Build(name="good", does="what the stable version does", routes=payments),
    Build(name="slow", does=f"half a second of hashing for one in {_SLOW_ONE_IN} authorisations", routes=_slow),
    Build(name="wrong", does="a query that PostgreSQL refuses for two thirds of the authorisations", routes=_wrong),
    Build(name="crashing", does=f"a segmentation fault with each {_LASTS}th request", routes=_crashing),
)
