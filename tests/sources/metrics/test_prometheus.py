"""Prometheus, read from a real one that scrapes exporters whose requests are known."""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeVar

import pytest
from pydantic import ValidationError

from prodtui.model.reading import Answer
from prodtui.model.records import Alert, AnyRecord, Breaker, BreakerState, Sli, Target
from prodtui.sources.metrics.prometheus import Prometheus
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from tests.sources import lying
from tests.sources.metrics.rig import SCRAPE_S, Rig

R = TypeVar("R", bound=AnyRecord)

WINDOW_S = 2.0


def source(url: str, **settings: Any) -> Prometheus:
    return Prometheus("metrics", PrometheusSettings(kind="prometheus", url=url, **{"window": WINDOW_S, **settings}))


async def answer(rig: Rig, **settings: Any) -> Answer:
    reader = source(rig.url, **settings)
    try:
        return await reader.read()
    finally:
        await reader.close()


def of(kind: type[R], read: Answer) -> list[R]:
    return [record for record in read.records if isinstance(record, kind)]


def slis(read: Answer) -> dict[str, Sli]:
    return {sli.label: sli for sli in of(Sli, read)}


async def settled(rig: Rig, *services: str, **settings: Any) -> dict[str, Sli]:
    """The SLIs once the window is full for these services."""
    end = time.monotonic() + 15
    while True:
        found = slis(await answer(rig, **settings))
        if all(service in found and not found[service].trouble for service in services):
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)


async def test_quantiles_rates_and_counts_are_those_of_the_requests_made(prometheus: Rig) -> None:
    orders = (await settled(prometheus, "orders"))["orders"]
    # 90 % below 0.1 s and 10 % between 0.1 and 0.5 s, interpolated within the buckets.
    assert orders.p50_s == pytest.approx(0.1 * 50 / 90, rel=0.05)
    assert orders.p95_s == pytest.approx(0.3, rel=0.05)
    assert orders.p99_s == pytest.approx(0.46, rel=0.05)
    assert orders.beyond_s == 1.0
    assert orders.rate_per_s is not None
    assert 100 < orders.rate_per_s <= 210  # ten requests twenty times a second, on a busy machine fewer
    assert orders.requests == pytest.approx(orders.rate_per_s * WINDOW_S)
    assert (orders.window_s, orders.scrape_interval_s) == (WINDOW_S, SCRAPE_S)


async def test_a_service_without_errors_has_the_ratio_0_beside_one_with_errors(prometheus: Rig) -> None:
    found = await settled(prometheus, "orders", "payments", "legacy")
    assert found["orders"].error_ratio == 0
    assert found["payments"].error_ratio == pytest.approx(0.25, rel=0.1)
    assert found["legacy"].error_ratio == pytest.approx(1)  # by its status label, under its job's name


async def test_a_histogram_without_a_status_has_no_error_ratio_rather_than_0(prometheus: Rig) -> None:
    await settled(prometheus, "orders")
    mute = slis(await answer(prometheus))["mute"]
    assert mute.error_ratio is None
    assert "http_request_duration_seconds_count tells which requests failed" in mute.trouble
    assert mute.p99_s is not None


async def test_an_idle_service_has_no_latency_and_says_why(prometheus: Rig) -> None:
    await settled(prometheus, "orders")
    idle = slis(await answer(prometheus))["idle"]
    assert (idle.p50_s, idle.p99_s, idle.error_ratio, idle.rate_per_s, idle.requests) == (None, None, None, 0, 0)
    assert idle.trouble == "no requests in the last 2s"
    assert idle.observed_at is not None


async def test_a_quantile_in_the_last_bucket_equals_the_highest_finite_bound(prometheus: Rig) -> None:
    slow = (await settled(prometheus, "slow"))["slow"]
    assert slow.p99_s == slow.p95_s == slow.beyond_s == 1.0  # "at least": three of four took 3 s


async def test_the_age_is_the_samples_not_the_answers(prometheus: Rig) -> None:
    orders = (await settled(prometheus, "orders"))["orders"]
    assert orders.observed_at is not None
    assert 0 <= time.time() - orders.observed_at < 5
    sampled = float(prometheus.query('timestamp(http_request_duration_seconds_count{service="orders"})')[0]["value"][1])
    assert 0 <= sampled - orders.observed_at < 2


async def test_history_shorter_than_the_window_is_said(prometheus: Rig) -> None:
    await settled(prometheus, "orders")
    orders = slis(await answer(prometheus, window="1h"))["orders"]
    assert orders.trouble == "history shorter than the window of 3600s"
    assert orders.window_s == 3600


async def test_a_window_of_too_few_scrapes_is_widened_and_that_is_said(prometheus: Rig) -> None:
    read = await answer(prometheus, window="200ms")
    assert slis(read)["orders"].window_s == pytest.approx(4 * SCRAPE_S)
    assert read.about is not None
    assert any("widened to 800ms" in note for note in read.about.notes)


async def test_a_histogram_in_milliseconds_reads_in_seconds(prometheus: Rig) -> None:
    found = await settled(prometheus, "orders", latency_metric="shop_latency_ms_bucket")
    assert set(found) == {"orders"}
    assert found["orders"].p95_s == pytest.approx(0.3, rel=0.05)
    assert found["orders"].beyond_s == 1.0


async def test_without_the_service_label_series_go_by_their_job(prometheus: Rig) -> None:
    found = slis(await answer(prometheus, service_label="team"))
    assert set(found) == {"apps", "legacy"}
    assert {target.label for target in of(Target, await answer(prometheus, service_label="team"))} == {"apps", "legacy"}


async def test_targets_tell_what_is_down_and_why(prometheus: Rig) -> None:
    read = await answer(prometheus)
    targets = {target.instance: target for target in of(Target, read)}
    gone, orders, legacy = targets["gone-1"], targets["orders-1"], targets["legacy-1"]
    assert (gone.label, gone.job, gone.up) == ("gone", "apps", False)
    assert "refused" in gone.error
    assert (orders.up, orders.error, orders.scrape_interval_s) == (True, "", SCRAPE_S)
    assert orders.scraped_at is not None
    assert abs(time.time() - orders.scraped_at) < 5
    assert legacy.label == "legacy"


async def test_alerts_fire_wait_and_belong_to_their_service(prometheus: Rig) -> None:
    prometheus.until(lambda: len(prometheus.query('ALERTS{alertname="Down",alertstate="firing"}')) == 1)
    alerts = {alert.name: alert for alert in of(Alert, await answer(prometheus))}
    down, later = alerts["Down"], alerts["Later"]
    assert (down.label, down.severity, down.firing, down.silenced) == ("gone", "page", True, None)
    assert down.summary == "gone: ␛[31m"
    assert down.since is not None
    assert abs(time.time() - down.since) < 120
    assert (later.label, later.firing) == ("", False)
    assert alerts["Legacy"].label == "legacy"  # that job stands for a service


async def test_alertmanager_tells_what_is_silenced(prometheus: Rig) -> None:
    prometheus.silence("Busy")
    reader = source(prometheus.url, alertmanager=prometheus.alertmanager)
    end = time.monotonic() + 15
    while True:
        alerts = {alert.name: alert.silenced for alert in of(Alert, await reader.read())}
        if alerts["Busy"] and alerts["Down"] is False:
            break
        assert time.monotonic() < end, alerts
        await asyncio.sleep(0.2)
    assert alerts["Later"] is None  # pending: never sent there
    await reader.close()


async def test_without_alertmanager_silences_are_unknown_and_the_rest_is_there(prometheus: Rig) -> None:
    read = await answer(prometheus, alertmanager=f"http://127.0.0.1:{lying.refused_port()}")
    assert {alert.silenced for alert in of(Alert, read)} == {None}
    assert slis(read)
    assert read.about is not None
    assert any("silences unknown: Alertmanager" in note for note in read.about.notes)


async def test_breaker_gauges_are_states(prometheus: Rig) -> None:
    await settled(prometheus, "payments")
    breakers = {breaker.name: breaker for breaker in of(Breaker, await answer(prometheus))}
    assert {name: breaker.state for name, breaker in breakers.items()} == {
        "payments": BreakerState.OPEN,
        "stock": BreakerState.HALF_OPEN,
        "mail": BreakerState.CLOSED,
        "odd": BreakerState.UNKNOWN,
        "bank": BreakerState.FORCED_OPEN,
    }
    assert breakers["payments"] == Breaker(
        name="payments", caller="orders", callee="payments", instance="orders-1", state=BreakerState.OPEN
    )
    assert breakers["bank"].caller == "payments"
    assert breakers["bank"].shed_per_s is not None
    assert 5 < breakers["bank"].shed_per_s <= 21


async def test_the_gauges_values_can_be_mapped(prometheus: Rig) -> None:
    states = {"0": "open", "7": "disabled"}
    found = {one.name: one.state for one in of(Breaker, await answer(prometheus, breaker_states=states))}
    assert (found["mail"], found["odd"], found["stock"]) == (
        BreakerState.OPEN,
        BreakerState.DISABLED,
        BreakerState.UNKNOWN,
    )


async def test_it_tells_its_version_and_asks_little(prometheus: Rig) -> None:
    reader = source(prometheus.url)
    first, _, later = await reader.read(), await reader.read(), await reader.read()
    assert first.about is not None
    assert first.about.version is not None
    assert first.about.version.startswith("2.")
    assert first.keyframe
    assert later.requests <= 6  # the second asks once what there was before
    await reader.close()


async def test_a_cancelled_read_leaves_the_source_usable(prometheus: Rig) -> None:
    reader = source(prometheus.url)
    await reader.read()
    for delay_s in (0, 0.001, 0.003):
        reading = asyncio.create_task(reader.read())
        await asyncio.sleep(delay_s)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert slis(await reader.read())
    await reader.close()


async def test_nothing_measured_is_said(prometheus: Rig) -> None:
    read = await answer(prometheus, latency_metric="no_such_seconds")
    assert slis(read) == {}
    assert of(Target, read)
    assert read.about is not None
    assert read.about.notes == ("no latency histogram found (looked for no_such_seconds): set latency_metric",)


@pytest.mark.parametrize(
    "settings",
    [{"service_label": "a-b"}, {"latency_metric": "a{}"}, {"window": 0}, {"user": "me"}, {"url": "ftp://x"}],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PrometheusSettings.model_validate({"kind": "prometheus", "url": "http://127.0.0.1", **settings})


async def test_a_service_whose_targets_are_gone_keeps_the_age_of_its_last_sample(prometheus: Rig) -> None:
    await settled(prometheus, "leaving")
    prometheus.exporters["leaving"].stop()
    stopped = time.time()
    prometheus.until(lambda: not prometheus.query('http_request_duration_seconds_count{service="leaving"}'))
    leaving = slis(await answer(prometheus, window="20s"))["leaving"]
    assert leaving.rate_per_s is not None
    assert leaving.observed_at is not None
    assert stopped - 2 < leaving.observed_at < stopped + 1
    assert "no target exposes it now" in leaving.trouble
    prometheus.exporters["leaving"].start()
