"""What each of the five services does: real queries, and real calls to the services it stands on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType

import aiohttp
from aiohttp import web
from prometheus_client import Gauge

from prodtui.lab.breaker import CircuitBreaker
from prodtui.lab.database import Database, Unavailable
from prodtui.lab.environment import Environment

_PAGES_AT_ONCE = 64  # below the hundred requests that Envoy lets through to a callee
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Callees:
    """The services this one calls, each at Envoy's listener for it."""

    def __init__(self, names: Iterable[str], environment: Environment, http: aiohttp.ClientSession) -> None:
        self._urls = {name: environment.text(f"{name.upper()}_URL") for name in names}
        self._patience_s = environment.seconds("CALL_TIMEOUT")
        self._http = http

    async def call(self, callee: str, method: str, path: str) -> object:
        """The callee's JSON answer, within the environment's CALL_TIMEOUT; raises Unavailable."""
        limit = aiohttp.ClientTimeout(total=self._patience_s)
        try:
            async with self._http.request(method, f"{self._urls[callee]}{path}", timeout=limit) as answer:
                if answer.status >= 500:
                    raise Unavailable(callee, f"answered {answer.status}")
                return await answer.json()
        except TimeoutError:
            raise Unavailable(callee, f"no answer within {self._patience_s * 1000:.0f} ms") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(callee, f"{type(error).__name__}: {error}") from error


def _any_of(count: int) -> int:
    """A number from 1 to `count`; which one is no secret."""
    return random.randint(1, count)  # noqa: S311


async def all_of(*calls: Awaitable[object]) -> list[object]:
    """The answers of concurrent calls, none left running; the first failure is raised when all have ended."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes


def storefront(callees: Callees) -> tuple[web.RouteDef, ...]:
    """The page a customer sees: the catalog, and an order. Of a crowd some are served at a time, the others wait."""
    served = asyncio.Semaphore(_PAGES_AT_ONCE)

    async def page(_: web.Request) -> web.StreamResponse:
        try:
            async with served:
                products, order = await all_of(
                    callees.call("catalog", "GET", f"/products/{_any_of(500)}"),
                    callees.call("checkout", "POST", "/orders"),
                )
        except Unavailable as failure:
            return web.json_response({"error": str(failure)}, status=502)
        return web.json_response({"product": products, "order": order})

    return (web.get("/", page),)


def checkout(callees: Callees) -> tuple[web.RouteDef, ...]:
    """An order: authorise the payment and look up the stock. Payments is guarded by a breaker."""
    breaker = CircuitBreaker(time.monotonic)
    gauge = Gauge("circuit_breaker_state", "0 closed, 1 half-open, 2 open", ["name"])
    gauge.labels("payments").set_function(lambda: breaker.state)

    async def authorise() -> object:
        if not breaker.admits():
            raise Unavailable("payments", "circuit breaker open")
        succeeded = False
        try:
            answer = await callees.call("payments", "POST", "/authorisations")
            succeeded = True
        finally:
            breaker.record(succeeded=succeeded)
        return answer

    async def order(_: web.Request) -> web.StreamResponse:
        payment, stock = await all_of(
            authorise(),
            callees.call("inventory", "GET", f"/stock/{_any_of(500)}"),
        )
        return web.json_response({"payment": payment, "stock": stock})

    return (web.post("/orders", order),)


def catalog(database: Database) -> tuple[web.RouteDef, ...]:
    """Products."""

    async def product(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["id"])
        name = await database.value("SELECT name FROM product WHERE id = $1", number)
        return web.json_response({"id": number, "name": name})

    return (web.get(r"/products/{id:\d+}", product),)


def payments(database: Database) -> tuple[web.RouteDef, ...]:
    """Authorisations."""

    async def authorisation(_: web.Request) -> web.StreamResponse:
        return await authorise(database, any_cents())

    return (web.post("/authorisations", authorisation),)


def any_cents() -> int:
    """What somebody has to pay."""
    return _any_of(9000)


async def authorise(database: Database, cents: int) -> web.StreamResponse:
    """Authorise a payment of any one account."""
    account = _any_of(1000)
    remaining = await database.value("SELECT authorise($1, $2)", account, cents)
    return web.json_response({"account": account, "remaining_cents": remaining})


def inventory(database: Database) -> tuple[web.RouteDef, ...]:
    """Stock."""

    async def stock(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["id"])
        on_hand = await database.value("SELECT on_hand FROM stock WHERE product_id = $1", number)
        return web.json_response({"product": number, "on_hand": on_hand})

    return (web.get(r"/stock/{id:\d+}", stock),)


async def settle(database: Database, patience_s: float) -> None:
    """Settle one account's authorisations: payments' work in the background, which may take its time."""
    await database.value(
        "UPDATE account SET balance_cents = balance_cents - authorised_cents, authorised_cents = 0 WHERE id = $1",
        _any_of(1000),
        patience_s=patience_s,
    )


CALLING: Mapping[str, Callable[[Callees], tuple[web.RouteDef, ...]]] = MappingProxyType(
    {"storefront": storefront, "checkout": checkout}
)
KEEPING: Mapping[str, Callable[[Database], tuple[web.RouteDef, ...]]] = MappingProxyType(
    {"catalog": catalog, "payments": payments, "inventory": inventory}
)
# What a service can do nothing without: its readiness is whether it may read it.
TABLES: Mapping[str, str] = MappingProxyType({"catalog": "product", "payments": "account", "inventory": "stock"})
BACKGROUND: Mapping[str, Callable[[Database, float], Awaitable[None]]] = MappingProxyType({"payments": settle})
BACKGROUND_WORKERS = 2
BACKGROUND_EVERY_S = 1.0
