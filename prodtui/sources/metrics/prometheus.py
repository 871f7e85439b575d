"""Prometheus through prometheus-api-client: SLIs, targets, alerts and their rules, exported breakers, what is asked."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

import msgspec

from prodtui.model.asks import Asks, Language
from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.evidence import Measurement, Silence, Traffic
from prodtui.model.reading import About, Answer
from prodtui.model.records import Plane, Sli, Target
from prodtui.model.text import neutralise_name
from prodtui.settings.http_url import shown
from prodtui.settings.source import SourceSettings
from prodtui.sources.metrics import alerts, breakers, queries, targets
from prodtui.sources.metrics.aside import Aside
from prodtui.sources.metrics.asking import Asking
from prodtui.sources.metrics.calls import Calls
from prodtui.sources.metrics.history import History
from prodtui.sources.metrics.measuring import Measuring
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from prodtui.sources.metrics.questions import Questions
from prodtui.sources.metrics.rules import Rules
from prodtui.sources.metrics.silences import silences
from prodtui.sources.metrics.windows import Windows
from prodtui.sources.task_groups import first_failure

if TYPE_CHECKING:
    from prodtui.sources.metrics.connection import Connection

_LONGEST_TARGETS_S = 10.0


class Prometheus:
    """Reads one Prometheus. Each read is a handful of instant queries, each about all services at once.

    What a policy asks goes beside them, over a connection of its own.
    """

    kind: ClassVar[str] = "prometheus"
    plane: ClassVar[Plane] = Plane.METRICS
    Settings: ClassVar[type[SourceSettings]] = PrometheusSettings
    waits: ClassVar[bool] = False
    counts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = (
        "prodtui.sources.metrics.plain_requests",  # before all that imports requests
        "prodtui.sources.metrics.connection",
        "prodtui.sources.metrics.expressions",
    )

    def __init__(self, name: str, settings: PrometheusSettings) -> None:
        self.name = name
        self._settings = settings
        self._what = f"Prometheus at {shown(settings.url)}"
        self._asking = Asking(name, self._connect)
        self._asking_aside = Asking(f"{name}-aside", self._connect)
        self._version: str | None = None
        self._measuring = Measuring(settings, self._asking)
        self._rules = Rules(settings.service_label)
        self._windows = Windows()
        self._questions = Questions()
        self._calls = Calls()
        self._history = History(settings)
        self._answered = False
        self._silences: tuple[Silence, ...] = ()
        self._targets: tuple[Target, ...] = ()
        self._targets_until = 0.0

    def ask(self, asks: Asks) -> None:
        """Takes the longer windows, and the questions in PromQL that are for this source, or for any."""
        self._windows.ask(asks.windows_s)
        here = (self.name, "")
        promql = [one for one in asks.questions if one.language is Language.PROMQL]
        self._questions.ask([one for one in promql if one.source in here])

    async def read(self) -> Answer:
        """All that there is, as a keyframe. Raises SourceError."""
        # A little less than the deadline, so that the cause that is told is this one.
        limit_s = 0.95 * self._settings.timeout
        finished = False
        try:
            async with asyncio.timeout(limit_s):
                answer = await self._read()
            finished = self._answered = True
        except TimeoutError as error:
            raise SourceError(CauseClass.TIMEOUT, f"{self._what}: no answer within {limit_s:.2g} s") from error
        except msgspec.ValidationError as error:
            told = f"{self._what}: answered JSON of another shape: {error}"
            raise SourceError(CauseClass.PROTOCOL, told) from error
        else:
            return answer
        finally:
            if not finished:
                self._asking.abort()
                self._asking_aside.abort()

    async def close(self) -> None:
        """Breaks off what is under way, and lets go of its threads without waiting for them."""
        self._asking.close()
        self._asking_aside.close()

    async def _read(self) -> Answer:
        asking, settings = self._asking, self._settings
        asking.begin()
        self._asking_aside.begin()
        with first_failure():
            async with asyncio.TaskGroup() as group:
                scraped = group.create_task(self._scraped())
                held = group.create_task(asking.ask(lambda connection: connection.alerts()))
                notified = group.create_task(self._notified())
                group.create_task(self._silenced())
                group.create_task(self._rules.read(asking))
                states = group.create_task(asking.query(queries.breakers(settings.breaker_metric, settings.window)))
                measured = group.create_task(self._measuring.read(scraped))
                asked = group.create_task(self._asked(measured))
                if self._version is None:
                    group.create_task(self._ask_version())
        jobs = frozenset(target.label for target in self._targets if target.label == target.job)
        alarms = alerts.alerts(held.result(), settings.service_label, jobs=jobs, notified=notified.result())
        guards = breakers.breakers(
            states.result(),
            service_label=settings.service_label,
            name_label=settings.breaker_name_label,
            states=settings.breaker_states,
        )
        rules = self._rules.records(jobs)
        return Answer(
            records=(
                *measured.result(),
                *self._measuring.told,
                *self._targets,
                *alarms,
                *guards,
                *rules,
                *self._silences,
                *asked.result(),
                *self._calls.records,
                *self._history.told(),
            ),
            about=About(version=self._version or None, notes=tuple(dict.fromkeys(asking.notes))),
            requests=asking.requests + self._asking_aside.requests,
        )

    async def _asked(self, measured: asyncio.Task[tuple[Sli, ...]]) -> tuple[Traffic | Measurement, ...]:
        """What the policy asks; no answer of these is the source's failure."""
        aside, began = Aside(self._asking_aside, self._settings.timeout), time.time()
        await aside.run(self._questions.jobs(aside))
        await asyncio.wait({measured})
        await aside.run(self._windows.jobs(aside, self._measuring.histograms))
        # What came before can wait until what is now was told once.
        if self._answered:
            await aside.run(self._calls.jobs(aside))
            if self._history.due:
                await aside.run(self._history.jobs(aside, self._measuring.histograms, self._measuring.window_s))
        return (*self._windows.answers(), *self._questions.answers(since=began))

    async def _scraped(self) -> tuple[Target, ...]:
        """The targets. They change at a scrape only: they are listed again after half the shortest interval."""
        now = time.monotonic()
        if now < self._targets_until:
            return self._targets
        answered = await self._asking.ask(lambda connection: connection.targets())
        self._targets = targets.targets(answered, self._settings.service_label)
        shortest = min((one.scrape_interval_s for one in self._targets if one.scrape_interval_s), default=0.0)
        self._targets_until = now + min(shortest / 2, _LONGEST_TARGETS_S)
        return self._targets

    async def _notified(self) -> list[alerts.Sent] | None:
        """What Alertmanager holds; without it, whether an alert is silenced is unknown, which is said."""
        if self._settings.alertmanager is None:
            return None
        try:
            return alerts.sent(await self._asking.ask(lambda connection: connection.notified()))
        except (SourceError, msgspec.ValidationError) as error:
            self._note_silences(error)
            return None

    async def _silenced(self) -> None:
        """Alertmanager's silences. Those that were known stand while it cannot be asked: they say when they end."""
        if self._settings.alertmanager is None:
            return
        try:
            answered = await self._asking.ask(lambda connection: connection.silences())
            self._silences = silences(answered, self._settings.service_label)
        except (SourceError, msgspec.ValidationError) as error:
            self._note_silences(error)

    def _note_silences(self, error: SourceError | msgspec.ValidationError) -> None:
        told = f"Alertmanager answered JSON of another shape: {error}"
        why = error.cause.message if isinstance(error, SourceError) else told
        self._asking.notes.append(neutralise_name(f"silences unknown: {why}"))

    async def _ask_version(self) -> None:
        try:
            self._version = neutralise_name(await self._asking.ask(lambda connection: connection.version()))
        except SourceError as error:
            if not error.cause.worth_retrying:
                self._version = ""

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
