"""The `[audit]` table: where the heads of the audit trail are kept."""

from __future__ import annotations

import tomllib
from pathlib import Path

from prodtui.settings.show import show
from tests.settings.configurations import PROD, complaint, loaded


def test_by_default_nothing_is_said_of_it(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, PROD)
    assert configuration.environment().heads is None
    assert "audit" not in tomllib.loads(show(configuration))


def test_a_directory_is_relative_to_the_file_and_holds_for_every_environment(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, PROD + '[audit]\nheads = "heads"\n')
    assert configuration.environment().heads == configuration.heads == tmp_path / "heads"
    assert tomllib.loads(show(configuration))["audit"] == {"heads": "heads"}


def test_a_key_that_is_not_known_names_the_nearest(tmp_path: Path) -> None:
    assert 'did you mean "heads"?' in complaint(tmp_path, f'{PROD}[audit]\nhead = "x"\n')
