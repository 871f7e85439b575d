"""Direct HTTP probes, for instances whose registry knows no health."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from prodtui.model.reading import About, Answer
from prodtui.model.records import Definition, HealthCheck, HealthStatus, Instance, Plane
from prodtui.model.text import neutralise, neutralise_name
from prodtui.settings.duration import Duration
from prodtui.settings.http_url import HttpUrl, http_url, shown
from prodtui.settings.source import SourceSettings
from prodtui.sources.http_causes import open_client, source_error

if TYPE_CHECKING:
    import httpx

AT_ONCE = 32
"""Probes in flight: past it httpx gets slower, not faster."""
BODY_BYTES = 16 * 1024
"""As much of an answer's body as is kept."""
SHARE = 0.9
"""Of the read's deadline, what probing may take; what is not probed by then comes first in the next read."""


class ProbeTarget(BaseModel):
    """One address to probe, and what it belongs to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field(min_length=1, description="Name of the service.")
    url: HttpUrl = Field(description="What is asked by GET; 2xx is passing, 429 warning, anything else critical.")
    instance: str = Field(default="", description="The instance's id; the URL by default.")
    node: str = Field(default="", description="The node it runs on.")


class HttpProbesSettings(SourceSettings):
    """GETs of health URLs by prodtui itself."""

    registry: str | None = Field(
        default=None, description="Name of the registry source whose instances are probed at their `health_url`."
    )
    path: str | None = Field(
        default=None,
        pattern="^/",
        description="Asked at the address of an instance that declares no `health_url`, by https where its metadata "
        'has scheme = "https"; else it is left out.',
    )
    targets: tuple[ProbeTarget, ...] = Field(default=(), description="Addresses that are probed in any case.")
    probe_timeout: Duration = Field(default=1.0, description="Time limit of one probe.")
    ca_file: str | None = Field(default=None, description="CA certificates (PEM); the host's own by default.")
    verify: bool = Field(default=True, description="Check the instances' certificates.")


class _Target(NamedTuple):
    service: str
    instance: str
    node: str
    url: str

    @property
    def key(self) -> tuple[str, str]:
        return self.node, self.instance


class HttpProbes:
    """Probes instances; how an instance answers, or fails to, is a finding about it and never this source's failure."""

    kind: ClassVar[str] = "http"
    plane: ClassVar[Plane] = Plane.PROBES
    Settings: ClassVar[type[SourceSettings]] = HttpProbesSettings
    waits: ClassVar[bool] = False
    counts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("httpx",)

    def __init__(self, name: str, settings: HttpProbesSettings) -> None:
        self.name = name
        self.registry = settings.registry
        self._settings = settings
        self._limit_s = min(settings.probe_timeout, settings.timeout * SHARE)
        self._declared = tuple(
            _Target(
                neutralise_name(t.service), neutralise_name(t.instance or shown(t.url)), neutralise_name(t.node), t.url
            )
            for t in settings.targets
        )
        self._followed: tuple[_Target, ...] = ()
        self._without_url = 0
        self._made: dict[_Target, tuple[float, HealthCheck]] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}

    def follow(self, instances: Sequence[Instance]) -> None:
        """Takes the instances that are registered now; from the next read on these are probed."""
        targets = [(self._url(instance), instance) for instance in instances]
        self._followed = tuple(_Target(i.service, i.id, i.node, url) for url, i in targets if url is not None)
        self._without_url = len(targets) - len(self._followed)

    async def read(self) -> Answer:
        """Every target's last probe: of this read, or of an earlier one where time did not suffice."""
        targets = tuple({target.key: target for target in (*self._followed, *self._declared)}.values())
        self._made = {target: self._made[target] for target in targets if target in self._made}
        left = sorted(targets, key=self._made_at, reverse=True)
        end = time.monotonic() + self._settings.timeout * SHARE - self._limit_s
        made = 0

        async def work() -> None:
            nonlocal made
            while left and (made < AT_ONCE or time.monotonic() < end):
                target = left.pop()
                made += 1
                self._made[target] = (time.monotonic(), await self._probe(target))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(left))):
                group.create_task(work())
        return Answer(records=tuple(self._record(t) for t in targets), about=self._about(targets, made), requests=made)

    async def close(self) -> None:
        """Lets go of every connection."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _url(self, instance: Instance) -> str | None:
        try:
            if declared := instance.meta.get("health_url"):
                return http_url(declared)
            if self._settings.path and instance.address and instance.port:
                host = f"[{instance.address}]" if ":" in instance.address else instance.address
                scheme = instance.meta.get("scheme", "http")
                return http_url(f"{scheme}://{host}:{instance.port}{self._settings.path}")
        except ValueError:
            pass
        return None

    def _made_at(self, target: _Target) -> float:
        return self._made[target][0] if target in self._made else 0.0

    def _client(self, url: str) -> httpx.AsyncClient:
        scheme = url.lower().partition("//")[0]
        if scheme not in self._clients:
            own = self._settings
            # A connection for each probe, as Consul's checks have: that a new one is accepted is part of the finding,
            # and a pool whose idle connections 32 probes contend for starves one of them for a second (measured).
            self._clients[scheme] = open_client(
                scheme,
                ca_file=own.ca_file,
                verify=own.verify,
                connections=2 * AT_ONCE,
                keep_alive=False,
                timeout_s=self._limit_s,
            )
        return self._clients[scheme]

    async def _probe(self, target: _Target) -> HealthCheck:
        import httpx

        asked = f"HTTP GET {shown(target.url)}"
        client = self._client(target.url)
        try:
            async with asyncio.timeout(self._limit_s), client.stream("GET", target.url) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > BODY_BYTES:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            return self._check(target, HealthStatus.CRITICAL, source_error(error, asked).cause.message)
        location = f" to {response.headers['location']} (not followed)" if response.has_redirect_location else ""
        first = f"{asked}: {response.status_code} {_phrase(response.status_code)}{location}"
        text = bytes(body[:BODY_BYTES]).decode("utf-8", "replace")
        return self._check(target, _status(response.status_code), f"{first}\nOutput: {text}" if text else first)

    def _check(self, target: _Target, status: HealthStatus, output: str) -> HealthCheck:
        return HealthCheck(
            id=f"probe:{target.instance}",
            name="probe",
            node=target.node,
            service=target.service,
            instance=target.instance,
            status=status,
            output=neutralise(output),
            kind="probe",
            definition=Definition(
                url=neutralise(shown(target.url), longest=2000),
                interval_s=self._settings.interval,
                timeout_s=self._limit_s,
            ),
        )

    def _record(self, target: _Target) -> HealthCheck:
        if target not in self._made:
            return self._check(target, HealthStatus.UNKNOWN, "not probed yet")
        at, check = self._made[target]
        age_s = time.monotonic() - at
        if age_s > self._settings.stale_after:
            return self._check(target, HealthStatus.UNKNOWN, f"last probed {age_s:.0f} s ago: too many targets")
        return check

    def _about(self, targets: Iterable[_Target], made: int) -> About:
        notes = []
        if (many := len(tuple(targets))) > made:
            notes.append(f"{made} of {many} targets fit in one read; the others come in the next")
        if self._without_url:
            notes.append(f"{self._without_url} instances declare no health_url and are not probed")
        return About(notes=tuple(notes))


def _status(status: int) -> HealthStatus:
    """As Consul judges its own HTTP checks."""
    if 200 <= status < 300:
        return HealthStatus.PASSING
    return HealthStatus.WARNING if status == HTTPStatus.TOO_MANY_REQUESTS else HealthStatus.CRITICAL


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
