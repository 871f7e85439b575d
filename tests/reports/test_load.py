"""A load's result as text and as its document."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec

from prodtui.model.load import LoadProgress, LoadVerdict, Saturated, Threshold
from prodtui.reports.load_json import declared_json, json_schema, load_json
from prodtui.reports.load_text import declared_text, progress_line, result_text
from tests.builders import NOW
from tests.load.loads import rule, run, tick

FULL = Saturated(
    at=NOW + 4, kind="pool", name="payments-db", what="10 of 10 used, 34 waiting", users=400, rate_per_s=310.0
)
SLOW = Saturated(at=NOW + 9, kind="sli", name="checkout", what="p99 2.3 s")
NOT_MET = run(
    verdict=LoadVerdict.NOT_MET,
    reason="p99 2.3 s, wants p99 < 1s",
    thresholds=(Threshold("p99 < 1s", False), Threshold("errors < 1%", True), Threshold("rate >= 9/s", None)),
    saturated=(FULL, SLOW),
    p99_s=2.3,
)


def test_the_result_is_a_verdict_with_the_table_behind_it() -> None:
    assert result_text(NOT_MET) == (
        "✖ shop: NOT MET: p99 2.3 s, wants p99 < 1s\n"
        "  http://127.0.0.1:8080/ (payments 1.4.2), by k6 v1.1.0\n"
        "\n"
        "  requests         1,000    average      20 ms\n"
        "  duration          10 s    p95          50 ms\n"
        "  throughput       100/s    p99          2.3 s\n"
        "  errors             0 %\n"
        "\n"
        "  ✖ p99 < 1s\n"
        "  ● errors < 1%\n"
        "  ? rate >= 9/s\n"
        "\n"
        "  saturated first: pool payments-db: 10 of 10 used, 34 waiting (4 s after it began, at 400 users and 310 "
        "requests/s)\n"
        "  then:            sli checkout: p99 2.3 s (9 s after it began)\n"
    )


def test_where_nothing_ran_out_it_says_so_and_what_was_not_measured_is_unknown() -> None:
    told = result_text(run(verdict=LoadVerdict.NOT_MEASURED, p99_s=None, avg_s=None, rate_per_s=None, requests=0))
    assert "saturated first: nothing that the sources see" in told
    assert "throughput           ?" in told


def test_a_line_of_progress_has_all_that_matters() -> None:
    held = (Threshold("p99 < 1s", False), Threshold("errors < 1%", True))
    progress = LoadProgress(
        name="shop", environment="lab", target="x", service="", plan="", ticks=(tick(),), thresholds=held
    )
    assert progress_line(progress) == (
        "   3 s  50 users  100 requests/s  p50 10 ms  p95 50 ms  p99 100 ms  errors 0 %  300 requests  ✖ p99 < 1s"
    )

    kept = msgspec.structs.replace(progress, ticks=(tick(users=None),))
    assert progress_line(kept).startswith("   3 s  100 requests/s  p50 "), "k6 tells of no users where a rate is kept"


def test_the_document_is_as_its_schema_says() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs" / "load.schema.json").read_text())
    assert schema == json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (run(), NOT_MET, run(verdict=LoadVerdict.NOT_MEASURED, p99_s=None, error_ratio=None)):
        jsonschema.validate(json.loads(load_json(one)), schema)
    assert list(json.loads(load_json(NOT_MET))) == [
        "schema", "name", "engine", "requests", "duration_s", "avg_s", "p95_s", "p99_s", "error_ratio", "rate_per_s",
        "thresholds", "verdict",
    ]  # fmt: skip


def test_what_is_declared_is_listed_with_its_last_run() -> None:
    told = declared_text(
        {"shop": rule(), "sale": rule(name="sale")}, {"shop": "50 users", "sale": "x"}, {"shop": NOT_MET}
    )
    assert "p99 < 1s, errors < 1%" in told
    assert "✖ NOT MET" in told.splitlines()[1]
    assert told.splitlines()[2].endswith("never run")
    document = json.loads(declared_json({"shop": rule()}, {"shop": "50 users"}, {"shop": NOT_MET}))
    assert document["loads"][0]["last"]["verdict"] == "NOT_MET"
    assert "[load.checkout]" in declared_text({}, {}, {})


def test_what_came_from_outside_is_inert() -> None:
    hostile = "\x1b[31mred\x07\u202e"
    evil = Saturated(at=NOW, kind="pool", name=hostile, what=hostile)
    told = result_text(run(target=hostile, reason=hostile, saturated=(evil,), thresholds=(Threshold(hostile, True),)))
    assert all(character.isprintable() or character == "\n" for character in told)
