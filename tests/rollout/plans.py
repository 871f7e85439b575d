"""Builders: plans on disk, and what loading them says."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.model.errors import ConfigurationError
from prodtui.model.rollout import Plan
from prodtui.rollout.plan_file.load import load

PLAN = """\
service = "payments"
candidate = "2.0"
rollback_to = "1.0"

[groups.label]
name = "version"
canary = "{version}"
stable = "{rollback_to}"

[hooks.advance]
command = ["./shift", "{percent}"]

[hooks.rollback]
command = ["./shift", "0"]
"""


def loaded(directory: Path, text: str = PLAN, candidate: str | None = None) -> Plan:
    """The plan of a rollout.toml with this text."""
    path = directory / "rollout.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, candidate)


def complaint(directory: Path, text: str) -> str:
    """What is said of a plan that cannot be used; places are relative to the directory."""
    with pytest.raises(ConfigurationError) as raised:
        loaded(directory, text)
    return str(raised.value).replace(f"{directory}/", "")
