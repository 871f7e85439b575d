"""SLIs of every service: which histograms there are, looked up now and then, and what they tell at each read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import msgspec

from prodtui.model.records import Histogram as Told
from prodtui.model.records import Sli, Target
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics import queries, slis
from prodtui.sources.metrics.asking import Asking
from prodtui.sources.metrics.presets import PRESETS, Preset, preset_of
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from prodtui.sources.metrics.results import Numbers, numbers
from prodtui.sources.metrics.slis import Histogram
from prodtui.sources.task_groups import first_failure

_LOOK_EVERY_S = 60.0
"""How long the list of histograms, their labels and buckets is taken as it was."""
_LOOK_AGAIN_S = 5.0
"""The same where none was found, or a service is missing in it."""
_LABELS_OF_S = 600.0
"""How far back a metric's series count when its labels are listed."""


class _Survey(msgspec.Struct, frozen=True):
    """Which histograms there are, and when that was looked up (monotonic seconds)."""

    histograms: tuple[Histogram, ...] = ()
    at: float = -1e9

    def knows(self, service: str) -> bool:
        return any(service in found.bounds_s for found in self.histograms)


class Measuring:
    """Reads the SLIs of one Prometheus. Its requests raise SourceError."""

    def __init__(self, settings: PrometheusSettings, asking: Asking) -> None:
        self._settings = settings
        self._asking = asking
        self._survey = _Survey()
        self._newest: dict[str, dict[str, float]] = {}
        self._windows_s: dict[str, float] = {}

    @property
    def histograms(self) -> tuple[Histogram, ...]:
        """Those that were last found."""
        return self._survey.histograms

    @property
    def told(self) -> tuple[Told, ...]:
        """The same as records."""
        return tuple(slis.told(found.selection) for found in self.histograms)

    async def read(self, scraped: asyncio.Task[tuple[Target, ...]]) -> tuple[Sli, ...]:
        """The SLIs of every service, given the targets that are being listed."""
        if time.monotonic() - self._survey.at > (_LOOK_EVERY_S if self.histograms else _LOOK_AGAIN_S):
            self._survey = await self._look()
        known = await scraped
        found = await self._told(known)
        stale = time.monotonic() - self._survey.at > _LOOK_AGAIN_S
        if stale and not all(self._survey.knows(service) for service in found):
            self._survey = await self._look()
            found = await self._told(known)
        if not self.histograms:
            asked = self._settings.latency_metric or ", ".join(preset.metric for preset in PRESETS if not preset.proxy)
            self._asking.notes.append(f"no latency histogram found (looked for {asked}): set latency_metric")
        return tuple(found[service] for service in sorted(found))

    async def _look(self) -> _Survey:
        """Which histograms exist, by what labels, with what buckets."""
        asked = (self._preset(self._settings.latency_metric),) if self._settings.latency_metric else PRESETS
        named = {row.labels.get("__name__") for row in await self._asking.query(queries.histograms(asked))}
        present = [preset for preset in asked if f"{preset.metric}_bucket" in named]
        own = [preset for preset in present if not preset.proxy] or present
        with first_failure():
            async with asyncio.TaskGroup() as group:
                looks = [group.create_task(self._look_at(preset)) for preset in own]
        return _Survey(tuple(one for look in looks if (one := look.result()) is not None), time.monotonic())

    async def _look_at(self, preset: Preset) -> Histogram | None:
        since = time.time() - _LABELS_OF_S
        labels = await self._asking.ask(lambda connection: connection.label_names(preset.counter, since))
        arms = queries.arms_of(preset, self._settings.service_label, labels)
        told = tuple(label for label in preset.status_labels if label in labels)
        if not arms:
            return None
        selection = queries.Selection(preset, arms, told)
        found = slis.histogram(selection, await self._asking.query(queries.buckets(selection)))
        return found if found.selection.arms else None

    def _preset(self, metric: str) -> Preset:
        preset = preset_of(metric)
        unit = self._settings.latency_unit
        return preset if unit is None else preset._replace(unit_s=0.001 if unit == "ms" else 1.0)

    async def _told(self, known: Iterable[Target]) -> dict[str, Sli]:
        """The SLIs of every service; of one that two histograms tell of, those of the first."""
        with first_failure():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._slis(one, known)) for one in self.histograms]
        found: dict[str, Sli] = {}
        for histogram, task in zip(self.histograms, tasks, strict=True):
            for service, sli in task.result().items():
                if found.setdefault(service, sli) is not sli:
                    metric = histogram.selection.preset.metric
                    self._asking.notes.append(f"{neutralise_name(service)}: {metric} left unread")
        return found

    def window_s(self, found: Histogram) -> float:
        """The window over which a histogram was last measured."""
        return self._windows_s.get(found.selection.preset.metric, self._settings.window)

    async def _slis(self, found: Histogram, known: Iterable[Target]) -> dict[str, Sli]:
        intervals = {name: slis.scrape_interval_s(name, jobs, known) for name, jobs in found.jobs.items()}
        window = slis.window_s(self._settings.window, intervals.values())
        self._windows_s[found.selection.preset.metric] = window
        if window > self._settings.window:
            self._asking.notes.append(f"window widened to {queries.duration(window)}: 4 scrapes of the slowest service")
        selection = found.selection
        with first_failure():
            async with asyncio.TaskGroup() as group:
                quantiles = group.create_task(self._asking.query(queries.quantiles(selection, window)))
                traffic = group.create_task(self._asking.query(queries.traffic(selection, window)))
        told = numbers((*quantiles.result(), *traffic.result()), selection.label)
        newest = await self._newest_of(selection, told, window)
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
        self, selection: queries.Selection, told: dict[str, Numbers], window: float
    ) -> dict[str, float]:
        """Time of each service's newest sample, also of one whose targets are all gone while its rate lingers on."""
        newest = {name: at for name, one in told.items() if (at := one.finite("newest")) is not None}
        held = self._newest.get(selection.preset.metric, {})
        if any(name not in newest and name not in held for name in told):
            seen = await self._asking.query(queries.last_seen(selection, window, max(1.0, window / 60)))
            held = {**held, **{selection.label(row.labels): row.value for row in seen}}
        newest = {**{name: at for name, at in held.items() if name in told}, **newest}
        self._newest[selection.preset.metric] = newest
        return newest
