"""Builders: a configuration on disk, and what loading it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prodtui.model.errors import ConfigurationError
from prodtui.settings.load import load
from prodtui.settings.loaded import Loaded

PROD = """\
[environments.prod-eu]
interval = "4s"
[environments.prod-eu.sources.registry]
kind = "consul"
url = "http://consul.internal:8500"
[environments.prod-eu.sources.proxy]
kind = "envoy"
url = "http://127.0.0.1:9901"
"""


def loaded(directory: Path, text: str, env: Mapping[str, str] | None = None, **more: Any) -> Loaded:
    """The configuration of a prodtui.toml with this text, and of no other variables than these."""
    (directory / "prodtui.toml").write_text(text, encoding="utf-8")
    return load(None, env or {}, directory, **more)


def complaint(directory: Path, text: str, env: Mapping[str, str] | None = None) -> str:
    """What is said of a configuration that cannot be used."""
    with pytest.raises(ConfigurationError) as raised:
        loaded(directory, text, env)
    return str(raised.value)
