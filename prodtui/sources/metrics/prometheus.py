"""Prometheus through prometheus-api-client: SLIs, targets, alerts and exported circuit breakers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar, TypeVar

import msgspec

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.reading import About, Answer
from prodtui.model.records import Alert, Breaker, Plane, Sli, Target
from prodtui.model.text import neutralise_name
from prodtui.settings.source import SourceSettings
from prodtui.sources.http_url import shown
from prodtui.sources.metrics import alerts, breakers, queries, slis, targets
from prodtui.sources.metrics.presets import PRESETS, Preset, preset_of
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from prodtui.sources.metrics.results import Numbers, Row, numbers
from prodtui.sources.metrics.slis import Histogram
from prodtui.sources.task_groups import first_failure

if TYPE_CHECKING:
    from prodtui.sources.metrics.connection import Connection

T = TypeVar("T")

_THREADS = 4
_LOOK_EVERY_S = 60.0
"""How long the list of histograms, their labels and buckets is taken as it was."""
_LOOK_AGAIN_S = 5.0
"""The same where none was found, or a service is missing in it."""
_LABELS_OF_S = 600.0
"""How far back a metric's series count when its labels are listed."""
_LONGEST_TARGETS_S = 10.0


class _Survey(msgspec.Struct, frozen=True):
    """Which histograms there are, and when that was looked up (monotonic seconds)."""

    histograms: tuple[Histogram, ...] = ()
    at: float = -1e9

    def knows(self, service: str) -> bool:
        return any(service in found.bounds_s for found in self.histograms)


class Prometheus:
    """Reads one Prometheus. Each read is a handful of instant queries, each about all services at once."""

    kind: ClassVar[str] = "prometheus"
    plane: ClassVar[Plane] = Plane.METRICS
    Settings: ClassVar[type[SourceSettings]] = PrometheusSettings
    waits: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("prodtui.sources.metrics.connection",)

    def __init__(self, name: str, settings: PrometheusSettings) -> None:
        self._settings = settings
        self._what = f"Prometheus at {shown(settings.url)}"
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"prodtui-{name}")
        self._connection: Connection | None = None
        self._requests = 0
        self._version: str | None = None
        self._survey = _Survey()
        self._newest: dict[str, dict[str, float]] = {}
        self._targets: tuple[Target, ...] = ()
        self._targets_until = 0.0
        self._notes: list[str] = []

    async def read(self) -> Answer:
        """SLIs, targets, alerts and breakers, as a keyframe. Raises SourceError."""
        # A little less than the deadline, so that the cause that is told is this one.
        limit_s = 0.95 * self._settings.timeout
        finished = False
        try:
            async with asyncio.timeout(limit_s):
                answer = await self._read()
            finished = True
        except TimeoutError as error:
            raise SourceError(CauseClass.TIMEOUT, f"{self._what}: no answer within {limit_s:.2g} s") from error
        else:
            return answer
        finally:
            if not finished and self._connection is not None:
                self._connection.abort()

    async def close(self) -> None:
        """Breaks off what is under way, and lets go of its threads without waiting for them."""
        if self._connection is not None:
            self._connection.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read(self) -> Answer:
        self._requests, self._notes = 0, []
        if self._connection is None:
            self._connection = await self._in_thread(self._connect)
        connection = self._connection
        with first_failure():
            async with asyncio.TaskGroup() as group:
                scraped = group.create_task(self._scraped(connection))
                held = group.create_task(self._ask(connection.alerts))
                notified = group.create_task(self._notified(connection))
                states = group.create_task(
                    self._query(connection, queries.breakers(self._settings.breaker_metric, self._settings.window))
                )
                measured = group.create_task(self._measured(connection, scraped))
                if self._version is None:
                    group.create_task(self._ask_version(connection))
        try:
            alarms = alerts.alerts(
                held.result(),
                self._settings.service_label,
                jobs={target.label for target in self._targets if target.label == target.job},
                notified=notified.result(),
            )
        except msgspec.ValidationError as error:
            raise self._shape(error) from error
        return self._answer(measured.result(), alarms, self._breakers(states.result()))

    def _answer(self, measured: tuple[Sli, ...], alarms: tuple[Alert, ...], guards: tuple[Breaker, ...]) -> Answer:
        return Answer(
            records=(*measured, *self._targets, *alarms, *guards),
            about=About(version=self._version or None, notes=tuple(dict.fromkeys(self._notes))),
            requests=self._requests,
        )

    def _breakers(self, answered: list[Row]) -> tuple[Breaker, ...]:
        return breakers.breakers(
            answered,
            service_label=self._settings.service_label,
            name_label=self._settings.breaker_name_label,
            states=self._settings.breaker_states,
        )

    async def _scraped(self, connection: Connection) -> tuple[Target, ...]:
        """The targets. They change at a scrape only: they are listed again after half the shortest interval."""
        now = time.monotonic()
        if now < self._targets_until:
            return self._targets
        answered = await self._ask(connection.targets)
        try:
            self._targets = targets.targets(answered, self._settings.service_label)
        except msgspec.ValidationError as error:
            raise self._shape(error) from error
        shortest = min((one.scrape_interval_s for one in self._targets if one.scrape_interval_s), default=0.0)
        self._targets_until = now + min(shortest / 2, _LONGEST_TARGETS_S)
        return self._targets

    async def _measured(self, connection: Connection, scraped: asyncio.Task[tuple[Target, ...]]) -> tuple[Sli, ...]:
        if time.monotonic() - self._survey.at > (_LOOK_EVERY_S if self._survey.histograms else _LOOK_AGAIN_S):
            self._survey = await self._look(connection)
        known = await scraped
        found = await self._told(connection, known)
        stale = time.monotonic() - self._survey.at > _LOOK_AGAIN_S
        if stale and not all(self._survey.knows(service) for service in found):
            self._survey = await self._look(connection)
            found = await self._told(connection, known)
        if not self._survey.histograms:
            asked = self._settings.latency_metric or ", ".join(preset.metric for preset in PRESETS if not preset.proxy)
            self._notes.append(f"no latency histogram found (looked for {asked}): set latency_metric")
        return tuple(found[service] for service in sorted(found))

    async def _look(self, connection: Connection) -> _Survey:
        """Which histograms exist, by what labels, with what buckets."""
        asked = (self._preset(self._settings.latency_metric),) if self._settings.latency_metric else PRESETS
        named = {row.labels.get("__name__") for row in await self._query(connection, queries.histograms(asked))}
        present = [preset for preset in asked if f"{preset.metric}_bucket" in named]
        own = [preset for preset in present if not preset.proxy] or present
        with first_failure():
            async with asyncio.TaskGroup() as group:
                looks = [group.create_task(self._look_at(connection, preset)) for preset in own]
        return _Survey(tuple(one for look in looks if (one := look.result()) is not None), time.monotonic())

    async def _look_at(self, connection: Connection, preset: Preset) -> Histogram | None:
        since = time.time() - _LABELS_OF_S
        labels = await self._ask(lambda: connection.label_names(preset.counter, since))
        arms = queries.arms_of(preset, self._settings.service_label, labels)
        told = tuple(label for label in preset.status_labels if label in labels)
        if not arms:
            return None
        selection = queries.Selection(preset, arms, told)
        found = slis.histogram(selection, await self._query(connection, queries.buckets(selection)))
        return found if found.selection.arms else None

    def _preset(self, metric: str) -> Preset:
        preset = preset_of(metric)
        unit = self._settings.latency_unit
        return preset if unit is None else preset._replace(unit_s=0.001 if unit == "ms" else 1.0)

    async def _told(self, connection: Connection, known: Iterable[Target]) -> dict[str, Sli]:
        """The SLIs of every service; of one that two histograms tell of, those of the first."""
        with first_failure():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._slis(connection, one, known)) for one in self._survey.histograms]
        found: dict[str, Sli] = {}
        for histogram, task in zip(self._survey.histograms, tasks, strict=True):
            for service, sli in task.result().items():
                if found.setdefault(service, sli) is not sli:
                    self._notes.append(f"{neutralise_name(service)}: {histogram.selection.preset.metric} left unread")
        return found

    async def _slis(self, connection: Connection, found: Histogram, known: Iterable[Target]) -> dict[str, Sli]:
        intervals = {name: slis.scrape_interval_s(name, jobs, known) for name, jobs in found.jobs.items()}
        window = slis.window_s(self._settings.window, intervals.values())
        if window > self._settings.window:
            self._notes.append(f"window widened to {queries.duration(window)}: 4 scrapes of the slowest service")
        selection = found.selection
        with first_failure():
            async with asyncio.TaskGroup() as group:
                quantiles = group.create_task(self._query(connection, queries.quantiles(selection, window)))
                traffic = group.create_task(self._query(connection, queries.traffic(selection, window)))
        told = numbers((*quantiles.result(), *traffic.result()), selection.label)
        newest = await self._newest_of(connection, selection, told, window)
        return {
            service: slis.sli(
                service,
                one,
                found,
                window=window,
                observed_at=newest.get(service),
                interval_s=intervals.get(service),
            )
            for service, one in told.items()
        }

    async def _newest_of(
        self, connection: Connection, selection: queries.Selection, told: dict[str, Numbers], window: float
    ) -> dict[str, float]:
        """Time of each service's newest sample, also of one whose targets are all gone while its rate lingers on."""
        newest = {name: at for name, one in told.items() if (at := one.finite("newest")) is not None}
        held = self._newest.get(selection.preset.metric, {})
        if any(name not in newest and name not in held for name in told):
            seen = await self._query(connection, queries.last_seen(selection, window, max(1.0, window / 60)))
            held = {**held, **{selection.label(row.labels): row.value for row in seen}}
        newest = {**{name: at for name, at in held.items() if name in told}, **newest}
        self._newest[selection.preset.metric] = newest
        return newest

    async def _notified(self, connection: Connection) -> list[alerts.Sent] | None:
        """What Alertmanager holds; without it, whether an alert is silenced is unknown, which is said."""
        if self._settings.alertmanager is None:
            return None
        try:
            return alerts.sent(await self._ask(connection.notified))
        except SourceError as error:
            self._notes.append(f"silences unknown: {error.cause.message}")
        except msgspec.ValidationError as error:
            told = f"silences unknown: Alertmanager answered JSON of another shape: {error}"
            self._notes.append(neutralise_name(told))
        return None

    async def _ask_version(self, connection: Connection) -> None:
        try:
            self._version = neutralise_name(await self._ask(connection.version))
        except SourceError as error:
            if not error.cause.worth_retrying:
                self._version = ""

    async def _query(self, connection: Connection, promql: str) -> list[Row]:
        return await self._ask(lambda: connection.query(promql))

    async def _ask(self, request: Callable[[], T]) -> T:
        self._requests += 1
        return await self._in_thread(request)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _connect(self) -> Connection:
        from prodtui.sources.metrics.connection import Connection

        return Connection(
            self._settings.url,
            timeout_s=self._settings.timeout,
            token=self._settings.token.get_secret_value() if self._settings.token else None,
            login=self._settings.login,
            verify=(self._settings.ca_file or True) if self._settings.verify else False,
            alertmanager=self._settings.alertmanager,
        )

    def _shape(self, error: msgspec.ValidationError) -> SourceError:
        return SourceError(CauseClass.PROTOCOL, f"{self._what}: answered JSON of another shape: {error}")
