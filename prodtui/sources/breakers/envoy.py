"""Envoy by its admin interface: circuit breakers, ejections, members. Only ever GET: a POST there can end the proxy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.reading import About, Answer
from prodtui.model.records import AnyRecord, Plane
from prodtui.model.text import neutralise_name
from prodtui.settings.http_url import HttpUrl, shown
from prodtui.settings.source import SourceSettings
from prodtui.sources.breakers.envoy_answers import (
    STATS_FILTER,
    Clusters,
    ClusterStatus,
    ServerInfo,
    Statistics,
    by_cluster,
)
from prodtui.sources.breakers.envoy_clusters import breaker, cluster, tells_of_limits
from prodtui.sources.http_causes import decode, decode_off_loop, fetch, get, open_client
from prodtui.sources.task_groups import first_failure

if TYPE_CHECKING:
    import httpx

_LIMIT_BYTES = 16 * 1024 * 1024  # some 4,000 clusters


class EnvoySettings(SourceSettings):
    """An Envoy whose admin interface can be reached."""

    url: HttpUrl = Field(description="Address of the admin interface, such as http://127.0.0.1:9901.")
    caller: str | None = Field(default=None, description="Service that calls through it; by default the source's name.")
    ignore: tuple[str, ...] = Field(
        default=("xds*", "*_xds", "sds-grpc", "prometheus_stats", "agent", "*PassthroughCluster*", "BlackHoleCluster"),
        description="Clusters that are no service of yours, as shell patterns.",
    )
    panic_ratio: float = Field(
        default=0.5, ge=0, le=1, description="Its healthy_panic_threshold as a ratio; Envoy's own default is 50 %."
    )
    ca_file: str | None = Field(default=None, description="CA certificates to check an https address against.")
    verify: bool = Field(default=True, description="Whether the certificate of an https address is checked.")


class Envoy:
    """Reads one Envoy. Rates come from two reads; the first has none."""

    kind: ClassVar[str] = "envoy"
    plane: ClassVar[Plane] = Plane.BREAKERS
    Settings: ClassVar[type[SourceSettings]] = EnvoySettings
    waits: ClassVar[bool] = False
    counts: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("httpx",)

    def __init__(self, name: str, settings: EnvoySettings) -> None:
        self._name = name
        self._settings = settings
        self._what = f"Envoy at {shown(settings.url)}"
        self._client: httpx.AsyncClient | None = None
        self._version: str | None = None
        self._asked_version = False
        self._counted: Mapping[str, Mapping[str, int]] = {}
        self._counted_at: float | None = None

    async def read(self) -> Answer:
        """Every cluster and its breaker, as a keyframe. Raises SourceError."""
        try:
            return await self._read()
        except BaseException:
            # Broken off just when a connection stands, httpcore never takes it for free again: soon there were none.
            await self.close()
            raise

    async def _read(self) -> Answer:
        if self._client is None:
            self._client = open_client(
                self._settings.url,
                ca_file=self._settings.ca_file,
                verify=self._settings.verify,
                connections=3,
                timeout_s=self._settings.timeout,
            )
        client, requests = self._client, 2
        with first_failure():
            async with asyncio.TaskGroup() as group:
                if not self._asked_version:
                    group.create_task(self._ask_version(client))
                    requests += 1
                statuses = group.create_task(self._clusters(client))
                statistics = group.create_task(self._statistics(client))
        now = time.monotonic()
        counted = by_cluster(statistics.result().stats)
        answer = self._answer(statuses.result(), counted, now, requests)
        self._counted, self._counted_at = counted, now
        return answer

    async def close(self) -> None:
        """Closes its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _answer(
        self, statuses: list[ClusterStatus], counted: Mapping[str, Mapping[str, int]], now: float, requests: int
    ) -> Answer:
        elapsed_s = 0.0 if self._counted_at is None else now - self._counted_at
        caller = self._settings.caller or self._name
        records: list[AnyRecord] = []
        silent = 0
        for status in sorted(statuses, key=lambda one: one.name):
            if any(fnmatchcase(status.name, pattern) for pattern in self._settings.ignore):
                continue
            counts = counted.get(status.statistics_name, {})
            before = self._counted.get(status.statistics_name)
            try:
                record = cluster(
                    status, counts, before, elapsed_s, proxy=self._name, panic_ratio=self._settings.panic_ratio
                )
            except ValueError as error:
                raise SourceError(CauseClass.PROTOCOL, f"{self._what}: a number that is none: {error}") from error
            records += [record, breaker(status, counts, record.overflow_per_s, caller=caller)]
            silent += not tells_of_limits(counts)
        notes = (f"{silent} clusters without circuit breaker statistics: see its stats_matcher",) if silent else ()
        return Answer(records=tuple(records), about=About(version=self._version, notes=notes), requests=requests)

    async def _clusters(self, client: httpx.AsyncClient) -> list[ClusterStatus]:
        what = f"{self._what} /clusters"
        body = await get(client, f"{self._settings.url}/clusters?format=json", limit_bytes=_LIMIT_BYTES, what=what)
        return (await decode_off_loop(body, Clusters, what)).cluster_statuses

    async def _statistics(self, client: httpx.AsyncClient) -> Statistics:
        what = f"{self._what} /stats"
        answered = await fetch(
            client,
            f"{self._settings.url}/stats",
            what=what,
            limit_bytes=_LIMIT_BYTES,
            params={"format": "json", "filter": STATS_FILTER},
        )
        return await decode_off_loop(answered.body, Statistics, what)

    async def _ask_version(self, client: httpx.AsyncClient) -> None:
        """Once; where only the other two paths are let through, the version stays unknown."""
        what = f"{self._what} /server_info"
        try:
            info = decode(await get(client, f"{self._settings.url}/server_info", what=what), ServerInfo, what)
        except SourceError as error:
            self._asked_version = not error.cause.worth_retrying
            return
        self._version, self._asked_version = neutralise_name(info.number) or None, True
