"""What broke first, who is blind and what changed, in the machine-readable status."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from prodtui.model.moment import Moment
from prodtui.reports.check_text import check_text
from prodtui.reports.document import json_schema
from prodtui.reports.status_json import as_json, status_document
from prodtui.reports.status_text import status_text
from tests.builders import CRITICAL, cluster, health, instance, pool
from tests.reports.reports import report
from tests.timeline.course import healthy


def _document(moment: Moment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_json(status_document(moment)))
    jsonschema.Draft202012Validator(json_schema()).validate(found)
    return found


def test_a_cause_its_chain_and_its_suspects_are_written() -> None:
    told = healthy().tell("consul", instance("payments", 1, version="1.5")).wait(60)
    told.tell("consul", *(health("payments", number, CRITICAL, output="HTTP GET u: 503 Busy") for number in (1, 2)))
    told.tell("pgbouncer", pool(used=20, idle=0, waiting=34, max_wait_s=3.0)).again()
    document = _document(told.moment)
    (first,) = document["first"]
    assert first["text"] == "payments-db 34 waiting → payments all 2 instances: 503"
    assert (first["cause"]["kind"], first["cause"]["what"]) == ("pool", "34 waiting")
    assert first["cause"]["at"] < first["cause"]["not_after"]
    assert [(one["kind"], one["name"]) for one in first["chain"]] == [("service", "payments")]
    assert (first["confidence"], first["candidates"]) == ("clear", 1)
    assert [(one["kind"], one["service"], one["to"]) for one in first["suspects"]] == [("deploy", "payments", "1.5")]
    assert document["changes"] == first["suspects"]


def test_what_is_unclear_counts_its_candidates() -> None:
    told = healthy().tell("envoy", cluster(healthy=1))
    (first,) = _document(told.moment)["first"]
    assert (first["confidence"], first["candidates"]) == ("unclear", 1)


def test_a_lost_source_is_written_with_what_it_hides() -> None:
    document = _document(healthy().lose("pgbouncer").moment)
    (blind,) = document["blind"]
    assert (blind["source"], blind["hides"]) == ("pgbouncer", "connection pools")
    assert blind["since"] is not None
    assert document["first"] == []


def test_a_terminal_reads_what_broke_first_and_who_is_blind_after_the_head() -> None:
    told = healthy().tell("pgbouncer", pool(used=20, idle=0, waiting=34, max_wait_s=3.0)).again()
    lines = status_text(told.lose("envoy").moment).splitlines()
    assert lines[1].startswith("first  payments-db 34 waiting")
    assert lines[2].startswith("blind  envoy since ")
    assert "circuit breakers" in lines[2] or "cluster members" in lines[2]
    gate = check_text(report(told.moment)).splitlines()
    assert gate[1].startswith("  first  payments-db 34 waiting")
    assert gate[2].startswith("  blind  envoy since ")


def test_nothing_is_said_of_a_first_cause_where_nothing_fails() -> None:
    moment = healthy().again().moment
    for text in (status_text(moment), check_text(report(moment))):
        assert not [line for line in text.splitlines() if line.strip().startswith(("first ", "blind "))]
