"""Loopback: free ports, HTTP without proxies, and waiting for a condition."""

from __future__ import annotations

import http.client
import json
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from prodtui.lab.errors import LabError

T = TypeVar("T")
LOOPBACK = "127.0.0.1"

# Below Linux' ephemeral range (32768 and up), so that a port stays free for its server while it is being restarted,
# and clear of the ports in this range that servers have by convention.
_RANGE = range(20_000, 29_999)
_CONVENTIONAL = frozenset(
    {20_000, 22_222, 24_224, 25_565, 25_826, 26_257, 26_379, 26_656, 27_015, 27_017, 28_015, 28_017}
)


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A free loopback port for each name."""
    chosen: dict[str, int] = {}
    candidates = [port for port in _RANGE if port not in _CONVENTIONAL]
    random.shuffle(candidates)
    for name in names:
        while True:
            if not candidates:
                raise LabError(f"no free port left in {_RANGE.start}-{_RANGE.stop}")
            port = candidates.pop()
            if is_free(port):
                chosen[name] = port
                break
    return chosen


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts(port: int, timeout: float = 0.5) -> bool:
    """Whether something accepts TCP connections on this loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=timeout).close()
    except OSError:
        return False
    return True


def ask(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 2.0,
    authority: Path | None = None,
) -> tuple[int, bytes]:
    """Status and body of one HTTP request; raises OSError or http.client.HTTPException.

    `authority` is the file with the certificate of whom an https URL's server must be certified by.
    """
    parts = urlsplit(url)
    host = parts.hostname or LOOPBACK
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=authority)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=timeout, context=trusted
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answers(url: str, timeout: float = 1.0, authority: Path | None = None) -> bool:
    """Whether a GET is answered with 2xx."""
    try:
        return 200 <= ask(url, timeout=timeout, authority=authority)[0] < 300
    except (OSError, http.client.HTTPException):
        return False


def ask_json(url: str, *, method: str = "GET", body: bytes | None = None, timeout: float = 2.0) -> Any:  # noqa: ANN401
    """The JSON answer of one request; LabError when it can't be had."""
    try:
        status, content = ask(url, method=method, body=body, timeout=timeout)
    except (OSError, http.client.HTTPException) as error:
        raise LabError(f"{url} doesn't answer: {error or type(error).__name__}") from error
    if not 200 <= status < 300:
        raise LabError(f"{url} answers {status}: {content[:200]!r}")
    try:
        return json.loads(content)
    except ValueError as error:
        raise LabError(f"{url} answers no JSON: {content[:200]!r}") from error


def wait_for(
    condition: Callable[[], T | None],
    *,
    timeout: float,
    what: str,
    every: float = 0.1,
    still: Callable[[], None] = lambda: None,
) -> T:
    """The first truthy value of `condition`; LabError naming `what` after `timeout` seconds.

    `still` is called between tries and raises when waiting is pointless, for instance because the server has died.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        still()
        if time.monotonic() >= deadline:
            raise LabError(f"waited {timeout:g} s in vain until {what}")
        time.sleep(every)
