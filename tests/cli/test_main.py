"""What stands before a command's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.cli.main import run


@pytest.mark.parametrize("options", [["--read-only"], ["--mouse"], ["--theme", "light"]])
@pytest.mark.parametrize("command", ["rollout abort", "load checkout", "replay a.journal", "lab heal"])
def test_an_option_of_the_dashboard_before_a_command_is_refused_rather_than_ignored(
    capsys: pytest.CaptureFixture[str], options: list[str], command: str
) -> None:
    words = command.split()
    assert run([*options, *words]) == 2
    assert f"{options[0]} before a command is of the dashboard; `{words[0]}` does not" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--config", "FILE", "config", "validate"], ["config", "validate", "--config", "FILE"]]
)
def test_the_configuration_may_be_given_before_a_command_or_after_it(tmp_path: Path, words: list[str]) -> None:
    file = tmp_path / "prodtui.toml"
    file.write_text(
        'theme = "light"\n[environments.near.sources.metrics]\nkind = "prometheus"\nurl = "http://127.0.0.1:1"\n'
    )
    assert run([str(file) if word == "FILE" else word for word in words]) == 0
