"""`prodtui scan`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from prodtui.cli.scan import scan
from prodtui.model.errors import UsageError
from tests.scan.trees import BAD, CLEAN, tree

ROOT = Path(__file__).parent.parent.parent


def _run(*words: str | Path) -> Result:
    app = typer.Typer()
    app.command()(scan)
    return CliRunner().invoke(app, [*map(str, words)])


def test_a_clean_tree_exits_0_and_one_with_findings_1(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": CLEAN})
    assert _run(root).exit_code == 0
    done = _run(tree(root, {"b.py": BAD}))
    assert done.exit_code == 1
    assert "hollow-check" in done.stdout
    assert done.stderr == ""


def test_a_tree_that_can_not_be_read_whole_is_not_clean(tmp_path: Path) -> None:
    assert _run(tree(tmp_path, {"a.py": CLEAN, "b.py": "def f(:\n"})).exit_code == 1


@pytest.mark.parametrize("format_", ["json", "sarif"])
def test_a_report_goes_to_the_file_that_is_asked_for(format_: str, tmp_path: Path) -> None:
    output = tmp_path / "report"
    done = _run(tree(tmp_path, {"a.py": BAD}), "--format", format_, "--output", output, "--release", "1.4.2")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "1.4.2" in json.dumps(json.loads(output.read_text()))


def test_patterns_on_the_command_line_count(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": CLEAN, "old/b.py": BAD, "docs/c.py": BAD})
    assert _run(root, "--exclude", "old").exit_code == 0
    assert _run(root, "--exclude", "old", "--include", "docs/**").exit_code == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [({}, "nothing to scan"), ({"a.py": CLEAN, ".prodtui-scan.toml": "off = 1\n"}, "unknown key off")],
)
def test_what_can_not_be_scanned_is_a_usage_error(files: dict[str, str], said: str, tmp_path: Path) -> None:
    done = _run(tree(tmp_path, files))
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_a_report_that_can_not_be_written_is_a_usage_error(tmp_path: Path) -> None:
    done = _run(tree(tmp_path, {"a.py": CLEAN}), "--output", tmp_path / "none" / "report")
    assert isinstance(done.exception, UsageError)


def test_prodtui_itself_is_production_only() -> None:
    done = _run(ROOT / "prodtui")
    assert done.exit_code == 0, done.stdout
    assert "allowed by a comment" not in done.stdout
