"""One Prometheus over HTTP, asked from threads: bounded in time and bytes, and broken off at will.

Importing this module costs 150 ms (requests): it is imported in a thread, at the first read.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

import msgspec
import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.settings.http_url import shown
from prodtui.sources.http_causes import ERROR_BYTES, not_json, reason, source_error, status_error
from prodtui.sources.metrics.asking import THREADS
from prodtui.sources.metrics.queries import duration
from prodtui.sources.metrics.results import Row, Series, rows, rows_or_scalar, series

T = TypeVar("T")

LIMIT_BYTES = 32 * 1024 * 1024
"""Longest answer that is read: some 20,000 scrape targets."""
_NO_RETRY = Retry(total=0, read=False, redirect=False)  # the client's own default would wait for up to 10 s


class Connection:
    """Prometheus, and the Alertmanager beside it where one is given.

    Every method but `abort` blocks, for at most the timeout between two bytes, and raises SourceError.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        token: str | None = None,
        login: tuple[str, str] | None = None,
        verify: bool | str = True,
        alertmanager: str | None = None,
    ) -> None:
        self._url, self._alertmanager = url, alertmanager
        if isinstance(verify, str):
            _check_certificates(verify)
        self._timeout = (timeout_s / 2, timeout_s)
        self._session = requests.Session()
        self._session.trust_env = False  # a ~/.netrc would replace the token, http_proxy send it elsewhere
        self._session.verify = verify
        self._session.max_redirects = 0
        self._session.hooks["response"].append(self._checked)
        self._adapter = _Adapter()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._login = login
        self._api = PrometheusConnect(
            url=url,
            headers=self._headers,
            auth=login,
            session=self._session,
            timeout=self._timeout,
            retry=_NO_RETRY,
        )
        for prefix in (url, "http://", "https://"):  # the client has mounted an adapter of its own on its url
            self._session.mount(prefix, self._adapter)

    def query(self, promql: str) -> list[Row]:
        """The rows of an instant query's vector."""
        return self._ask(self._url, lambda: rows(self._api.custom_query(promql)))

    def number(self, promql: str, limit_s: float) -> list[Row]:
        """The rows of an instant query's vector, or its scalar; Prometheus gives it up after `limit_s`."""
        given = {"timeout": duration(limit_s)}
        return self._ask(self._url, lambda: rows_or_scalar(self._api.custom_query(promql, params=given)))

    def range(self, promql: str, start: float, end: float, step_s: int, limit_s: float) -> list[Series]:
        """The series of a range query; Prometheus gives it up after `limit_s`."""
        span = (datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        given = {"timeout": duration(limit_s)}
        return self._ask(
            self._url, lambda: series(self._api.custom_query_range(promql, *span, f"{step_s}s", params=given))
        )

    def targets(self) -> object:
        """Active targets, as /api/v1/targets gives them."""
        return self._ask(self._url, lambda: self._api.get_targets(state="active"))

    def label_names(self, metric: str, since: float) -> list[str]:
        """Names of the labels that the metric's series have had since then."""
        asked = {"match[]": metric, "start": f"{since:.0f}"}
        return self._ask(self._url, lambda: msgspec.convert(self._api.get_label_names(asked), list[str]))

    def alerts(self) -> object:
        """Pending and firing alerts, as /api/v1/alerts gives them."""
        return self._ask(self._url, lambda: self._get(f"{self._url}/api/v1/alerts", own=True)["data"])

    def rules(self) -> object:
        """Alerting rules, as /api/v1/rules gives them."""
        return self._ask(self._url, lambda: self._get(f"{self._url}/api/v1/rules?type=alert", own=True)["data"])

    def version(self) -> str:
        """Its version; empty where it keeps that to itself, as some that speak its protocol do."""
        found = self._ask(self._url, lambda: self._get(f"{self._url}/api/v1/status/buildinfo", own=True)["data"])
        return str(found.get("version", "")) if isinstance(found, dict) else ""

    def notified(self) -> object:
        """What Alertmanager holds, as its /api/v2/alerts gives it."""
        url = self._alertmanager or ""
        return self._ask(url, lambda: self._get(f"{url}/api/v2/alerts", own=False))

    def silences(self) -> object:
        """Silences, also those that are over, as Alertmanager's /api/v2/silences gives them."""
        url = self._alertmanager or ""
        return self._ask(url, lambda: self._get(f"{url}/api/v2/silences", own=False))

    def abort(self) -> None:
        """Ends every exchange that is under way in another thread; the next one connects anew."""
        self._adapter.abort()

    def close(self) -> None:
        """Lets go of every connection, also of those in use, and makes none any more."""
        self._adapter.closed = True
        self._adapter.abort()
        self._session.close()

    def _get(self, url: str, *, own: bool) -> Any:  # noqa: ANN401 — JSON as it comes
        answered = self._session.get(
            url,
            headers=self._headers if own else None,
            auth=self._login if own else None,
            timeout=self._timeout,
            allow_redirects=False,
        )
        return answered.json()

    def _ask(self, url: str, exchange: Callable[[], T]) -> T:
        what = self._what(url)
        try:
            return exchange()
        except SourceError:
            raise
        except (KeyError, TypeError, AttributeError, msgspec.MsgspecError) as error:
            told = f"no {error} in it" if isinstance(error, KeyError) else str(error)
            failure = SourceError(CauseClass.PROTOCOL, f"{what}: answered JSON of another shape: {told}")
        except (OSError, ValueError, PrometheusApiClientException) as error:
            failure = _failure(error, what)
        raise failure  # outside the handler: the error that is dropped may hold the whole answer

    def _what(self, url: str) -> str:
        if self._alertmanager is not None and url.startswith(self._alertmanager):
            return f"Alertmanager at {shown(self._alertmanager)}"
        return f"Prometheus at {shown(self._url)}"

    def _checked(self, response: requests.Response, **_: object) -> None:
        """Called with each answer's head: a refusal is told in its class, and the body's length is bounded."""
        what = f"{self._what(response.url)} {urlsplit(response.url).path}"
        if response.status_code != requests.codes.ok:
            with response:
                body = response.raw.read(ERROR_BYTES, decode_content=True)
            raise _refusal(response, what, body)
        response.raw = _Bounded(response.raw, what)


class _Bounded:
    """An answer's body that is read no further once it is no JSON object or list, or too long."""

    def __init__(self, raw: Any, what: str) -> None:  # noqa: ANN401 — urllib3's response
        self._raw = raw
        self._what = what

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 — the response is this one in all else
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        length = 0
        for chunk in self._raw.stream(amount, decode_content=decode_content):
            if length == 0 and chunk.lstrip()[:1] not in (b"{", b"["):
                self._raw.close()
                raise not_json(chunk, self._what)
            if length == 0 and chunk.startswith(b'{"status":"error"'):
                self._raw.close()
                raise SourceError(CauseClass.PROTOCOL, f"{self._what}: {_api_error(chunk)}")
            length += len(chunk)
            if length > LIMIT_BYTES:
                self._raw.close()
                told = f"the answer is longer than {LIMIT_BYTES:,} bytes, not read on"
                raise SourceError(CauseClass.PROTOCOL, f"{self._what}: {told}")
            yield chunk


class _Adapter(HTTPAdapter):
    """requests' transport, with a way to break off what is under way."""

    def __init__(self) -> None:
        self._opened: WeakSet[HTTPConnection] = WeakSet()
        self._aborted = 0
        self.closed = False
        super().__init__(pool_connections=2, pool_maxsize=THREADS, max_retries=_NO_RETRY)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 — passed on as they come
        super().init_poolmanager(*args, **kwargs)

        # Only once it stands: a handshake that is cut off leaves its socket to the garbage collector, and ends by
        # itself within the time for connecting. Then it must send nothing: its answer might be waited for till the end.
        def standing(connection: HTTPConnection, aborted: int) -> None:
            self._opened.add(connection)
            if self.closed or self._aborted != aborted:
                connection.close()
                raise ConnectionAbortedError("broken off while it connected")

        def aborted() -> int:
            return self._aborted

        class Plain(HTTPConnection):
            def connect(self) -> None:
                before = aborted()
                super().connect()
                standing(self, before)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                before = aborted()
                super().connect()
                standing(self, before)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def abort(self) -> None:
        self._aborted += 1
        for connection in tuple(self._opened):
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)  # a blocked read in another thread returns at once


def _check_certificates(ca_file: str) -> None:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # requests would tell it as a failed connection
        raise SourceError(CauseClass.TLS, f"{ca_file}: not readable as CA certificates: {reason(error)}") from error


def _refusal(response: requests.Response, what: str, body: bytes) -> SourceError:
    told = _api_error(body)
    words = told.encode() if told else body
    refused = status_error(response.status_code, what, words, response.headers.get("location", ""))
    after = response.headers.get("retry-after", "")
    if not after:
        return refused
    return SourceError(refused.cause.cause_class, f"{refused.cause.message} (asks to wait {after} s)")


def _api_error(body: bytes) -> str:
    """Kind and text of an error as Prometheus' API tells it; empty where the body is none."""
    try:
        answered = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(answered, dict) or "error" not in answered:
        return ""
    return ": ".join(str(answered[key]) for key in ("errorType", "error") if key in answered)


def _failure(error: Exception, what: str) -> SourceError:
    """requests' errors in their cause classes; what lies under them is told as for any other HTTP source."""
    match error:
        case requests.exceptions.InvalidHeader():
            # Its text would quote the header, and the header is the token.
            told = "a header can't be sent: does the token hold a newline or a foreign character?"
            return SourceError(CauseClass.INTERNAL, f"{what}: {told}")
        case json.JSONDecodeError():
            return not_json(error.doc[:200].encode(), what, error)
        case requests.exceptions.ConnectTimeout():
            return SourceError(CauseClass.TIMEOUT, f"{what}: no connection within the time limit")
        case requests.exceptions.Timeout():
            return SourceError(CauseClass.TIMEOUT, f"{what}: no answer within the time limit")
        case requests.exceptions.ContentDecodingError():
            return SourceError(CauseClass.PROTOCOL, f"{what}: the answer's encoding is broken")
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidSchema():
            return SourceError(CauseClass.INTERNAL, f"{what}: not a URL that can be asked")
        case PrometheusApiClientException():
            return SourceError(CauseClass.PROTOCOL, f"{what}: {error}")
    for link in _links(error):
        if isinstance(link, TimeoutError):
            return SourceError(CauseClass.TIMEOUT, f"{what}: no answer within the time limit")
        if isinstance(link, http.client.IncompleteRead) or type(link).__name__ == "InvalidChunkLength":
            return SourceError(CauseClass.PROTOCOL, f"{what}: the answer broke off")
        if isinstance(link, http.client.HTTPException) and not isinstance(link, ConnectionError):
            return SourceError(CauseClass.PROTOCOL, f"{what}: speaks no proper HTTP: {type(link).__name__}")
        if isinstance(link, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)):
            return SourceError(CauseClass.PROTOCOL, f"{what}: the connection was closed before the answer was complete")
        if isinstance(link, UnicodeDecodeError):
            return SourceError(CauseClass.PROTOCOL, f"{what}: the answer is no text in UTF-8")
    return source_error(error, what)


def _links(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from; urllib3 hands what lies under a ProtocolError on as its argument only."""
    while error is not None:
        yield error
        yield from (argument for argument in error.args if isinstance(argument, http.client.HTTPException | OSError))
        error = error.__cause__ or error.__context__
