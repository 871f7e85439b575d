"""A screen as text with its colours: under the cells a letter for each one's colour, so that a diff can be read."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from rich.style import Style

from prodtui.ui.palette import Palette
from prodtui.ui.terminal_app import TerminalApp

LETTERS = {"good": "g", "warn": "w", "bad": "b", "unknown": "u", "accent": "a", "dim": "d", "rule": "r", "ink": "."}
SELECTED = str.maketrans({letter: letter.upper() for letter in LETTERS.values()} | {".": "_"})
BADGE = "#"


class _Key(NamedTuple):
    """What colours mean in the palette of an app; all as `#rrggbb`."""

    letters: dict[str, str]
    grounds: frozenset[str]
    selected: str


def drawn(app: TerminalApp) -> str:
    """What is on screen, line by line, then the same lines in letters; what is selected in capitals, badges as #."""
    key = _key(app.palette)
    cells, colours = [], []
    for strip in app.screen._compositor.render_strips():
        cells.append(strip.text.rstrip())
        colours.append(_short("".join(_letter(segment.style, key) * segment.cell_length for segment in strip)))
    return "\n".join([*cells, "", *colours, ""])


def _key(palette: Palette) -> _Key:
    letters = {_hex(palette.style(name)): letter for name, letter in reversed(LETTERS.items())}
    grounds = {ground: _ground(palette.style("ink", ground)) for ground in ("ground", "bar", "select")}
    return _Key(letters, frozenset(grounds.values()), grounds["select"])


def _letter(style: Style | None, key: _Key) -> str:
    if style is None or style.color is None:
        return "."
    letter, ground = key.letters.get(_hex(style)), _ground(style)
    if letter is None or (ground and ground not in key.grounds):
        return BADGE
    return letter.translate(SELECTED) if ground == key.selected else letter


def _hex(style: Style) -> str:
    return style.color.get_truecolor().hex if style.color else ""


def _ground(style: Style) -> str:
    return style.bgcolor.get_truecolor().hex if style.bgcolor else ""


def _short(line: str) -> str:
    """Runs of one letter as `12d`, so that a line of a wide screen stays a line."""
    return " ".join(f"{len(list(run))}{letter}" for letter, run in groupby(line))
