"""A message by HTTP POST, its failures told as NotifyError."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from prodtui.model.errors import NotifyError, SourceError
from prodtui.sources.http_causes import ERROR_BYTES, open_client, source_error, status_error

if TYPE_CHECKING:
    import httpx

_AGAIN = frozenset({408, 425, 429})
"""Refusals of this moment; any other 4xx says that the same message will be refused again."""
SHORTEST = 4
"""Characters of what can be a secret."""


class Poster:
    """Posts to one address. Its client is opened when it is first used."""

    def __init__(
        self, url: str, what: str, *, timeout_s: float, ca_file: str | None = None, secrets: Iterable[str] = ()
    ) -> None:
        """`what`: the address as a person may see it. `secrets`: what no message says, though the other side does."""
        self._url = url
        self._what = what
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        # A part of another one comes after it, else the rest of that would stand.
        self._secrets = sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True)
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
            told = cause.message.removeprefix(self._what)
            raise NotifyError(cause.cause_class, cause.message.removesuffix(told) + self._blanked(told)) from error

    async def _posted(self, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None) -> str:
        if self._client is None:
            # In a thread: loading the host's certificates takes 20 ms.
            self._client = await asyncio.to_thread(
                open_client, self._url, ca_file=self._ca_file, timeout_s=self._timeout_s, connections=2
            )
        headers = {"Content-Type": "application/json", "User-Agent": "prodtui", **headers}
        async with self._client.stream("POST", self._url, content=body, headers=headers, auth=auth) as response:
            if response.is_success:
                return self._blanked(f"{response.status_code} {response.reason_phrase}".rstrip())
            raise await self._refused(response)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _refused(self, response: httpx.Response) -> NotifyError:
        said = b""
        # So far on that no secret is cut in two where the message ends.
        async for chunk in response.aiter_bytes(ERROR_BYTES + max(map(len, self._secrets), default=0)):
            said = chunk
            break
        status, words = response.status_code, self._blanked(said.decode("utf-8", "replace"))
        location = self._blanked(response.headers.get("location", ""))
        cause = status_error(status, self._what, words.encode()[:ERROR_BYTES], location).cause
        return NotifyError(cause.cause_class, cause.message, final=300 <= status < 500 and status not in _AGAIN)

    def _blanked(self, said: str) -> str:
        """Without what is secret, each character a star: what follows stays where it was."""
        for secret in self._secrets:
            said = re.sub(re.escape(secret), "*" * len(secret), said, flags=re.IGNORECASE)
        return said


def secret_parts(url: str) -> tuple[str, ...]:
    """What of an address is secret, as an answer may quote it: user, path and query in their parts."""
    whole = urlsplit(url)
    held = "/".join((whole.netloc.rpartition("@")[0], whole.path, whole.query))
    return tuple(part for text in (held, unquote(held)) for part in re.split("[/?&=:]", text))


def bearer(token: str) -> dict[str, str]:
    """The header of a bearer token, where there is one."""
    return {"Authorization": f"Bearer {token}"} if token else {}
