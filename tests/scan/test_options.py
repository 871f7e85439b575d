"""How a scan is configured at its root, and what is said of a configuration that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.scan.errors import ScanError
from prodtui.scan.globs import matches
from prodtui.scan.options import configured
from prodtui.scan.scan import scan
from tests.scan.trees import BAD, CLEAN, tree

RULES = '[tool.prodtui.scan.rules]\nhollow-check = { off = "verified by the proxy" }\n'


def test_a_rule_is_off_with_its_reason(tmp_path: Path) -> None:
    found = scan([tree(tmp_path, {"a.py": BAD, "pyproject.toml": RULES})])
    assert found.clean
    assert found.off == {"hollow-check": "verified by the proxy"}


def test_a_suppression_of_a_rule_that_is_off_is_no_finding(tmp_path: Path) -> None:
    text = "# prodtui: allow hollow-check because the proxy verifies\n" + BAD
    assert scan([tree(tmp_path, {"a.py": text, "pyproject.toml": RULES})]).clean


def test_the_own_file_configures_as_pyproject_does(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": CLEAN, "old/b.py": BAD, ".prodtui-scan.toml": 'exclude = ["old/**"]\n'})
    assert scan([root]).files == 1


def test_each_root_has_its_own_configuration(tmp_path: Path) -> None:
    lenient = tree(tmp_path / "lenient", {"a.py": BAD, "pyproject.toml": RULES})
    strict = tree(tmp_path / "strict", {"a.py": BAD})
    assert [Path(f.path).parent.name for f in scan([lenient, strict]).findings] == ["strict"]


def test_a_pyproject_without_the_table_configures_nothing(tmp_path: Path) -> None:
    tree(tmp_path, {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"})
    assert configured(tmp_path).exclude == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exclud = []", ["unknown key exclud", "exclude, include, rules"]),
        ('exclude = "old"', ["exclude has to be a list"]),
        ("include = [1]", ["include has to be a list"]),
        ('[rules]\nhollow-chekc = { off = "x" }', ["rules.hollow-chekc: no such rule", "hollow-check"]),
        ("[rules]\nhollow-check = false", ["rules.hollow-check has to be", "with a reason"]),
        ('[rules]\nhollow-check = { off = " " }', ["rules.hollow-check has to be", "with a reason"]),
        ("rules = 1", ["rules has to be a table"]),
        ("exclude = = 1", ["can't be read", "line 1"]),
    ],
)
def test_a_bad_configuration_names_file_key_and_what_is_allowed(text: str, said: list[str], tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": CLEAN, ".prodtui-scan.toml": text})
    with pytest.raises(ScanError) as error:
        scan([root])
    assert all(word in str(error.value) for word in [".prodtui-scan.toml", *said]), str(error.value)


def test_two_configurations_of_one_root_are_refused(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": CLEAN, "pyproject.toml": RULES, ".prodtui-scan.toml": "exclude = []\n"})
    with pytest.raises(ScanError, match="keep one of them"):
        scan([root])


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("tests", "tests/a.py", True),
        ("tests", "src/tests/deep/a.py", True),
        ("tests", "contests/a.py", False),
        ("*_test.go", "pkg/a_test.go", True),
        ("*.test.*", "src/a.test.tsx", True),
        ("src/old", "src/old/a.py", True),
        ("src/old", "lib/src/old/a.py", False),
        ("src/**", "src/a/b.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("**/gen/*.go", "a/b/gen/c.go", True),
        ("**/gen/*.go", "gen/c.go", True),
        ("a[0-9].py", "x/a7.py", True),
        ("a.py", "aXpy", False),
    ],
)
def test_patterns_match_as_in_gitignore(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, [pattern]) is expected


_NAME = st.text(st.sampled_from("abc._-()+$^"), min_size=1).filter(lambda name: name not in (".", ".."))


@given(st.lists(_NAME, min_size=1, max_size=4), st.data())
def test_a_name_without_wildcards_matches_itself_at_any_depth(parts: list[str], data: st.DataObject) -> None:
    assert matches("/".join(parts), [data.draw(st.sampled_from(parts))])
