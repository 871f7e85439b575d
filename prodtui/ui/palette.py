"""Styles by what they mean, from a theme: with all colours, with 16, and with none.

A style's name is words: colours (`bad`, `dim`, …), a badge (`NOT_READY`), and attributes (`strong`, `under`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum

from rich.style import Style

from prodtui.ui.theme import DEFAULT, Theme, load_theme

_PLAIN = Style()
_ATTRIBUTES = {"strong": Style(bold=True), "under": Style(underline=True), "reversed": Style(reverse=True)}
# Without colour the words and glyphs carry the meaning; weight and reverse only help the eye find them.
_COLOURLESS = {
    "dim": Style(dim=True),
    "rule": Style(dim=True),
    "bad": Style(bold=True),
    "warn": Style(bold=True),
    "accent": Style(bold=True),
    "select": Style(reverse=True),
}
_BADGE_OF_SIXTEEN = {"READY": "good", "WARN": "warn", "NOT_READY": "bad", "INCONCLUSIVE": "unknown"}


class Depth(Enum):
    """How many colours the terminal can show."""

    NONE = 0
    SIXTEEN = 16
    FULL = 256


def depth_of(environment: Mapping[str, str]) -> Depth:
    """What the terminal can show: NO_COLOR (no-color.org) wins, then TERM and COLORTERM."""
    if environment.get("NO_COLOR"):
        return Depth.NONE
    term = environment.get("TERM", "")
    if term == "dumb" or "mono" in term or term.startswith("vt"):
        return Depth.NONE
    if environment.get("COLORTERM") in ("truecolor", "24bit") or "256" in term or "direct" in term:
        return Depth.FULL
    return Depth.SIXTEEN


def ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether the locale can't show more than ASCII; one that says nothing is taken for UTF-8."""
    if environment.get("PRODTUI_ASCII"):
        return True
    locale = next((v for k in ("LC_ALL", "LC_CTYPE", "LANG") if (v := environment.get(k))), "UTF-8")
    return "UTF" not in locale.upper()


class Palette:
    """Styles by name for one theme at one colour depth."""

    def __init__(self, theme: Theme, depth: Depth = Depth.FULL) -> None:
        self.depth = depth
        self._colours = theme.colours if depth is Depth.FULL else theme.sixteen
        self._badges = theme.badges
        self._weights = {name: Style.parse(weight) for name, weight in theme.weights.items()}
        self._styles: dict[tuple[str, str], Style] = {}

    @property
    def ground(self) -> str:
        """The screen's background as a colour that textual reads."""
        return self._colours["ground"] if self.depth is Depth.FULL else "ansi_default"

    def style(self, name: str, ground: str = "ground") -> Style:
        """The style of a name on a ground (`ground`, `bar` or `select`).

        Raises KeyError for a word that no theme knows.
        """
        style = self._styles.get((name, ground))
        if style is None:
            style = self._styles[name, ground] = self._made(name, ground)
        return style

    def _made(self, name: str, ground: str) -> Style:
        style = self._on(ground)
        for word in name.split():
            if word in _ATTRIBUTES:
                style += _ATTRIBUTES[word]
            elif word in self._badges:
                style += self._badge(word)
            elif word.startswith("#"):
                style += Style() if self.depth is Depth.NONE else Style(color=word)
            elif self.depth is Depth.NONE:
                style += _COLOURLESS.get(word, Style())
            else:
                style += Style(color=self._colours[word]) + self._weights.get(word, _PLAIN)
        return style

    def _on(self, ground: str) -> Style:
        if self.depth is Depth.NONE:
            return _COLOURLESS.get(ground, Style())
        if self.depth is Depth.SIXTEEN and ground == "select":
            return Style(reverse=True)  # sixteen colours are too few for ink on every ground
        back = self._colours[ground]
        return Style(color=self._colours["ink"], bgcolor=None if back == "default" else back)

    def _badge(self, verdict: str) -> Style:
        if self.depth is Depth.NONE:
            return Style(reverse=True, bold=True)
        if self.depth is Depth.SIXTEEN:
            return Style(color="black", bgcolor=self._colours[_BADGE_OF_SIXTEEN[verdict]], bold=True)
        ink, ground = self._badges[verdict]
        return Style(color=ink, bgcolor=ground, bold=True)


def load_palette(theme: str = DEFAULT, environment: Mapping[str, str] | None = None) -> Palette:
    """The palette of a theme at the depth that the terminal can show. Raises UsageError, ConfigurationError."""
    environment = os.environ if environment is None else environment
    return Palette(load_theme(theme, environment), depth_of(environment))
