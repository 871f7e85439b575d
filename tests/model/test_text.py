"""Hostile text is made inert where it enters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.model.text import LONGEST_NAME, LONGEST_OUTPUT, neutralise, neutralise_name


@pytest.mark.parametrize(
    ("hostile", "inert"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("nul\x00", "nul␀"),
        ("\x9b31m", "\\x9b31m"),
        ("\x7f", "␡"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("one\r\ntwo\rthree", "one\ntwo␍three"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("[bold]markup[/]", "[bold]markup[/]"),
        ("\ud800", "\\ud800"),
        ("é 漢 ✖", "é 漢 ✖"),
    ],
)
def test_controls_are_made_visible(hostile: str, inert: str) -> None:
    assert neutralise(hostile) == inert


def test_a_name_is_one_line() -> None:
    assert neutralise_name("a\nb\tc") == "a␊b␉c"
    assert len(neutralise_name("x" * 1000)) == LONGEST_NAME
    assert neutralise_name("x" * 1000).endswith("…")
    assert neutralise_name("x" * LONGEST_NAME) == "x" * LONGEST_NAME


def test_what_is_cut_is_said() -> None:
    text = neutralise("y" * (LONGEST_OUTPUT + 1234))
    assert text.endswith("\n[1,234 more characters not kept]")


def test_a_sources_error_is_neutralised() -> None:
    assert SourceError(CauseClass.PROTOCOL, "got \x1b[2J").cause.message == "got ␛[2J"


@given(st.text(st.characters(), max_size=200))
@settings(max_examples=150, deadline=None)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    inert = neutralise(text)
    assert all(ch in "\n\t" or unicodedata.category(ch) not in ("Cc", "Cs") for ch in inert)
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c") & set(inert)
    inert.encode()
    assert neutralise(inert) == inert
    assert "\n" not in neutralise_name(text)
