"""HTTP asked within bounds, and every way it can fail told as a SourceError in the class that a person can act on."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

LIMIT_BYTES = 4 * 1024 * 1024
"""Longest answer that is read unless the caller expects more."""
ERROR_BYTES = 1024
"""As much of a refusal's body as is read, for its message."""
OFF_LOOP_BYTES = 256 * 1024
"""From this size a body is decoded in a thread: a megabyte of JSON holds the loop for some 5 ms."""

_BY_STATUS = {
    401: CauseClass.AUTH,
    403: CauseClass.PERMISSION,
    404: CauseClass.NOT_FOUND,
    407: CauseClass.AUTH,
    408: CauseClass.TIMEOUT,
    429: CauseClass.OVERLOAD,
    504: CauseClass.TIMEOUT,
}
_UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


class Answered(NamedTuple):
    """An answer with status 2xx, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_client(
    url: str,
    *,
    ca_file: str | None = None,
    certificate: tuple[str, str | None] | None = None,
    verify: bool = True,
    connections: int = 16,
    keep_alive: bool = True,
    timeout_s: float = 2.0,
) -> httpx.AsyncClient:
    """A client for one system: no proxy or netrc from the environment, no redirects, certificates checked against
    `ca_file`, else against the host's own store. `certificate` is our own: the files of certificate and key.
    Without `keep_alive` every request has a connection of its own.

    Raises SourceError (tls) when one of the files can't be used.
    """
    import httpx

    # Loading the host's store costs 20 ms. Plain HTTP gets a context that trusts nobody, should TLS come up after all.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if url.lower().startswith("https:"):
        named = ca_file
        try:
            context = ssl.create_default_context(cafile=ca_file)
            if certificate is not None:
                named = certificate[0]
                context.load_cert_chain(*certificate)
        except OSError as error:
            raise SourceError(CauseClass.TLS, f"{named}: not usable as certificates: {reason(error)}") from error
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        verify=context,
        timeout=httpx.Timeout(timeout_s),
        headers=None if keep_alive else {"Connection": "close"},
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections if keep_alive else 0),
    )


def source_error(error: Exception, what: str) -> SourceError:
    """Any failure of an exchange with `what` ("Consul at http://…") in its cause class; a SourceError as it is."""
    if isinstance(error, SourceError):
        return error
    cause_class, told = _told(error)
    return SourceError(cause_class, f"{what}: {told}")


def reason(error: BaseException) -> str:
    """What an error says for a person: an OSError without its number, never empty."""
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return str(error) or type(error).__name__


def status_error(status: int, what: str, body: bytes = b"", location: str = "") -> SourceError:
    """The error for a status that is not 2xx. 5xx is overload: the server could not serve it now, and may later."""
    if 300 <= status < 400:
        return SourceError(CauseClass.PROTOCOL, f"{what}: answered {status}, a redirect to {location or 'nowhere'}")
    fallback = CauseClass.OVERLOAD if status >= 500 else CauseClass.PROTOCOL
    cause_class = _BY_STATUS.get(status, fallback)
    words = "HTML" if _is_html(body) else body.decode("utf-8", "replace").strip()
    return SourceError(cause_class, f"{what}: answered {status}{': ' if words else ''}{words}")


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    what: str,
    limit_bytes: int = LIMIT_BYTES,
    json: bool = True,
    **request: Any,  # noqa: ANN401 — httpx's own keywords: method, params, headers, content, timeout
) -> Answered:
    """One request (GET unless `method` is given), its answer read up to `limit_bytes`.

    With `json`, an answer that does not begin like JSON is left unread. Raises SourceError.
    """
    import httpx

    method = request.pop("method", "GET")
    try:
        async with client.stream(method, url, **request) as response:
            if not response.is_success:
                words = await _read(response, ERROR_BYTES)
                raise status_error(response.status_code, what, words, response.headers.get("location", ""))
            declared = response.headers.get("content-length", "")
            if declared.isdecimal() and int(declared) > limit_bytes:
                raise _too_long(what, limit_bytes)
            body = bytearray()
            unseen = json  # whether its first character is still to come
            async for chunk in response.aiter_bytes():
                if unseen and (begun := chunk.lstrip()):
                    if begun[:1] not in b'{["-0123456789tfn':
                        raise not_json(begun, what)
                    unseen = False
                body += chunk
                if len(body) > limit_bytes:
                    raise _too_long(what, limit_bytes)
            return Answered(response.status_code, response.headers, bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError, ValueError) as error:
        raise source_error(error, what) from error


async def get(client: httpx.AsyncClient, url: str, *, limit_bytes: int = LIMIT_BYTES, what: str) -> bytes:
    """The body of one GET that must answer JSON with 2xx. Raises SourceError."""
    return (await fetch(client, url, what=what, limit_bytes=limit_bytes)).body


def decode(body: bytes | msgspec.Raw, type: type[T], what: str) -> T:  # noqa: A002 — msgspec's own word for it
    """The JSON body as `type`. Raises SourceError (protocol) that says what was got instead."""
    try:
        return msgspec.json.decode(body, type=type)
    except msgspec.ValidationError as error:
        raise SourceError(CauseClass.PROTOCOL, f"{what}: answered JSON of another shape: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_json(bytes(body), what, error) from error


async def decode_off_loop(body: bytes, type: type[T], what: str) -> T:  # noqa: A002
    """As `decode`, in a thread when the body is large."""
    if len(body) <= OFF_LOOP_BYTES:
        return decode(body, type, what)
    return await asyncio.to_thread(decode, body, type, what)


def not_json(body: bytes, what: str, error: Exception | None = None) -> SourceError:
    """The error for an answer that is no JSON."""
    begun = body[:200].strip()
    if not begun:
        told = "answered nothing, not JSON"
    elif _is_html(begun):
        told = "answered HTML, not JSON: is this the right port, or a login page?"
    elif error is not None and "truncated" in str(error):
        told = f"answered JSON that breaks off after {len(body):,} bytes"
    elif error is not None and begun[:1] in b"{[":
        told = f"answered JSON that does not parse: {error}"
    else:
        told = f"answered no JSON: {begun[:40].decode('utf-8', 'replace')!r}"
    return SourceError(CauseClass.PROTOCOL, f"{what}: {told}")


def _is_html(body: bytes) -> bool:
    begun = body[:200].lstrip().lower()
    return begun.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml"))


def _too_long(what: str, limit_bytes: int) -> SourceError:
    return SourceError(CauseClass.PROTOCOL, f"{what}: the answer is longer than {limit_bytes:,} bytes, not read on")


async def _read(response: httpx.Response, limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= limit_bytes:
            break
    return bytes(body[:limit_bytes])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from; a group's members too: a name with two addresses fails once for each."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _chain(member)
        error = error.__cause__ or error.__context__


def _told(error: Exception) -> tuple[CauseClass, str]:
    """Class and words of an error, by the most telling one in its chain."""
    import httpx

    chain = tuple(_chain(error))
    for link in chain:
        match link:
            case socket.gaierror():
                return CauseClass.DNS, f"the name does not resolve: {reason(link)}"
            case ssl.SSLCertVerificationError():
                return CauseClass.TLS, f"the certificate is not accepted: {link.verify_message or reason(link)}"
            case ssl.SSLError():
                return CauseClass.TLS, f"TLS failed: {link.reason or reason(link)} (does it speak TLS on this port?)"
            case OSError(errno=number) if number in _UNREACHABLE:
                return CauseClass.REFUSED, os.strerror(number or 0).lower()  # asyncio's own text has an address in it
    match error:
        case httpx.ConnectTimeout():
            return CauseClass.TIMEOUT, "no connection within the time limit"
        case httpx.TimeoutException() | TimeoutError():
            return CauseClass.TIMEOUT, "no answer within the time limit"
        case httpx.LocalProtocolError() | UnicodeEncodeError():
            # Its text would quote the header, and the header may be the token.
            return CauseClass.INTERNAL, "a header can't be sent: does the token hold a newline or a foreign character?"
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return CauseClass.INTERNAL, f"not a URL that can be asked: {error}"
        case httpx.DecodingError() | UnicodeDecodeError():
            return CauseClass.PROTOCOL, f"the answer's encoding is broken: {reason(error)}"
        case httpx.RemoteProtocolError() if "closed connection" in str(error):
            return CauseClass.PROTOCOL, f"the answer broke off: {error}"
        case httpx.RemoteProtocolError() if "disconnected" in str(error):
            return CauseClass.PROTOCOL, "closed the connection without an answer"
        case httpx.RemoteProtocolError():
            return CauseClass.PROTOCOL, f"speaks no proper HTTP: {reason(error)}"
    for link in chain:
        if isinstance(link, (ConnectionError, httpx.ReadError, httpx.WriteError, httpx.CloseError)):
            return CauseClass.PROTOCOL, "the connection was closed before the answer was complete"
    if isinstance(error, (httpx.ConnectError, OSError)):
        return CauseClass.REFUSED, f"no connection: {reason(error)}"
    return CauseClass.INTERNAL, f"{type(error).__name__}: {reason(error)}"
