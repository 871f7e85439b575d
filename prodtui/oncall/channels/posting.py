"""A message by HTTP POST, its failures told as NotifyError."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from prodtui.model.errors import NotifyError, SourceError
from prodtui.sources.http_causes import ERROR_BYTES, open_client, source_error, status_error

if TYPE_CHECKING:
    import httpx

_AGAIN = frozenset({408, 425, 429})
"""Refusals of this moment; any other 4xx says that the same message will be refused again."""


class Poster:
    """Posts to one address. Its client is opened when it is first used."""

    def __init__(self, url: str, what: str, *, timeout_s: float, ca_file: str | None = None) -> None:
        """`what`: the address as a person may see it."""
        self._url = url
        self._what = what
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        self._client: httpx.AsyncClient | None = None

    async def post(self, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None = None) -> str:
        """What it answered, such as `200 OK`. Raises NotifyError."""
        import httpx

        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._posted(body, headers, auth)
        except NotifyError:
            raise
        except (SourceError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            cause = source_error(error, self._what).cause
            raise NotifyError(cause.cause_class, cause.message) from error

    async def _posted(self, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None) -> str:
        if self._client is None:
            # In a thread: loading the host's certificates takes 20 ms.
            self._client = await asyncio.to_thread(
                open_client, self._url, ca_file=self._ca_file, timeout_s=self._timeout_s, connections=2
            )
        headers = {"Content-Type": "application/json", "User-Agent": "prodtui", **headers}
        async with self._client.stream("POST", self._url, content=body, headers=headers, auth=auth) as response:
            if response.is_success:
                return f"{response.status_code} {response.reason_phrase}".rstrip()
            raise await _refused(response, self._what)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


async def _refused(response: httpx.Response, what: str) -> NotifyError:
    words = b""
    async for chunk in response.aiter_bytes(ERROR_BYTES):
        words = chunk
        break
    status = response.status_code
    cause = status_error(status, what, words[:ERROR_BYTES], response.headers.get("location", "")).cause
    return NotifyError(cause.cause_class, cause.message, final=300 <= status < 500 and status not in _AGAIN)


def bearer(token: str | None) -> dict[str, str]:
    """The header of a bearer token, where there is one."""
    return {"Authorization": f"Bearer {token}"} if token else {}
