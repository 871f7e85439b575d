from __future__ import annotations

import pytest

from prodtui.model.errors import UsageError
from prodtui.ui.palette import Depth, ascii_only, depth_of, load_palette
from prodtui.ui.theme import COLOURS, themes

STYLES = (*COLOURS, "strong bad", "strong", "under", "", "#aabbcc", "READY", "WARN", "NOT_READY", "INCONCLUSIVE")


@pytest.mark.parametrize("theme", themes())
@pytest.mark.parametrize("environment", [{"COLORTERM": "truecolor"}, {"TERM": "linux"}, {"NO_COLOR": "1"}])
def test_every_theme_has_every_style_at_every_depth(theme: str, environment: dict[str, str]) -> None:
    palette = load_palette(theme, environment)
    for ground in ("ground", "bar", "select"):
        for name in STYLES:
            palette.style(name, ground)


def test_without_colour_no_style_has_one() -> None:
    palette = load_palette("dark", {"NO_COLOR": "1", "COLORTERM": "truecolor"})
    styles = [palette.style(name, ground) for name in STYLES for ground in ("ground", "bar", "select")]
    assert all(style.color is None and style.bgcolor is None for style in styles)


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(KeyError):
        load_palette("dark", {}).style("lilac")


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, Depth.NONE),
        ({"NO_COLOR": "", "TERM": "xterm-256color"}, Depth.FULL),
        ({"TERM": "linux"}, Depth.SIXTEEN),
        ({"TERM": "dumb"}, Depth.NONE),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, Depth.FULL),
    ],
)
def test_the_depth_follows_the_terminal(environment: dict[str, str], depth: Depth) -> None:
    assert depth_of(environment) is depth


@pytest.mark.parametrize(
    ("environment", "ascii_"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "PRODTUI_ASCII": "1"}, True),
    ],
)
def test_a_locale_without_utf8_gets_ascii(environment: dict[str, str], ascii_: bool) -> None:
    assert ascii_only(environment) is ascii_


def test_an_unknown_theme_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="contrast, dark, light, mono"):
        load_palette("drak", {})
