"""Prometheus' answers to records: the pure part."""

from __future__ import annotations

import math

import msgspec
import pytest

from prodtui.model.records import BreakerState
from prodtui.sources.metrics.alerts import alerts, sent
from prodtui.sources.metrics.breakers import DEFAULT_STATES, breakers
from prodtui.sources.metrics.presets import PRESETS, preset_of
from prodtui.sources.metrics.queries import SLI, Arm, Selection, arms_of, duration, traffic
from prodtui.sources.metrics.results import Numbers, Row, numbers, rows, unix
from prodtui.sources.metrics.slis import Histogram, histogram, sli
from prodtui.sources.metrics.targets import targets

PLAIN = PRESETS[0]
SELECTION = Selection(PLAIN, (Arm("service", 'service!=""'), Arm("job", 'service=""')), ("code",))


@pytest.mark.parametrize(
    "result",
    [
        [1, "NaN"],
        "text",
        None,
        [{"metric": {"a": 1}, "value": [1, "1"]}],
        [{}],
        {},
        [{"metric": {}, "value": [1, "x"]}],
    ],
)
def test_whatever_is_no_vector_is_refused(result: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        rows(result)


def test_values_are_numbers_however_strange() -> None:
    found = [row.value for row in rows([{"metric": {}, "value": [1, text]} for text in ("1e3", "+Inf", "NaN")])]
    assert found[:2] == [1000, math.inf]
    assert math.isnan(found[2])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_unknown_and_named(value: float) -> None:
    told = Numbers({"rate": 5.0, "p50": 0.1, "p95": 0.2, "p99": value, "errors": 0.0, "newest": 1, "history": 1})
    found = sli("a", told, Histogram(SELECTION, {}, {}), window=20, observed_at=None, interval_s=None)
    assert found.p99_s is None
    assert found.p95_s == 0.2
    assert found.trouble in ("p99 is NaN", "p99 is +Inf", "p99 is -Inf")


def test_two_series_where_one_was_asked_for_are_none() -> None:
    told = numbers([Row({"service": "a", SLI: "rate"}, 1), Row({"service": "a", SLI: "rate"}, 2)], SELECTION.label)
    found = sli("a", told["a"], Histogram(SELECTION, {}, {}), window=20, observed_at=None, interval_s=None)
    assert found.rate_per_s is None
    assert found.trouble.startswith("several series of rate where one was asked for")


def test_a_lone_sample_is_no_rate() -> None:
    told = Numbers({"newest": 1})
    found = sli("a", told, Histogram(SELECTION, {}, {}), window=20, observed_at=1, interval_s=None)
    assert found.trouble == "no rate: fewer than two samples in the last 20s; history shorter than the window of 20s"


def test_names_are_made_inert() -> None:
    told = Numbers({"rate": 0.0})
    found = sli("a\x1b[2J", told, Histogram(SELECTION, {}, {}), window=20, observed_at=1, interval_s=None)
    assert "\x1b" not in found.label


def test_bounds_and_jobs_are_found_by_service() -> None:
    answered = [
        Row({"service": "a", "job": "apps", "le": bound}, 1) for bound in ("0.5", "10", "+Inf", "1", "nonsense")
    ]
    found = histogram(SELECTION, [*answered, Row({"service": "b", "job": "more", "le": "+Inf"}, 1)])
    assert found.bounds_s == {"a": 10, "b": None}
    assert found.jobs == {"a": {"apps"}, "b": {"more"}}
    assert found.selection.arms == (SELECTION.arms[0],)  # no series goes by its job


def test_milliseconds_scale_bounds_and_quantiles_alike() -> None:
    selection = SELECTION._replace(preset=preset_of("envoy_cluster_upstream_rq_time"))
    found = histogram(selection, [Row({"service": "a", "le": "300000"}, 1)])
    told = Numbers({"rate": 1.0, "p99": 300000.0})
    read = sli("a", told, found, window=20, observed_at=1, interval_s=None)
    assert read.p99_s == read.beyond_s == 300


def test_a_service_goes_by_the_first_label_it_has() -> None:
    assert arms_of(PLAIN, "team", ["job", "team", "code"]) == (
        Arm("team", 'team!=""'),
        Arm("job", 'team="",job!=""'),
    )
    assert arms_of(PLAIN, "team", ["job"]) == (Arm("job", 'job!=""'),)
    assert arms_of(PLAIN, "team", []) == ()


def test_the_error_ratio_is_asked_as_a_share_of_what_has_a_status() -> None:
    promql = traffic(Selection(PLAIN, (Arm("service", 'service!=""'),), ("code", "status")), 20)
    assert "0 * sum by (service)" in promql
    assert 'status=~"5.."' in promql
    assert "errors" not in traffic(Selection(PLAIN, SELECTION.arms), 20)


@pytest.mark.parametrize(("seconds", "text"), [(20.0, "20s"), (0.8, "800ms"), (3600, "3600s"), (1.5, "1500ms")])
def test_durations_are_promqls(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.metric)
def test_every_presets_name_tells_its_unit(preset: object) -> None:
    assert preset_of(preset.metric).unit_s == (  # type: ignore[attr-defined]
        0.001 if preset.metric.endswith(("_milliseconds", "_time")) else 1.0  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-22T22:40:00.123456789Z", 1795387200.123456),
        ("0001-01-01T00:00:00Z", None),
        ("2026-11-22T22:40:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_are_unix_seconds_or_unknown(text: str, found: float | None) -> None:
    assert unix(text) == found


def test_of_two_targets_with_one_name_the_one_that_is_down_is_kept() -> None:
    def one(health: str) -> dict[str, object]:
        return {"labels": {"job": "a", "instance": "b"}, "health": health, "scrapeInterval": "1m0s"}

    found = targets({"activeTargets": [one("down"), one("up")]}, "service")
    assert [target.up for target in found] == [True, False]
    assert found[0].scrape_interval_s == 60
    assert targets({"activeTargets": [{"health": "unknown", "scrapeInterval": "often"}]}, "service")[0].up is None


def test_an_alert_is_silenced_where_alertmanager_holds_back_all_that_match() -> None:
    answered = {"alerts": [{"labels": {"alertname": "A", "service": "a"}, "state": "firing"}]}
    quiet = {"labels": {"alertname": "A", "service": "a", "cluster": "x"}, "status": {"silencedBy": ["1"]}}
    loud = {"labels": {"alertname": "A", "service": "a", "cluster": "y"}, "status": {"silencedBy": []}}
    other = {"labels": {"alertname": "A", "service": "b"}, "status": {}}

    def silenced(*held: object) -> bool | None:
        return alerts(answered, "service", notified=sent(list(held)))[0].silenced

    assert silenced(quiet) is True
    assert silenced(quiet, loud) is False
    assert silenced(other) is None
    assert silenced({**loud, "status": {"inhibitedBy": ["2"]}}) is True


def test_a_breaker_in_two_states_at_once_is_unknown() -> None:
    labels = {SLI: "one_hot", "name": "bank", "instance": "i"}
    answered = [Row({**labels, "state": "open"}, 1), Row({**labels, "state": "closed"}, 1)]
    found = breakers(answered, service_label="service", name_label="name", states=DEFAULT_STATES)
    assert [breaker.state for breaker in found] == [BreakerState.UNKNOWN]


def test_a_breaker_value_that_is_no_number_is_unknown_not_closed() -> None:
    answered = [Row({SLI: "state", "name": "bank"}, math.nan)]
    found = breakers(answered, service_label="service", name_label="name", states=DEFAULT_STATES)
    assert [breaker.state for breaker in found] == [BreakerState.UNKNOWN]
