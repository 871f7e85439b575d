"""config, init and bad input, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.cli.prodtui import prodtui

GOOD = """\
default_environment = "prod"
[environments.prod]
interval = "2s"
[environments.prod.sources.registry]
kind = "consul"
url = "http://127.0.0.1:8500"
token_file = "token"
"""


def test_show_redacts_secrets_and_names_origins(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("do-not-print-me\n")
    config = tmp_path / "prodtui.toml"
    config.write_text(GOOD)
    done = prodtui("config", "show", "--config", config)
    assert done.returncode == 0, done.stderr
    assert "do-not-print-me" not in done.stdout
    assert f"{config}:3" in done.stdout


def test_a_variable_overrides_the_file_and_is_named_as_the_origin(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    config = tmp_path / "prodtui.toml"
    config.write_text(GOOD)
    done = prodtui("config", "show", "--config", config, PRODTUI_ENVIRONMENTS__PROD__INTERVAL="5s")
    assert 'interval = "5s"' in done.stdout
    assert "PRODTUI_ENVIRONMENTS__PROD__INTERVAL" in done.stdout


@pytest.mark.parametrize(
    ("line", "edit", "said"),
    [
        (6, ('url = "http', 'urll = "http'), ["unknown key", '"url"']),
        (3, ('"2s"', '"soon"'), ["duration"]),
        (5, ('"consul"', '"consl"'), ["unknown kind", '"consul"']),
        (7, ('"token"', '"nowhere"'), ["nowhere"]),
    ],
)
def test_bad_input_names_file_line_key_and_what_was_expected(
    tmp_path: Path, line: int, edit: tuple[str, str], said: list[str]
) -> None:
    (tmp_path / "token").write_text("x")
    config = tmp_path / "prodtui.toml"
    config.write_text(GOOD.replace(*edit))
    for command in (("config", "validate"), ("status",), ("check",)):
        done = prodtui(*command, "--config", config)
        assert done.returncode == 2
        assert f"{config}:{line}" in done.stderr
        assert all(word in done.stderr for word in said), done.stderr
        assert done.stdout == ""


def test_a_configuration_that_does_not_exist_is_said(tmp_path: Path) -> None:
    done = prodtui("status", "--config", tmp_path / "no.toml")
    assert done.returncode == 2
    assert "no.toml" in done.stderr


def test_the_schema_is_a_json_schema_that_knows_every_kind() -> None:
    done = prodtui("config", "schema")
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    for kind in ("consul", "etcd", "pgbouncer", "postgresql", "envoy", "prometheus", "http"):
        assert kind in done.stdout


def test_init_never_overwrites(tmp_path: Path) -> None:
    config = tmp_path / "prodtui.toml"
    config.write_text("mine")
    done = prodtui("init", "--output", config)
    assert done.returncode == 2
    assert config.read_text() == "mine"


COMMANDS = (
    "status",
    "check",
    "explain",
    "sources",
    "scan",
    "init",
    "lab",
    *(f"policy {name}" for name in ("show", "validate", "explain", "checks", "import", "schema")),
    *(f"baseline {name}" for name in ("list", "accept", "pin", "forget")),
    *(f"config {name}" for name in ("show", "validate", "schema")),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_with_an_example_and_its_exit_codes(command: str) -> None:
    done = prodtui(*command.split(), "--help")
    assert done.returncode == 0
    for word in ("Usage:", f"Example: prodtui {command}", "Exit codes:"):
        assert word in done.stdout, word
