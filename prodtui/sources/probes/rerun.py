"""A health check made again now, by us, with how long each part took."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from prodtui.model.cause import Cause, CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.rerun import Rerun
from prodtui.model.text import neutralise, neutralise_name
from prodtui.settings.http_url import shown
from prodtui.sources.http_causes import open_client, source_error

if TYPE_CHECKING:
    import httpx

_METHODS = frozenset({"GET", "HEAD"})
HEADERS_KEPT = 100


class _Timings:
    """When each part of the exchange began and ended, from httpcore's trace events."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self.connect_s: float | None = None
        self.tls_s: float | None = None
        self.answered_at: float | None = None

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        part, _, stage = event.rpartition(".")
        now = time.perf_counter()
        if stage == "started":
            self._began[part] = now
        elif stage == "complete":
            took = now - self._began.get(part, now)
            if part == "connection.connect_tcp":
                self.connect_s = took
            elif part == "connection.start_tls":
                self.tls_s = took
            elif part.endswith(".receive_response_headers"):
                self.answered_at = now


class _Got(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


async def rerun(
    url: str,
    *,
    method: str = "GET",
    timeout_s: float = 5.0,
    longest: int = 65536,
    verify: bool = True,
    ca_file: str | None = None,
) -> Rerun:
    """One bounded GET (or HEAD) of an http or https URL. Redirects are not followed: the answer shows where to.

    Certificates are checked against `ca_file`, else against the host's own store.

    Never raises for what the network or the server does: the result has the cause. A body longer than `longest` bytes
    is read no further. Resolving the name is timed apart from connecting.
    """
    import httpx

    began, at = time.perf_counter(), time.time()
    timings = _Timings()
    dns_s: float | None = None
    got: _Got | None = None
    cause: Cause | None = None
    what = f"{method} {shown(url)}"
    if (refusal := _refusal(url, method)) is not None:
        cause = Cause(CauseClass.INTERNAL, neutralise_name(f"{what}: {refusal}"))
    else:
        try:
            async with (
                asyncio.timeout(timeout_s),
                open_client(url, timeout_s=timeout_s, verify=verify, ca_file=ca_file) as client,
            ):
                addresses = await _resolve(url)
                dns_s = time.perf_counter() - began
                got = await _ask(client, method, url, addresses, timings, longest)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            cause = source_error(error, what).cause
        except SourceError as error:  # the CA's file
            cause = error.cause
    return Rerun(
        url=neutralise(shown(url), longest=2000),
        at=at,
        total_s=time.perf_counter() - began,
        dns_s=dns_s,
        connect_s=timings.connect_s,
        tls_s=timings.tls_s,
        first_byte_s=timings.answered_at - began if timings.answered_at is not None else None,
        status=got.status if got else None,
        headers=got.headers if got else (),
        body=got.body if got else "",
        cause=cause,
    )


async def _ask(
    client: httpx.AsyncClient, method: str, url: str, addresses: tuple[str, ...], timings: _Timings, longest: int
) -> _Got:
    """The answer of the first address that accepts a connection."""
    import httpx

    named = httpx.URL(url)
    for address in addresses:
        # The address stands in the URL so that it is not resolved again; the server still sees the name.
        extensions = {"trace": timings.trace, "sni_hostname": named.host}
        headers = {"Host": named.netloc.decode("ascii")}
        try:
            async with client.stream(
                method, named.copy_with(host=address), headers=headers, extensions=extensions
            ) as response:
                return await _read(response, longest)
        except httpx.ConnectError:
            if address == addresses[-1]:
                raise
    raise AssertionError("a name that resolves has an address")


async def _read(response: httpx.Response, longest: int) -> _Got:
    body, cut = bytearray(), False
    async for chunk in response.aiter_bytes():
        body += chunk
        if cut := len(body) > longest:
            break
    text = neutralise(bytes(body[:longest]).decode("utf-8", "replace"), longest=longest)
    return _Got(
        response.status_code,
        tuple(
            (neutralise_name(name), neutralise(value, longest=2000))
            for name, value in response.headers.multi_items()[:HEADERS_KEPT]
        ),
        f"{text}\n[longer than {longest:,} bytes, not read on]" if cut else text,
    )


def _refusal(url: str, method: str) -> str | None:
    """Why this is not asked at all. URLs come from the registry: whoever registers a service writes them."""
    try:
        parts = urlsplit(url)
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        return "only http and https URLs are asked"
    if method.upper() not in _METHODS:
        return "only GET and HEAD are asked: a re-run must change nothing"
    return None


async def _resolve(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
