"""What a real Prometheus remembers of the time before we looked."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from prodtui.model.past import Call, Past, Quantity
from prodtui.model.reading import Answer
from prodtui.sources.metrics.calls import calls
from prodtui.sources.metrics.history import MOST_POINTS, SPAN_S, STEP_S, step_s
from prodtui.sources.metrics.prometheus import Prometheus
from prodtui.sources.metrics.results import Row, series
from tests.sources.metrics.rig import Rig
from tests.sources.metrics.test_prometheus import of, source


async def _remembered(reader: Prometheus, want: set[Quantity], within_s: float = 30.0) -> list[Past]:
    """Everything of the past, once these quantities are among it."""
    found: list[Past] = []
    end = time.monotonic() + within_s
    while not want <= {past.quantity for past in found}:
        assert time.monotonic() < end, f"only { ({past.quantity for past in found}) }"
        found += of(Past, await reader.read())
        await asyncio.sleep(0.1)
    return found


EVERY = {Quantity.P99, Quantity.ERRORS, Quantity.BREAKER, Quantity.UP, Quantity.ALERT}


def _aged(rig: Rig) -> None:
    """Once there is a point: the finest step is 10 s, and a rig that has just started has none."""
    rig.until(lambda: bool(rig.query("rate(http_request_duration_seconds_count[2s] offset 11s) > 0")), within_s=30)


async def test_the_first_reading_waits_for_no_past_and_a_later_one_tells_it_once(prometheus: Rig) -> None:
    await asyncio.to_thread(_aged, prometheus)
    reader = source(prometheus.url)
    try:
        first: Answer = await reader.read()
        assert of(Past, first) == []
        assert await _remembered(reader, EVERY)
        again = [past for _ in range(3) for past in of(Past, await reader.read())]
        assert again == []
    finally:
        await reader.close()


async def test_the_past_tells_latency_errors_breakers_and_what_is_down(prometheus: Rig) -> None:
    await asyncio.to_thread(_aged, prometheus)
    reader = source(prometheus.url)
    try:
        told = {(past.quantity, past.label, past.of): past for past in await _remembered(reader, EVERY)}
    finally:
        await reader.close()
    p99 = told[Quantity.P99, "orders", ""]
    assert (p99.step_s, len(p99.values), p99.window_s) == (STEP_S, SPAN_S // STEP_S + 1, 2.0)
    assert p99.start + SPAN_S <= time.time()
    assert p99.values[0] is None
    assert [one for one in p99.values if one is not None][-1] == pytest.approx(0.46, rel=0.1)
    errors = [one for one in told[Quantity.ERRORS, "payments", ""].values if one is not None]
    assert errors[-1] == pytest.approx(0.25, rel=0.2)
    breakers = {past.of.split("/")[1]: past.values[-1] for past in told.values() if past.quantity is Quantity.BREAKER}
    assert breakers == {"payments": 1.0, "stock": 1.0, "mail": 0.0, "odd": 0.0, "bank": 1.0}
    down = [past for past in told.values() if past.quantity is Quantity.UP]
    assert [past.label for past in down] == ["gone"]
    assert down[0].values[-1] == 0.0
    alert = told[Quantity.ALERT, "gone", "Down"]
    assert alert.start == pytest.approx(time.time(), abs=120)


def test_ten_thousand_services_get_longer_steps() -> None:
    assert step_s(5) == STEP_S
    step = step_s(10_000)
    assert step % STEP_S == 0
    assert 10_000 * SPAN_S / step <= MOST_POINTS


def test_a_matrix_is_read_and_whatever_is_none_is_refused() -> None:
    (one,) = series([{"metric": {"a": "b"}, "values": [[1.0, "2"], [2.0, "NaN"]]}])
    assert (one.labels, one.values[1.0]) == ({"a": "b"}, 2.0)
    for wrong in ([{"metric": {}, "value": [1, "2"]}], "text", [{"metric": {}, "values": [[1, "x"]]}]):
        with pytest.raises(msgspec.ValidationError):
            series(wrong)


def test_a_service_graph_tells_calls_and_leaves_out_what_it_does_not_know() -> None:
    rows = [
        Row({"client": "checkout", "server": "payments"}, 1.0),
        Row({"client": "checkout", "server": "payments"}, 1.0),
        Row({"client": "", "server": "payments"}, 1.0),
        Row({"client": "unknown", "server": "payments"}, 1.0),
        Row({"client": "payments", "server": "payments"}, 1.0),
    ]
    assert calls(rows) == (Call(caller="checkout", callee="payments"),)


async def test_calls_are_read_where_a_service_graph_is_exported(prometheus: Rig) -> None:
    graph = prometheus.exporters["idle"].counter("traces_service_graph_request", "client", "server")
    graph.labels("checkout", "payments").inc()
    mesh = prometheus.exporters["idle"].counter(
        "istio_requests", "source_canonical_service", "destination_canonical_service"
    )
    mesh.labels("web", "checkout").inc()
    await asyncio.to_thread(prometheus.until, lambda: len(prometheus.query("istio_requests_total")) == 1)
    reader = source(prometheus.url)
    try:
        found: list[Call] = []
        end = time.monotonic() + 15
        while not found:
            assert time.monotonic() < end
            found = of(Call, await reader.read())
    finally:
        await reader.close()
    assert {(one.caller, one.callee) for one in found} == {("checkout", "payments"), ("web", "checkout")}
