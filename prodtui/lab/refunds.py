"""Payments' refunds, listed for those who bear the token."""

from __future__ import annotations

import hmac

from aiohttp import web

from prodtui.lab.database import Database

_LATEST = """
SELECT coalesce(json_agg(latest), '[]') FROM (
  SELECT id, account_id, amount_cents, reason FROM refund ORDER BY id DESC LIMIT 20
) AS latest
"""


def refunds(database: Database, token: str) -> tuple[web.RouteDef, ...]:
    """The latest refunds; 401 without `Authorization: Bearer TOKEN` (RFC 6750)."""
    expected = f"Bearer {token}".encode()

    async def latest(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            refusal = {"error": "a bearer token is required"}
            return web.json_response(refusal, status=401, headers={"WWW-Authenticate": "Bearer"})
        return web.json_response(text=await database.value(_LATEST))

    return (web.get("/admin/refunds", latest),)
