from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prodtui.readiness.pillars import checks
from prodtui.readiness.policy import Policy
from prodtui.readiness.policy_file.files import NO_FILES, merged
from prodtui.readiness.policy_file.load import load, policy_from
from prodtui.readiness.policy_file.schema import schema
from prodtui.readiness.policy_file.show import effective, show
from prodtui.readiness.policy_file.written import plain
from tests.readiness.policy_file.policies import example, loaded

META = ("path", "digest", "places")


def same(one: Policy, other: Policy) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in Policy.__struct_fields__ if name not in META)


@pytest.mark.parametrize("text", ["", "name = 'x'\n", example()])
def test_what_is_shown_loads_as_the_same_policy(tmp_path: Path, text: str) -> None:
    policy = loaded(tmp_path, text, CI_COMMIT_TAG="v2")
    shown = show(policy, merged(tmp_path / "readiness.toml"), checks())
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "shown.toml").write_text(shown)
    assert same(load(tmp_path / "elsewhere" / "shown.toml", env={"CI_COMMIT_TAG": "v2"}), policy)


def test_each_value_has_its_place_and_defaults_are_comments(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("[verdict]\n\nfails_below = 70\n")
    policy = loaded(tmp_path, "extends = 'base.toml'\n[checks.performance.latency_p99]\nweight = 4\n")
    lines = show(policy, merged(tmp_path / "readiness.toml"), checks()).split("\n")
    assert any(line.startswith("fails_below = 70 ") and line.endswith("base.toml:3") for line in lines)
    assert any(line.startswith("# warns_below = 90 ") and line.endswith("# default") for line in lines)
    start = lines.index("[checks.performance.latency_p99]")
    assert any(line.startswith("weight = 4 ") and line.endswith("readiness.toml:3") for line in lines[start:])


def test_the_default_policy_can_be_shown_where_there_is_no_file() -> None:
    shown = show(policy_from(NO_FILES), NO_FILES, checks())
    assert tomllib.loads(shown) == {}
    assert "# [checks.performance.latency_p99]" in shown
    assert '# pass = ["< 0.25"]' in shown


def test_the_plain_form_has_effective_values_and_origins(tmp_path: Path) -> None:
    policy = loaded(tmp_path, example())
    found: Any = json.loads(json.dumps(plain(effective(policy, merged(tmp_path / "readiness.toml"), checks()))))
    assert found["verdict"]["fails_below"] == 75
    assert found["tiers.B"]["minimum"] == 2
    assert found["checks"]["performance.latency_p99"]["weight"] == 3
    assert found["checks"]["performance.latency_p95"]["pass"] == ["< 0.15"]
    assert found["origins"]["waivers[0].expires"].startswith(str(tmp_path))


def test_the_schema_accepts_the_documented_example_and_knows_every_check() -> None:
    found = schema(checks())
    jsonschema.Draft202012Validator.check_schema(found)
    validator = jsonschema.Draft202012Validator(found)
    document = json.loads(json.dumps(tomllib.loads(example()), default=str))
    assert list(validator.iter_errors(document)) == []
    document["checks"]["performance"]["latency_p99"]["wieght"] = 1
    document["pillars"]["speed"] = 1
    assert len(list(validator.iter_errors(document))) == 2
    for check in checks():
        pillar, _, name = check.partition(".")
        assert name in found["$defs"]["Checks"]["properties"][pillar]["properties"]
