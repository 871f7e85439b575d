"""`prodtui policy`, as typed."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema

from prodtui.cli.policies import policy_for, policy_path
from prodtui.cli.policy import schema_page
from prodtui.readiness.pillars import checks
from prodtui.readiness.policy import Policy
from tests.cli.prodtui import prodtui

POLICY = """\
name = "shop"
[verdict]
fails_below = 80
[checks.performance.latency_p99]
pass = ["< 300ms"]
warn = ["< 600ms"]
[[rules]]
tiers = ["A"]
[rules.checks.performance.latency_p99]
blocking = false
"""
SLO = "spec_version: '1.0'\nobjectives:\n- sli: lag\n  pass:\n  - criteria: ['<=+10%']\n- sli: info\n"
SLI = "spec_version: '1.0'\nindicators: {lag: 'lag{job=\"$SERVICE\"}'}\n"


def written(directory: Path, text: str = POLICY) -> Path:
    path = directory / "readiness.toml"
    path.write_text(text)
    return path


def test_show_prints_what_applies_and_where_it_comes_from(tmp_path: Path) -> None:
    path = written(tmp_path)
    done = prodtui("policy", "show", "--policy", path)
    assert done.returncode == 0, done.stderr
    assert tomllib.loads(done.stdout)["verdict"] == {"fails_below": 80}
    assert f"# {path}:3" in done.stdout
    found = json.loads(prodtui("policy", "show", "--policy", path, "--format", "json").stdout)
    assert found["verdict"]["warns_below"] == 90
    assert found["origins"]["verdict.fails_below"] == f"{path}:3"


def test_validate_says_everything_that_is_wrong_and_exits_2(tmp_path: Path) -> None:
    good = prodtui("policy", "validate", "--policy", written(tmp_path))
    assert (good.returncode, good.stderr) == (0, "")
    path = written(tmp_path, POLICY.replace("fails_below", "fails_blow").replace("600ms", "1 week"))
    bad = prodtui("policy", "validate", "--policy", path)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert f'{path}:3: verdict.fails_blow: unknown key "fails_blow"; did you mean "fails_below"?' in bad.stderr
    assert f"{path}:6: checks.performance.latency_p99.warn[0]: expected an operator" in bad.stderr


def test_explain_says_the_criteria_of_the_service_and_where_they_stand(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "prodtui.toml").write_text('[environments.e]\n[services.pay]\ntier = "A"\n')
    done = prodtui(
        *("policy", "explain", "performance.latency_p99", "--service", "pay", "--policy", path),
        *("--config", tmp_path / "prodtui.toml"),
    )
    assert done.returncode == 0, done.stderr
    for line in ("PASS < 250 ms", "PASS < 300 ms, WARN < 600 ms", "blocking  no", f"{path}:4", f"{path}:9", "tier A"):
        assert line in done.stdout
    unknown = prodtui("policy", "explain", "performance.latency_p98", "--policy", path)
    assert unknown.returncode == 2
    assert "did you mean" in unknown.stderr


def test_the_policy_that_the_environment_names_is_the_one_that_is_shown(tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text('name = "strict"')
    config = tmp_path / "prodtui.toml"
    config.write_text('[environments.e]\npolicy = "strict.toml"\n[environments.f]\n')
    done = prodtui("policy", "show", "--config", config, "--env", "e")
    assert f"{tmp_path / 'strict.toml'}:1" in done.stdout
    written(tmp_path)
    assert 'name = "shop"' in prodtui("policy", "show", "--config", config, "--env", "f").stdout


def test_checks_lists_every_check() -> None:
    listed = json.loads(prodtui("policy", "checks", "--format", "json").stdout)["checks"]
    assert [check["id"] for check in listed] == list(checks())
    text = prodtui("policy", "checks").stdout
    assert all(check in text for check in checks())


def test_the_printed_schema_is_one() -> None:
    done = prodtui("policy", "schema")
    assert done.stdout == schema_page()
    jsonschema.Draft202012Validator.check_schema(json.loads(done.stdout))


def test_import_writes_a_policy_and_says_what_differs(tmp_path: Path) -> None:
    slo, sli, output = tmp_path / "slo.yaml", tmp_path / "sli.yaml", tmp_path / "readiness.toml"
    slo.write_text(SLO)
    sli.write_text(SLI)
    done = prodtui("policy", "import", slo, "--sli", sli, "--service", "pay", "--output", output)
    assert (done.returncode, done.stdout) == (0, "")
    assert "note: info: no pass criteria" in done.stderr
    assert policy_for(output, None).customs[0].query == 'lag{job="$service"}'
    again = prodtui("policy", "import", slo, "--sli", sli, "--output", output)
    assert again.returncode == 2
    assert "cannot be written: File exists" in again.stderr
    lost = prodtui("policy", "import", slo)
    assert (lost.returncode, lost.stdout) == (2, "")
    assert 'no indicator "lag" is defined' in lost.stderr


def test_the_first_policy_there_is_counts(tmp_path: Path) -> None:
    config = tmp_path / "etc" / "prodtui.toml"
    config.parent.mkdir()
    beside = written(config.parent)
    option, environment = tmp_path / "a.toml", tmp_path / "b.toml"
    assert policy_path(option, config, environment) == option
    assert policy_path(None, config, environment) == environment
    assert policy_path(None, config) == beside
    beside.unlink()
    beside.symlink_to("nowhere")
    assert policy_path(None, config) == beside


def test_without_a_policy_the_defaults_hold(tmp_path: Path) -> None:
    assert policy_for(None, tmp_path / "prodtui.toml") == Policy()
