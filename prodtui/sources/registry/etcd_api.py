"""etcd's v3 JSON gateway as it is asked: ranges, one long-lived watch, the token. Nothing is ever put.

Keys and values are base64 (msgspec decodes them into `bytes`), int64 are strings, zero and empty fields are left out.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.settings.http_url import shown
from prodtui.sources.http_causes import LIMIT_BYTES, decode, decode_off_loop, fetch, open_client, source_error
from prodtui.sources.registry.etcd_settings import EtcdSettings

if TYPE_CHECKING:
    import httpx

RANGE_BYTES = 64 * 1024 * 1024
"""10,000 keys have 1.75 MB."""
_TOKEN_WANTED = ("user name is empty", "invalid auth token", "revision of auth store is old")
_TRY_NEXT = frozenset({CauseClass.REFUSED, CauseClass.DNS})


class KeyValue(msgspec.Struct, frozen=True):
    """A key as it stands; a deleted one has no value."""

    key: bytes
    value: bytes = b""
    mod_revision: str = "0"
    lease: str = "0"


class Event(msgspec.Struct, frozen=True):
    kv: KeyValue
    type: str = "PUT"
    """Left out for a PUT; DELETE otherwise."""


class Compacted(Exception):  # noqa: N818 — not a failure: the range is read anew
    """The watch's revision is no longer kept."""


class Range(NamedTuple):
    """All keys under a prefix, as of a revision."""

    kvs: tuple[KeyValue, ...]
    revision: int


class _Header(msgspec.Struct, frozen=True):
    revision: str


class _RangeAnswer(msgspec.Struct, frozen=True):
    header: _Header
    kvs: tuple[KeyValue, ...] = ()
    count: str = "0"


class _WatchResult(msgspec.Struct, frozen=True):
    canceled: bool = False
    cancel_reason: str = ""
    compact_revision: str = "0"
    events: tuple[Event, ...] = ()


class _WatchLine(msgspec.Struct, frozen=True):
    result: _WatchResult = _WatchResult()
    error: Any = None


class _Token(msgspec.Struct, frozen=True):
    token: str


class _Version(msgspec.Struct, frozen=True):
    etcdserver: str


class EtcdApi:
    """An etcd cluster, by any of its members. Every method raises SourceError."""

    def __init__(self, settings: EtcdSettings) -> None:
        self._settings = settings
        self._urls = settings.url.split(",")
        self._token: str | None = None
        self._client: httpx.AsyncClient | None = None
        self.requests = 0
        """How many were made since this was last set to 0."""

    async def close(self) -> None:
        """Lets go of every connection; the next request opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def version(self) -> str:
        """The member's version."""
        what = self._what("/version")
        body = await fetch(self._open(), f"{self._urls[0]}/version", what=what)
        self.requests += 1
        return decode(body.body, _Version, what).etcdserver

    async def range(self, prefix: bytes) -> Range:
        """All keys under the prefix."""
        answer = await self._range(prefix, {}, RANGE_BYTES)
        return Range(answer.kvs, int(answer.header.revision))

    async def count(self, prefix: bytes) -> int:
        """How many keys there are under the prefix: the cheapest proof that the store answers."""
        return int((await self._range(prefix, {"count_only": True}, LIMIT_BYTES)).count)

    async def watch(self, prefix: bytes, revision: int) -> AsyncIterator[tuple[Event, ...]]:
        """What happens under the prefix from the revision on, until the stream ends. It may be silent for hours.

        Raises Compacted.
        """
        import httpx

        what = self._what("/v3/watch")
        create = {**_under(prefix), "start_revision": str(revision)}
        timeout = httpx.Timeout(self._settings.timeout, read=None)
        self.requests += 1
        try:
            async with self._open().stream(
                "POST",
                f"{self._urls[0]}/v3/watch",
                json={"create_request": create},
                headers=self._headers(),
                timeout=timeout,
            ) as response:
                if not response.is_success:
                    raise SourceError(CauseClass.PROTOCOL, f"{what}: answered {response.status_code}")
                buffer = bytearray()
                async for chunk in response.aiter_bytes():
                    buffer += chunk
                    *lines, rest = buffer.split(b"\n")
                    buffer = bytearray(rest)
                    if len(buffer) > RANGE_BYTES:
                        raise SourceError(CauseClass.PROTOCOL, f"{what}: one event of over {RANGE_BYTES:,} bytes")
                    for line in lines:
                        if line.strip():
                            yield self._events(decode(bytes(line), _WatchLine, what), what)
        except (httpx.HTTPError, OSError) as error:
            raise source_error(error, what) from error

    def _events(self, line: _WatchLine, what: str) -> tuple[Event, ...]:
        if line.error is not None:
            raise SourceError(CauseClass.PROTOCOL, f"{what}: {line.error}")
        if line.result.compact_revision != "0":
            raise Compacted  # the stream itself stays open, and silent for good
        if line.result.canceled:
            refused = "permission" in line.result.cancel_reason.lower()
            cause_class = CauseClass.PERMISSION if refused else CauseClass.PROTOCOL
            raise SourceError(cause_class, f"{what}: cancelled: {line.result.cancel_reason or 'no reason given'}")
        return line.result.events

    async def _range(self, prefix: bytes, options: dict[str, object], limit_bytes: int) -> _RangeAnswer:
        path = "/v3/kv/range"
        body = await self._post(path, {**_under(prefix), **options}, limit_bytes)
        return await decode_off_loop(body, _RangeAnswer, self._what(path))

    async def _post(self, path: str, asked: dict[str, object], limit_bytes: int) -> bytes:
        """The answer of the first member that can be reached, with a new token where one is wanted."""
        renewed = False
        members_left = len(self._urls)
        while True:
            try:
                return await self._post_once(path, asked, limit_bytes)
            except SourceError as error:
                message = error.cause.message
                if any(words in message for words in _TOKEN_WANTED) and self._settings.user and not renewed:
                    renewed = True
                    await self._authenticate()
                    continue
                members_left -= 1
                self._urls.append(self._urls.pop(0))
                if error.cause.cause_class in _TRY_NEXT and members_left:
                    continue
                raise self._explained(error) from error

    async def _post_once(self, path: str, asked: dict[str, object], limit_bytes: int) -> bytes:
        self.requests += 1
        answered = await fetch(
            self._open(),
            f"{self._urls[0]}{path}",
            what=self._what(path),
            limit_bytes=limit_bytes,
            method="POST",
            content=msgspec.json.encode(asked),
            headers=self._headers(),
        )
        return answered.body

    async def _authenticate(self) -> None:
        self._token = None
        password = self._settings.password
        path = "/v3/auth/authenticate"
        asked: dict[str, object] = {
            "name": self._settings.user,
            "password": password.get_secret_value() if password else "",
        }
        try:
            body = await self._post_once(path, asked, LIMIT_BYTES)
        except SourceError as error:
            raise self._explained(error) from error
        self._token = decode(body, _Token, self._what(path)).token

    def _explained(self, error: SourceError) -> SourceError:
        message = error.cause.message
        if any(words in message for words in (*_TOKEN_WANTED, "authentication failed")):
            advice = f"as {self._settings.user}" if self._settings.user else "it wants a user and a password"
            return SourceError(CauseClass.AUTH, f"{message} ({advice})")
        return error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._token} if self._token else {}  # the bare token: etcd refuses "Bearer"

    def _what(self, path: str) -> str:
        return f"etcd at {shown(self._urls[0])}, {path}"

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            own = self._settings
            secure = next((url for url in self._urls if url.lower().startswith("https:")), self._urls[0])
            self._client = open_client(
                secure,
                ca_file=own.ca_file,
                certificate=(own.cert_file, own.key_file) if own.cert_file else None,
                verify=own.verify,
                timeout_s=own.timeout,
            )
        return self._client


def _under(prefix: bytes) -> dict[str, object]:
    """Key and range end of everything that begins with the prefix."""
    stem = prefix.rstrip(b"\xff")
    end = stem[:-1] + bytes([stem[-1] + 1]) if stem else b"\x00"
    return {"key": b64encode(prefix).decode(), "range_end": b64encode(end).decode()}
