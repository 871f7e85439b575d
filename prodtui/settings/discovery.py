"""What runs on this machine, found by asking: an open port proves nothing, each answer must be that system's own."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from prodtui.model.text import neutralise_name
from prodtui.settings import pg_startup
from prodtui.settings.field_variables import (
    consul_address,
    etcd_members,
    postgresql_address,
    prometheus_address,
)
from prodtui.settings.first_configuration import commented_configuration
from prodtui.settings.found import Discovered
from prodtui.settings.redaction import redact_url

__all__ = ["Candidate", "Discovered", "candidates", "commented_configuration", "discover"]

DEADLINE_S = 1.3
"""For all of it: it comes before the first data on screen."""
_LARGEST_ANSWER = 1024 * 1024
"""Bytes; Envoy's own, with its whole command line, has 124 KB."""


class Candidate(NamedTuple):
    """Where a system of this kind may be."""

    kind: str
    url: str


def candidates(env: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Where the field's own variables point; else the well-known places on this machine."""
    postgresql = postgresql_address(env) if env.get("PGHOST") or env.get("PGPORT") else None
    user = quote(env.get("PGUSER") or _login(), safe="")
    return (
        Candidate("consul", consul_address(env) or "http://127.0.0.1:8500"),
        Candidate("etcd", next(iter(etcd_members(env)), "http://127.0.0.1:2379")),
        Candidate("pgbouncer", f"postgresql://{user}@127.0.0.1:6432/pgbouncer"),
        Candidate("postgresql", postgresql or f"postgresql://{user}@127.0.0.1:5432/postgres"),
        Candidate("envoy", "http://127.0.0.1:9901"),
        Candidate("prometheus", prometheus_address(env) or "http://127.0.0.1:9090"),
    )


async def discover(
    env: Mapping[str, str] = os.environ, places: Sequence[Candidate] | None = None, *, deadline_s: float = DEADLINE_S
) -> list[Discovered]:
    """What answers as itself within the deadline, in the order of the places. Raises nothing for what does not."""
    places = candidates(env) if places is None else places
    tasks = [asyncio.create_task(_ask(place)) for place in places]
    try:
        await asyncio.wait(tasks, timeout=deadline_s)
    finally:
        for task in tasks:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, asyncio.CancelledError):
            raise answer
    return [
        Discovered(place.kind, place.url, neutralise_name(answer))
        for place, answer in zip(places, answers, strict=True)
        if isinstance(answer, str)
    ]


async def _ask(place: Candidate) -> str | None:
    if place.kind in ("pgbouncer", "postgresql"):
        try:
            said = await pg_startup.ask(place.url)
        except (OSError, EOFError, ValueError):
            return None
        return said.evidence if said.kind == place.kind else None
    path, proof = _HTTP[place.kind]
    body = await _get(place.url.rstrip("/") + path)
    if body is None:
        return None
    try:
        evidence = proof(json.loads(body))
    except (ValueError, RecursionError):
        return None
    return f"{evidence} at {redact_url(place.url)}" if evidence else None


async def _get(url: str) -> bytes | None:
    import httpx

    # Another program's proxies, .netrc and redirects would ask someone else.
    try:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=DEADLINE_S) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != 200:
                return None
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    return None
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return None


def _consul(answer: Any) -> str | None:  # noqa: ANN401 — JSON
    if not isinstance(answer, str) or not re.fullmatch(r"|.+:\d+", answer):
        return None
    return f"Consul (leader {answer})" if answer else "Consul (without a leader)"


def _etcd(answer: Any) -> str | None:  # noqa: ANN401
    known = isinstance(answer, dict) and "etcdserver" in answer and "etcdcluster" in answer
    return f"etcd {answer['etcdserver']}" if known else None


def _envoy(answer: Any) -> str | None:  # noqa: ANN401
    # "version" reads COMMIT/1.40.0/Clean/RELEASE/BoringSSL.
    version = answer.get("version") if isinstance(answer, dict) else None
    if not isinstance(version, str) or "state" not in answer or version.count("/") < 2:
        return None
    return f"Envoy {version.split('/')[1]}"


def _prometheus(answer: Any) -> str | None:  # noqa: ANN401
    about = answer.get("data") if isinstance(answer, dict) and answer.get("status") == "success" else None
    if not isinstance(about, dict) or "goVersion" not in about or not isinstance(about.get("version"), str):
        return None
    return f"Prometheus {about['version']}"


_HTTP: dict[str, tuple[str, Callable[[Any], str | None]]] = {
    "consul": ("/v1/status/leader", _consul),
    "etcd": ("/version", _etcd),
    "envoy": ("/server_info", _envoy),
    "prometheus": ("/api/v1/status/buildinfo", _prometheus),
}


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user id
        return "postgres"
