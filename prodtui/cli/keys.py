"""`[keys]` of the configuration, held against the keys that the screens have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodtui.settings.loaded import Loaded


def keymap_of(loaded: Loaded) -> Mapping[str, str]:
    """Keys by action. Raises ConfigurationError with the place of each entry that can't be used."""
    if not loaded.settings.keys:
        return {}
    from prodtui.settings.keys import Problem
    from prodtui.settings.problems import configuration_error
    from prodtui.ui.keymap import keymap

    found, wrong = keymap(loaded.settings.keys)
    if wrong:
        problems = (Problem(("keys", each.action), each.text) for each in wrong)
        raise configuration_error(problems, loaded.layers, "configuration")
    return found
