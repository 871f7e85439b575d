"""Builders: a policy on disk, and what loading it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.model.errors import ConfigurationError
from prodtui.readiness.policy import Policy
from prodtui.readiness.policy_file.load import load


def loaded(directory: Path, text: str, **env: str) -> Policy:
    """The policy of a readiness.toml with this text."""
    path = directory / "readiness.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, env=env)


def complaint(directory: Path, text: str) -> str:
    """What is said of a policy that cannot be used; places are relative to the directory."""
    with pytest.raises(ConfigurationError) as raised:
        loaded(directory, text)
    return str(raised.value).replace(f"{directory}/", "")


def example() -> str:
    """The full example of docs/policy.md."""
    page = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
    return page.partition("## Everything at once")[2].partition("```toml\n")[2].partition("```")[0]
