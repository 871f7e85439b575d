"""What k6's summary says, and the verdict on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodtui.load.measured import judged, measured, verdict
from prodtui.model.load import LoadVerdict, Threshold
from prodtui.readiness.load_rule import thresholds
from tests.load.loads import numbers, rule

SUMMARY: dict[str, Any] = {
    "root_group": {},
    "metrics": {
        "http_reqs": {"count": 4_512, "rate": 150.4},
        "http_req_duration": {"avg": 33.2, "med": 30.0, "p(95)": 61.0, "p(99)": 98.5, "max": 240.0},
        "http_req_failed": {"passes": 45, "fails": 4_467, "value": 0.00997},
        "failed_5xx": {"count": 40, "rate": 1.3},
        "failed_timeout": {"count": 5, "rate": 0.1},
    },
}


def changed(**metrics: Any) -> bytes:
    return json.dumps({"metrics": {**SUMMARY["metrics"], **metrics}}).encode()


def test_a_summary_is_read_in_seconds_and_ratios() -> None:
    found = measured(changed())
    assert (found.requests, found.rate_per_s, found.error_ratio) == (4_512, 150.4, 0.00997)
    assert (found.avg_s, found.p50_s, found.p95_s, found.p99_s) == (0.0332, 0.03, 0.061, 0.0985)
    assert found.duration_s == pytest.approx(30.0)
    assert found.failed == {"5xx": 40, "timeout": 5}


def test_of_no_request_nothing_is_known() -> None:
    found = measured(json.dumps({"metrics": {}}).encode())
    assert (found.requests, found.p99_s, found.error_ratio, found.rate_per_s) == (0, None, None, None)
    assert verdict(rule(), found) == (LoadVerdict.NOT_MEASURED, "not one request was made")


@pytest.mark.parametrize(
    "summary",
    [b"", b"\x00\xff", b"[]", b"{}", b'{"metrics": 3}', b'{"metrics": {"http_reqs": {"count": "many"}}}',
     b'{"metrics": {"http_reqs": {"count": 3, "rate": 1}}}'],
)  # fmt: skip
def test_what_is_no_summary_is_told(summary: bytes) -> None:
    with pytest.raises(ValueError, match="its summary can't be read"):
        measured(summary)


def test_every_threshold_that_holds_makes_it_met() -> None:
    given = rule(thresholds=thresholds(["p99 < 1s", "errors < 1%", "rate >= 100/s"]))
    assert verdict(given, numbers()) == (LoadVerdict.MET, "")
    assert [each.ok for each in judged(given.thresholds, numbers())] == [True, True, True]


def test_the_reason_names_what_was_measured_and_how_requests_failed() -> None:
    found = numbers(p99_s=2.3, error_ratio=0.12, failed={"timeout": 30, "5xx": 1_200})
    told, reason = verdict(rule(), found)
    assert told is LoadVerdict.NOT_MET
    assert reason == "p99 2.3 s, wants p99 < 1s; errors 12 % (1,200 5xx, 30 timeouts), wants errors < 1%"


def test_a_load_that_was_not_sent_as_declared_is_not_met() -> None:
    told, reason = verdict(rule(), numbers(requests=900, unsent=100))
    assert told is LoadVerdict.NOT_MET
    assert reason == "100 of 1,000 requests were never sent: every user waited for an answer"
    assert verdict(rule(), numbers(requests=999, unsent=1)) == (LoadVerdict.MET, "")


def test_a_scripts_own_thresholds_count_too() -> None:
    summary = changed(http_req_duration={**SUMMARY["metrics"]["http_req_duration"], "thresholds": {"p(95)<50": True}})
    found = measured(summary, own_thresholds=True)
    assert found.script_thresholds == (Threshold("http_req_duration p(95)<50", False),)
    told, reason = verdict(rule(), found)
    assert (told, reason) == (LoadVerdict.NOT_MET, "the script's own http_req_duration p(95)<50 does not hold")
    assert measured(summary).script_thresholds == ()
