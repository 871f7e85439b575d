"""A scan as text, JSON and SARIF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from prodtui.scan.reference import rules_page
from prodtui.scan.reports.document import ScanDocument, scan_json
from prodtui.scan.reports.sarif import scan_sarif
from prodtui.scan.reports.text import scan_text
from prodtui.scan.rules import RULES
from prodtui.scan.scan import Scan, scan
from tests.scan.trees import BAD, CLEAN, tree

AT = "2026-11-23T21:00:00.000Z"
ALLOWED = "# prodtui: allow mock-data because the demo page shows it\nMOCK_ROWS = [1, 2]\n"


@pytest.fixture
def found(tmp_path: Path) -> Scan:
    return scan(
        [tree(tmp_path, {"a b.py": BAD + BAD, "ok.py": CLEAN, "allowed.py": ALLOWED, "broken.py": "def f(:\n"})]
    )


def _sarif(found: Scan) -> dict[str, Any]:
    return dict(json.loads(scan_sarif(found, at=AT, release="1.4.2", version="0.1.0")))


def test_text_says_where_what_and_what_to_do_and_sums_up(found: Scan) -> None:
    text = scan_text(found)
    assert "  1:1  error  hollow-check: verify_token takes input, ignores it, and always says yes" in text
    assert "      def verify_token(token):" in text
    assert RULES["hollow-check"].remedy in text
    assert "mock-data is allowed: the demo page shows it" in text
    assert text.splitlines()[-1] == (
        "2 findings · 4 files and 9 lines of Python read · 1 file NOT read · 1 allowed by a comment"
    )


def test_text_of_a_clean_tree_is_one_line(tmp_path: Path) -> None:
    text = scan_text(scan([tree(tmp_path, {"ok.py": CLEAN})]))
    assert text == "no findings · 1 file and 2 lines of Python read\n"


def test_json_holds_to_its_types_and_covers_the_scan(found: Scan) -> None:
    document = msgspec.json.decode(scan_json(found, at=AT, release="1.4.2"), type=ScanDocument)
    assert document.release == "1.4.2"
    assert (document.clean, document.files, len(document.findings), len(document.suppressed)) == (False, 4, 2, 1)
    assert [each.partly for each in document.unreadable] == [False]


def test_sarif_is_what_the_standard_describes(found: Scan) -> None:
    log = Sarif.model_validate(_sarif(found))
    assert log.version == "2.1.0"
    (run,) = log.runs
    assert [rule.id for rule in run.tool.driver.rules or []] == list(RULES)
    assert len(run.results or []) == 3


def test_sarif_results_point_at_their_rule_and_place(found: Scan) -> None:
    (run,) = _sarif(found)["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"].startswith("file:///")
        assert " " not in location["artifactLocation"]["uri"]
        assert location["region"]["startLine"] >= 1
    assert [r["suppressions"][0]["justification"] for r in run["results"] if "suppressions" in r] == [
        "the demo page shows it"
    ]


def test_sarif_says_what_was_not_read(found: Scan) -> None:
    (invocation,) = _sarif(found)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "does not parse" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_twins_in_a_file_keep_apart_and_an_edit_above_moves_nothing(tmp_path: Path) -> None:
    def prints(text: str) -> list[str]:
        (run,) = _sarif(scan([tree(tmp_path, {"a.py": text})]))["runs"]
        return [result["partialFingerprints"]["prodtuiScan/v1"] for result in run["results"]]

    before = prints(BAD + BAD)
    assert len(set(before)) == 2
    assert prints("import os\n" + BAD + BAD) == before


def test_the_page_of_the_rules_is_up_to_date_and_names_each() -> None:
    page = rules_page()
    assert all(f"| `{rule}` |" in page for rule in RULES)
    path = Path(__file__).parent.parent.parent / "docs" / "scan.md"
    assert path.read_text() == page, "docs/scan.md is behind the code: run `make docs`"
