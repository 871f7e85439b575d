"""Themes: what they must have, what is said of a wrong one, and whether what they colour can be read."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem

from prodtui.model.errors import ConfigurationError, UsageError
from prodtui.ui.palette import Depth, Palette
from prodtui.ui.theme import COLOURS, GROUNDS, TEXTS, Theme, load_theme, themes

OURS = ("contrast", "dark", "light", "mono")
AA = 4.5
"""WCAG 2.2, 1.4.3: contrast of text."""
AAA = 7.0
# The Linux console's own colours, black to white, then the bright ones.
CONSOLE = (
    "#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa",
    "#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff",
)  # fmt: skip


def luminance(colour: str, system: ColorSystem = ColorSystem.TRUECOLOR) -> float:
    """Relative luminance as WCAG defines it, of the colour that a terminal of this depth shows."""
    shown = Color.parse(colour).downgrade(system).get_truecolor()
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in shown)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str, system: ColorSystem = ColorSystem.TRUECOLOR) -> float:
    darker, lighter = sorted((luminance(one, system), luminance(other, system)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_four_themes_are_shipped() -> None:
    assert themes({}) == OURS


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT], ids=["full", "256"])
@pytest.mark.parametrize("name", OURS)
def test_every_text_can_be_read_on_every_ground(name: str, system: ColorSystem) -> None:
    theme = load_theme(name, {})
    pairs = [(theme.colours[text], theme.colours[ground]) for text, ground in product(TEXTS, GROUNDS)]
    pairs += [(ink, ground) for ink, ground in theme.badges.values()]
    low = {pair: round(contrast(*pair, system), 2) for pair in pairs if contrast(*pair, system) < AA}
    assert low == {}


def test_high_contrast_is_high() -> None:
    theme = load_theme("contrast", {})
    pairs = [(theme.colours[text], theme.colours[ground]) for text, ground in product(TEXTS, GROUNDS)]
    assert min(contrast(*pair) for pair in pairs) >= AA
    assert min(contrast(theme.colours[text], theme.colours["ground"]) for text in TEXTS) >= AAA


@pytest.mark.parametrize("name", ["contrast", "dark", "mono"])
def test_sixteen_colours_can_be_read_on_a_linux_console(name: str) -> None:
    theme = load_theme(name, {})
    palette = Palette(theme, Depth.SIXTEEN)
    low = {}
    for text, ground in product(TEXTS, GROUNDS):
        style = palette.style(text, ground)
        ink, back = _on_console(style.color, "#aaaaaa"), _on_console(style.bgcolor, "#000000")
        if contrast(ink, back) < AA:
            low[text, ground] = (ink, back)
    assert low == {}


def _on_console(colour: Color | None, default: str) -> str:
    return default if colour is None or colour.number is None else CONSOLE[colour.number]


def simulated(colour: str, kind: str) -> tuple[float, float, float]:
    """What somebody with a kind of colour blindness sees (Viénot, Brettel and Mollon 1999), linear RGB."""
    r, g, b = ((part / 255) ** 2.2 for part in Color.parse(colour).get_truecolor())
    if kind == "protanopia":
        return 0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b
    return 0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b


@pytest.mark.parametrize("kind", ["protanopia", "deuteranopia"])
def test_well_and_failing_are_told_apart_by_the_colour_blind(kind: str) -> None:
    colours = load_theme("contrast", {}).colours
    good, warn, bad = (simulated(colours[name], kind) for name in ("good", "warn", "bad"))

    def apart(one: tuple[float, ...], other: tuple[float, ...]) -> float:
        return math.dist(one, other)

    assert min(apart(good, bad), apart(good, warn), apart(warn, bad)) > 0.2


def test_grey_is_all_that_mono_has() -> None:
    theme = load_theme("mono", {})
    for colour in (*theme.colours.values(), *(part for pair in theme.badges.values() for part in pair)):
        assert len({colour[1:3], colour[3:5], colour[5:7]}) == 1, colour


# Themes of one's own


def written(tmp_path: Path, text: str, name: str = "mine") -> dict[str, str]:
    place = tmp_path / "prodtui" / "themes"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def load(tmp_path: Path, text: str) -> Theme:
    return load_theme("mine", written(tmp_path, text))


def test_a_theme_says_only_what_differs(tmp_path: Path) -> None:
    environment = written(tmp_path, 'like = "light"\n[colours]\nbad = "#aa0000"\n')
    theme = load_theme("mine", environment)
    assert theme.colours == {**load_theme("light", {}).colours, "bad": "#aa0000"}
    assert "mine" in themes(environment)
    assert load(tmp_path, "").colours == load_theme("dark", {}).colours


def test_ones_own_wins_over_ours_of_the_same_name_and_may_stand_on_it(tmp_path: Path) -> None:
    environment = written(tmp_path, '[colours]\nbad = "#aa0000"\n', "light")
    assert load_theme("light", environment).colours["bad"] == "#aa0000"
    assert set(load_theme("light", environment).colours) == set(COLOURS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[colours]\nacent = "#ff0000"\n', 'mine.toml:2: colours.acent: unknown key; did you mean "accent"?'),
        ('[colours]\nbad = "red"\n', 'mine.toml:2: colours.bad: expected a colour such as "#1f2f47"'),
        ('\n[badges]\nWARN = "#ff0000"\n', "mine.toml:3: badges.WARN: expected ink and ground"),
        ('[sixteen]\nbad = "crimson"\n', "mine.toml:2: sixteen.bad: expected default or one of black"),
        ('[weights]\nbad = "blink"\n', "mine.toml:2: weights.bad: expected one of bold"),
        ("colours = 3\n", "mine.toml:1: colours: expected a table"),
        ("[colors]\n", 'mine.toml:1: colors: unknown key; did you mean "colours"?'),
        ('[colours]\nbad = "#ff0000\n', "mine.toml:2"),
        ('like = "mine"\n', "mine.toml: like: leads back to itself"),
    ],
)
def test_a_wrong_theme_is_told_with_file_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path, text)
    assert said in str(error.value)


def test_a_theme_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'there is no theme "drak"; did you mean "dark"\? there are: contrast, dark'):
        load_theme("drak", {})
    with pytest.raises(UsageError, match="cannot be read"):
        load_theme(str(tmp_path / "none.toml"), {})
