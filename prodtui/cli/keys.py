"""How a person wants the screens: `[keys]`, held against the keys that there are, and the theme."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from prodtui.settings.loaded import Environment, Loaded

THEME = "PRODTUI_THEME"
"""Before the configuration is read, so that the first frame has its colours."""


class Look(NamedTuple):
    """Of a screen that a command shows for one thing."""

    theme: str | None
    keys: Mapping[str, str]


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


def look_of(environment: Environment) -> Look:
    """Raises ConfigurationError where the theme, or an entry of the keys, can't be used."""
    from prodtui.model.errors import ConfigurationError
    from prodtui.ui.keymap import keymap
    from prodtui.ui.palette import load_palette

    theme = os.environ.get(THEME) or environment.theme
    if theme is not None:
        load_palette(theme)
    found, wrong = keymap(environment.keys)
    if wrong:
        raise ConfigurationError("\n".join(f"{environment.path}: keys.{each.action}: {each.text}" for each in wrong))
    return Look(theme, found)
