"""What a policy asks of a real Prometheus: rules, silences, longer windows, questions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import httpx
import pytest

from prodtui.model.asks import Ask, Asks, Language
from prodtui.model.evidence import AlertRule, Measurement, Silence, Traffic
from prodtui.model.records import Alert, Sli
from prodtui.sources.metrics.prometheus import Prometheus
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from prodtui.sources.source import Askable
from tests.sources import lying
from tests.sources.lying import Connection
from tests.sources.metrics.rig import Rig
from tests.sources.reading import Reader

DOWN = 'up{service="gone"}'


def source(url: str, **settings: object) -> Prometheus:
    given = {"kind": "prometheus", "url": url, "window": 2.0, **settings}
    return Prometheus("metrics", PrometheusSettings.model_validate(given))


def asked(query: str, check: str = "performance.depth", source: str = "metrics") -> Ask:
    return Ask(check=check, service="orders", language=Language.PROMQL, query=query, source=source)


async def measured(rig: Rig, *questions: Ask, **settings: object) -> dict[str, Measurement]:
    """The answers by check."""
    reading = source(rig.url, **settings)
    reading.ask(Asks(questions=questions))
    async with Reader(reading) as reader:
        await reader.read()
    return {one.check: one for one in reader.of(Measurement).values()}


async def test_rules_tell_whom_they_watch_and_how_they_fare(prometheus: Rig) -> None:
    prometheus.until(lambda: len(prometheus.query("ALERTS")) >= 3)
    async with Reader(source(prometheus.url)) as reader:
        first = await reader.read()
        await reader.read()  # asks once what there was before
        again = await reader.read()
    rules = {rule.name: rule for rule in reader.of(AlertRule).values()}
    assert {name: rule.services for name, rule in rules.items()} == {
        "Down": None,
        "Busy": ("orders",),
        "Legacy": ("legacy",),
        "Later": (),
    }
    down = rules["Down"]
    assert (down.group, down.severity, down.expression, down.health, down.error) == (
        "test",
        "page",
        "up == 0",
        "ok",
        "",
    )
    assert down.evaluated_at is not None
    assert abs(time.time() - down.evaluated_at) < 5
    assert again.requests < first.requests  # rules are read every half a minute
    assert len([one for one in again.records if isinstance(one, AlertRule)]) == 4


async def _without_rules(connection: Connection) -> None:
    """A Prometheus API that knows no rules, as some that speak it."""
    while True:
        path = (await connection.request()).split()[1]
        if "/rules" in path:
            await connection.send(lying.head(404, "content-length: 0"))
            continue
        found = b"[]" if "/labels" in path else b'{"alerts":[],"activeTargets":[],"result":[]}'
        body = b'{"status":"success","data":' + found + b"}"
        await connection.send(lying.head(200, "content-type: application/json", f"content-length: {len(body)}") + body)


async def test_a_prometheus_without_rules_is_read_and_that_is_said() -> None:
    async with lying.lying(_without_rules) as server, Reader(source(server.url)) as reader:
        for _ in range(2):
            answer = await reader.read()
            assert answer.about is not None
            assert any(note.startswith("no alert rules: ") for note in answer.about.notes)
    assert not reader.of(AlertRule)


def silence(rig: Rig, *matchers: tuple[str, str, bool], ends: str = "2099-01-01T00:00:00Z") -> str:
    asked = {
        "matchers": [{"name": n, "value": v, "isRegex": regex, "isEqual": True} for n, v, regex in matchers],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": ends,
        "createdBy": "ana",
        "comment": "known \x1b[31m",
    }
    answered = httpx.post(f"{rig.alertmanager}/api/v2/silences", json=asked, trust_env=False)
    answered.raise_for_status()
    return str(answered.json()["silenceID"])


async def test_silences_are_told_for_each_service_that_they_name(prometheus: Rig) -> None:
    made = {
        "one": silence(prometheus, ("service", "payments", False), ("severity", "page", False)),
        "several": silence(prometheus, ("service", "a|b", True)),
        "pattern": silence(prometheus, ("service", "pay.*", True)),
        "none": silence(prometheus, ("alertname", "Nothing", False)),
        "over": silence(prometheus, ("service", "over", False)),
    }
    url = f"{prometheus.alertmanager}/api/v2/silence/"
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.delete(url + made["over"])).raise_for_status()
        async with Reader(source(prometheus.url, alertmanager=prometheus.alertmanager)) as reader:
            await reader.read()
        for each in made.values():
            await client.delete(url + each)
    found = [one for one in reader.of(Silence).values() if one.id in made.values()]
    assert {(one.id, one.label) for one in found} == {
        (made["one"], "payments"),
        (made["several"], "a"),
        (made["several"], "b"),
        (made["pattern"], ""),
        (made["none"], ""),
    }
    payments = next(one for one in found if one.label == "payments")
    assert set(payments.matchers) == {'service="payments"', 'severity="page"'}
    assert (payments.by, payments.comment) == ("ana", "known ␛[31m")
    assert payments.ends_at == pytest.approx(4070908800)
    assert payments.starts_at is not None


async def traffic(rig: Rig, windows_s: Iterable[float], services: Iterable[str]) -> dict[tuple[str, float], Traffic]:
    """By service and window, once the shortest window is filled."""
    reading = source(rig.url)
    reading.ask(Asks(windows_s=tuple(windows_s)))
    shortest = min(windows_s)
    async with Reader(reading) as reader:

        def filled() -> bool:
            found = reader.of(Traffic)
            return all(f"{name}/{shortest:g}" in found and found[f"{name}/{shortest:g}"].history_s == shortest
                       for name in services)  # fmt: skip

        await reader.read_until(filled, within_s=15)
    return {(one.label, one.window_s): one for one in reader.of(Traffic).values()}


async def test_longer_windows_count_requests_and_errors(prometheus: Rig) -> None:
    found = await traffic(prometheus, (3.0, 3600.0), ("orders", "payments", "legacy"))
    orders, payments, legacy = found["orders", 3.0], found["payments", 3.0], found["legacy", 3.0]
    assert orders.requests is not None
    assert 300 < orders.requests <= 660  # ten requests twenty times a second, on a busy machine fewer
    assert (orders.error_ratio, orders.trouble) == (0, "")
    assert payments.error_ratio == pytest.approx(0.25, rel=0.1)
    assert legacy.error_ratio == pytest.approx(1)
    assert orders.observed_at is not None
    assert abs(time.time() - orders.observed_at) < 5


async def test_a_window_that_is_not_filled_says_how_far_back_it_goes(prometheus: Rig) -> None:
    prometheus.until(lambda: bool(prometheus.query("up offset 5s")), within_s=15)
    orders = (await traffic(prometheus, (2.0, 3600.0), ("orders",)))["orders", 3600.0]
    assert orders.history_s is not None
    assert 0 <= orders.history_s < 300  # to a sixtieth of the window
    assert orders.requests
    assert orders.error_ratio == 0


async def test_a_window_without_requests_or_status_says_so(prometheus: Rig) -> None:
    found = await traffic(prometheus, (2.0,), ("idle", "mute"))
    idle, mute = found["idle", 2.0], found["mute", 2.0]
    assert (idle.requests, idle.error_ratio, idle.trouble) == (0, None, "no requests in the last 2s")
    assert mute.error_ratio is None
    assert "tells which requests failed" in mute.trouble


async def test_a_window_is_asked_again_after_a_sixtieth_of_it(prometheus: Rig) -> None:
    reading = source(prometheus.url)
    reading.ask(Asks(windows_s=(60.0, 86400.0)))
    async with Reader(reading) as reader:

        async def seen() -> tuple[float | None, float | None]:
            await reader.read()
            found = reader.of(Traffic)
            return found["orders/60"].observed_at, found["orders/86400"].observed_at

        first = await seen()
        await asyncio.sleep(0.3)
        assert await seen() == first
        await asyncio.sleep(0.8)
        minute, day = await seen()
        assert minute != first[0]
        assert day == first[1]
        reading.ask(Asks())
        await reader.read()
        assert not reader.of(Traffic)


async def test_a_question_has_one_number_and_the_time_of_its_sample(prometheus: Rig) -> None:
    assert isinstance(source(prometheus.url), Askable)
    query = 'sum(circuit_breaker_state{service="orders"})'
    found = (await measured(prometheus, asked(query)))["performance.depth"]
    assert (found.value, found.trouble, found.service, found.query) == (10, "", "orders", query)
    assert found.observed_at is not None
    sampled = float(prometheus.query('max(timestamp(circuit_breaker_state{service="orders"}))')[0]["value"][1])
    assert 0 <= sampled - found.observed_at < 2


async def test_the_time_is_that_of_the_oldest_series_asked(prometheus: Rig) -> None:
    query = 'count(up{service="orders"}) + count(up{service="orders"} offset 3s)'
    prometheus.until(lambda: bool(prometheus.query(query)), within_s=15)
    found = (await measured(prometheus, asked(query)))["performance.depth"]
    assert found.observed_at is not None
    assert 2.5 < time.time() - found.observed_at < 5


@pytest.mark.parametrize(
    ("query", "trouble"),
    [
        ("up", "8 series where one was asked for"),
        ("nothing_such", "no series"),
        ("0 * vector(1) / 0", "NaN"),
        ("vector(1) / 0", "+Inf"),
        ("up[1m]", "another shape"),
        ('"word"', "could not"),
        ("sum(", "answered 400: bad_data"),
        ("no_function(up)", "answered 400: bad_data"),
        ("(" * 3000 + "up" + ")" * 3000, "series where one was asked for"),
    ],
)
async def test_anything_but_one_number_is_trouble(prometheus: Rig, query: str, trouble: str) -> None:
    found = (await measured(prometheus, asked(query)))["performance.depth"]
    assert (found.value, found.observed_at) == (None, None)
    assert trouble in found.trouble, found.trouble


async def test_a_scalar_is_a_number_whose_age_is_not_known(prometheus: Rig) -> None:
    found = (await measured(prometheus, asked("scalar(vector(3)) * 2")))["performance.depth"]
    assert (found.value, found.observed_at, found.trouble) == (6, None, "")


async def test_one_bad_question_spoils_no_other(prometheus: Rig) -> None:
    questions = [asked("sum(", "bad"), asked("count(up)", "good"), asked("count(up)", "any", ""),
                 asked("count(up)", "elsewhere", "other")]  # fmt: skip
    found = await measured(prometheus, *questions)
    assert found["bad"].value is None
    assert (found["good"].value, found["any"].value) == (8, 8)
    assert "elsewhere" not in found


async def test_slow_questions_delay_nothing_and_all_get_their_turn(prometheus: Rig) -> None:
    port = int(prometheus.url.rpartition(":")[2])
    slow = [asked(f"count(up) + {n} * count(slow_{n} or vector(0))", f"slow.{n}") for n in range(8)]
    async with lying.lying(lying.relays(port, swallows=b"slow_")) as server:
        reading = source(server.url, timeout="1s")
        reading.ask(Asks(questions=(*slow, asked("count(up)", "quick"))))
        async with Reader(reading, deadline_s=1.0) as reader:

            def answered() -> bool:
                found = {one.check: one for one in reader.of(Measurement).values()}
                tried = all("no answer" in found[one.check].trouble for one in slow if one.check in found)
                return bool(found) and found["quick"].value == 8 and tried

            await reader.read_until(answered, within_s=10)
            assert reader.of(Sli)
            assert reader.of(Alert)
