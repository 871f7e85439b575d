from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.settings.configurations import complaint, loaded

SOURCE = '[environments.prod.sources.registry]\nkind = "consul"\nurl = "http://consul:8500"\n'
VARIABLE = "PRODTUI_ENVIRONMENTS__PROD__SOURCES__REGISTRY__"
KEY = "environments.prod.sources.registry.token_file"


def token(directory: Path, text: str, env: dict[str, str] | None = None) -> object:
    (each,) = loaded(directory, text, env).environment().sources
    return each.settings.model_dump()["token"]


def test_a_secrets_file_is_found_beside_the_configuration_and_loses_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\r\n")
    assert token(tmp_path, SOURCE + 'token_file = "token"') == SecretStr("s3cret")


def test_a_variable_with_a_file_wins_over_a_value_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file")
    env = {f"{VARIABLE}TOKEN_FILE": str(tmp_path / "token")}
    assert token(tmp_path, SOURCE + 'token = "in the configuration"', env) == SecretStr("from a file")
    env = {f"{VARIABLE}TOKEN": "from a variable"}
    assert token(tmp_path, SOURCE + 'token_file = "token"', env) == SecretStr("from a variable")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "No such file or directory; expected a readable file that holds the secret"),
        (b"", "empty"),
        (b"\n", "empty"),
        (b"s3cret\xff", "not UTF-8 text"),
        (b"s3cret" * 20_000, "larger than 64 KB"),
    ],
)
def test_a_file_that_holds_no_secret_is_named_with_its_key(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    message = complaint(tmp_path, SOURCE + 'token_file = "token"')
    assert message.startswith(f"prodtui.toml:4: {KEY}: {tmp_path / 'token'}: {expected}")
    assert "s3cret" not in message
    assert "\n" not in message


def test_a_directory_is_no_secret(tmp_path: Path) -> None:
    assert "Is a directory" in complaint(tmp_path, SOURCE + 'token_file = "."')


def test_a_missing_file_named_by_a_variable_names_the_variable(tmp_path: Path) -> None:
    message = complaint(tmp_path, SOURCE, {f"{VARIABLE}TOKEN_FILE": "/nowhere/token"})
    assert message.startswith(f"environment {VARIABLE}TOKEN_FILE: {KEY}: /nowhere/token: No such file")


def test_value_and_file_at_once_are_a_contradiction(tmp_path: Path) -> None:
    message = complaint(tmp_path, SOURCE + 'token = "s3cret"\ntoken_file = "token"')
    assert message == f'prodtui.toml:5: {KEY}: give "token" or "token_file", not both'


def test_other_paths_start_at_the_configuration_too(tmp_path: Path) -> None:
    below = tmp_path / "etc"
    below.mkdir()
    (each,) = loaded(below, SOURCE + 'ca_file = "tls/ca.pem"').environment().sources
    assert str(each.settings.model_dump()["ca_file"]) == str(below / "tls/ca.pem")


def test_a_secrets_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    message = complaint(tmp_path, SOURCE, {"PRODTUI_SECRETS_DIR": "/nowhere"})
    assert message.startswith("environment PRODTUI_SECRETS_DIR: /nowhere: No such file or directory")
