"""Keptn's own examples (keptn/spec, service_level_objective.md and its tutorials) and OpenSLO's become policies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from prodtui.model.errors import ConfigurationError
from prodtui.readiness.criteria import Bound, Criteria, Limits
from prodtui.readiness.policy import Policy
from prodtui.readiness.policy_file.imported import Imported, imported
from prodtui.readiness.policy_file.load import load

SPEC_1_0 = """\
spec_version: '1.0'
filter:
  mz_id: "4711"
  svc_id: "a14b-cd87-0d51"
comparison:
  compare_with: "several_results"
  include_result_with_score: "pass"
  number_of_comparison_results: 3
  aggregate_function: avg
objectives:
- sli: response_time_p95
  displayName: "Response Time P95"
  pass:
  - criteria:
    - "<=+10%"
    - "<600"
  warning:
  - criteria:
    - "<=800"
total_score:
  pass: "90%"
  warning: "75%"
"""
OR_OF_SETS = """\
spec_version: '1.0'
comparison:
  compare_with: "single_result"
objectives:
- sli: response_time_p95
  displayName: "Response Time P95"
  pass:
  - criteria:
    - "<=+10%"
  - criteria:
    - "<600"
  weight: 2
  key_sli: true
total_score:
  pass: "90%"
  warning: "75%"
"""
SPEC_0_1_1 = """\
---
spec_version: "0.1.1"
comparison:
  aggregate_function: "avg"
  compare_with: "single_result"
  include_result_with_score: "pass"
  number_of_comparison_results: 1
filter:
objectives:
  - sli: "response_time_p95"
    key_sli: false
    pass:             # pass if (relative change <= 75% AND absolute value is < 75ms)
      - criteria:
          - "<=+75%"  # relative values require a prefixed sign (plus or minus)
          - "<800"     # absolute values only require a logical operator
    warning:          # if the response time is below 200ms, the result should be a warning
      - criteria:
          - "<=1000"
          - "<=+100%"
    weight: 1
  - sli: "throughput"
    pass:
      - criteria:
          - "<=+100%"
          - ">=-80%"
  - sli: "error_rate"
total_score:
  pass: "100%"
  warning: "65%"
"""
SLI = """\
spec_version: "1.0"
indicators:
  response_time_p95: quantile(0.95, rate(http_ms{job="$SERVICE",mz="$mz_id"}[$DURATION_SECONDS]))
  throughput: sum(rate(http_requests_total{job="$SERVICE"}[1m]))
  error_ratio: sum(rate(http_errors_total{job="$SERVICE"}[1m]))
"""
OPENSLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: main-page
  displayName: Main page availability
spec:
  description: Our main page should be available always
  service: web-shop
  indicatorRef: response-code
  timeWindow:
    - duration: 2w
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: Good
      target: 0.99
    - displayName: Better
      targetPercent: 99.9
---
apiVersion: openslo/v1
kind: SLI
metadata:
  name: response-code
spec:
  ratioMetric:
    counter: true
    good:
      metricSource:
        type: Prometheus
        metricSourceRef: prometheus-datasource
        spec:
          query: sum(localhost_server_requests{code=~"2xx|3xx",host="*",instance="127.0.0.1:9090"})
    total:
      metricSource:
        type: Prometheus
        spec:
          query: localhost_server_requests{code="total",host="*",instance="127.0.0.1:9090"}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: search-slo
  displayName: Searching time
spec:
  service: web-shop
  indicator:
    metadata:
      name: search-latency
    spec:
      thresholdMetric:
        metricSource:
          type: Prometheus
          spec:
            query: search_ms
  timeWindow:
    - duration: 1Q
      calendar: { startTime: 2020-01-21 12:30:00, timeZone: America/New_York }
  budgetingMethod: Occurrences
  objectives:
    - displayName: Good experience
      op: lt
      value: 500
      target: 0.99
"""


def keptn(directory: Path, slo: str, sli: str | None = SLI, service: str | None = None) -> Imported:
    (directory / "slo.yaml").write_text(slo)
    if sli is not None:
        (directory / "sli.yaml").write_text(sli)
    return imported(directory / "slo.yaml", directory / "sli.yaml" if sli is not None else None, service)


def reloaded(directory: Path, found: Imported) -> Policy:
    (directory / "imported.toml").write_text(found.text)
    return load(directory / "imported.toml", env={})


def refusal(directory: Path, slo: str, sli: str | None = SLI) -> str:
    with pytest.raises(ConfigurationError) as raised:
        keptn(directory, slo, sli)
    return str(raised.value).replace(f"{directory}/", "")


def test_keptns_example_keeps_its_criteria_query_and_score(tmp_path: Path) -> None:
    policy = reloaded(tmp_path, keptn(tmp_path, SPEC_1_0, service="payments"))
    (custom,) = policy.customs
    assert (custom.id, custom.title) == ("performance.response_time_p95", "Response Time P95")
    assert custom.query == ('quantile(0.95, rate(http_ms{job="$service",mz="4711"}[60s]))')
    assert custom.limits == Limits(
        passes=Criteria(((Bound("<=", 0.1, "share"), Bound("<", 600)),)), warns=Criteria(((Bound("<=", 800),),))
    )
    assert (custom.weight, custom.blocking, custom.selector.services) == (Fraction(1), False, ("payments",))
    assert (policy.warns_below, policy.fails_below) == (Fraction(90), Fraction(75))


def test_keptns_or_is_an_or_and_a_key_sli_blocks(tmp_path: Path) -> None:
    (custom,) = reloaded(tmp_path, keptn(tmp_path, OR_OF_SETS, SLI.replace(',mz="$mz_id"', ""))).customs
    assert custom.limits.passes == Criteria(((Bound("<=", 0.1, "share"),), (Bound("<", 600),)))
    assert (custom.weight, custom.blocking) == (Fraction(2), True)


def test_what_differs_from_an_old_keptn_file_is_said(tmp_path: Path) -> None:
    found = keptn(tmp_path, SPEC_0_1_1, SLI.replace(',mz="$mz_id"', ""))
    assert [custom.id for custom in reloaded(tmp_path, found).customs] == [
        "performance.response_time_p95",
        "performance.throughput_sli",
    ]
    notes = "\n".join(found.notes)
    for difference in ("error_rate: no pass criteria: information only", "UNKNOWN", "comparison", "floor"):
        assert difference in notes


def test_a_warning_that_never_warns_is_left_out_and_said(tmp_path: Path) -> None:
    slo = OR_OF_SETS.replace('    - "<=+10%"\n  - criteria:\n', "").replace(
        "  weight: 2", '  warning:\n  - criteria:\n    - "<=0.5"\n  weight: 2'
    )
    found = keptn(tmp_path, slo, SLI.replace(',mz="$mz_id"', ""))
    assert reloaded(tmp_path, found).customs[0].limits.warns is None
    assert any("never warns" in note for note in found.notes)


@pytest.mark.parametrize(
    ("slo", "sli", "message"),
    [
        (SPEC_1_0, None, 'slo.yaml: objectives[0].sli: no indicator "response_time_p95" is defined. Indicators: none'),
        (SPEC_1_0, "indicators: {other: x}", "Indicators: other"),
        (SPEC_1_0, SLI.replace("$mz_id", "$STAGE"), "objectives[0].sli response_time_p95: nothing fills $STAGE"),
        (SPEC_1_0.replace('"<600"', '"quick"'), SLI, 'pass[0].criteria[1]: expected a criterion such as "<=+10%"'),
        ("spec_version: '1.0'\nobjectives: []\n", SLI, "objectives: there are none; Keptn passes such a gate"),
        ("spec_version: '2.0'\n", SLI, 'spec_version: expected "0.1.x" or "1.0"'),
        ("a: [1\n", SLI, "slo.yaml:2:1: not valid YAML"),
        ("- 1\n", SLI, "expected a Keptn SLO or OpenSLO file"),
        (SPEC_1_0.replace('"90%"', '"most"'), SLI, 'total_score.pass: expected a percentage such as "90%"'),
        ("!!python/object/apply:os.getcwd []\n", SLI, "not valid YAML"),
    ],
)
def test_what_cannot_be_imported_is_named(tmp_path: Path, slo: str, sli: str | None, message: str) -> None:
    assert message in refusal(tmp_path, slo, sli)


def test_openslo_ratios_and_thresholds_become_checks_and_objectives(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(OPENSLO)
    found = imported(tmp_path / "slo.yaml")
    policy = reloaded(tmp_path, found)
    assert [(custom.id, custom.limits.text(custom.unit)) for custom in policy.customs] == [
        ("performance.main_page", "PASS >= 99 %, else FAIL"),
        ("performance.main_page_sli", "PASS >= 99.9 %, else FAIL"),
        ("performance.search_slo", "PASS < 500, else FAIL"),
    ]
    assert policy.customs[0].query == (
        '(sum(localhost_server_requests{code=~"2xx|3xx",host="*",instance="127.0.0.1:9090"})) / '
        '(localhost_server_requests{code="total",host="*",instance="127.0.0.1:9090"})'
    )
    assert [
        (rule.selector.services, rule.slo and (rule.slo.objective, rule.slo.period_s / 86_400)) for rule in policy.rules
    ] == [
        (("web-shop",), (0.999, 14)),
        (("web-shop",), (0.99, 90)),
    ]
    assert any("rolling" in note for note in found.notes)
    assert any("strictest" in note for note in found.notes)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("type: Prometheus", "type: Datadog"), "expected a metricSource of type Prometheus"),
        (("indicatorRef: response-code", "indicatorRef: nothing"), 'no indicator "nothing" is in the file'),
        (("target: 0.99", "target: 1.0"), "expected a target between 0 and 1"),
        (("duration: 2w", "duration: soon"), "timeWindow: expected a duration such as 28d or 4w"),
        (("op: lt", "op: near"), "expected op (lt, lte, gt, gte)"),
        (("kind: SLO", "kind: Service"), "there is no document of kind SLO"),
    ],
)
def test_what_openslo_says_that_a_policy_cannot_is_named(tmp_path: Path, edit: tuple[str, str], message: str) -> None:
    (tmp_path / "slo.yaml").write_text(OPENSLO.replace(*edit))
    with pytest.raises(ConfigurationError) as raised:
        imported(tmp_path / "slo.yaml")
    assert message in str(raised.value)
