from __future__ import annotations

import re

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from prodtui.ui.line import Line, between, cut, fitted, strip, title
from prodtui.ui.paint import Encoder, in_ascii
from prodtui.ui.palette import load_palette
from prodtui.ui.widgets.lines import differences
from prodtui.ui.wrapping import wrapped

PALETTE = load_palette("dark", {"COLORTERM": "truecolor"})
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m")


def drawn(*runs: tuple[str, str], width: int = 40) -> Strip:
    return strip(runs, width, PALETTE)


def plain(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_changed_number_costs_less_than_a_hundred_bytes() -> None:
    encoder = Encoder()
    encoder.move(60, 12)
    encoder.write(drawn(("2.4 s", "strong bad"), width=5))
    assert len(encoder.finish()) < 100


def test_equal_styles_are_not_sent_again() -> None:
    encoder = Encoder()
    bad = PALETTE.style("bad")
    encoder.write([Segment("a", bad), Segment(" ", PALETTE.style("")), Segment("b", bad)])
    assert encoder.finish().count("\x1b[") == 2


def test_an_attribute_that_ends_is_ended() -> None:
    encoder = Encoder()
    encoder.write([Segment("a", Style(bold=True, color="red")), Segment("b", Style(color="red"))])
    assert encoder.finish() == "\x1b[1;31ma\x1b[0;31mb\x1b[0m"


def test_without_colours_no_colour_is_sent() -> None:
    encoder = Encoder(colours=False)
    encoder.write([Segment("a", Style(bold=True, color="#ff0000", bgcolor="blue")), Segment("b", Style(reverse=True))])
    sent = encoder.finish()
    assert not COLOUR.search(sent)
    assert "\x1b[1m" in sent


def test_each_line_of_a_picture_stands_for_itself() -> None:
    encoder = Encoder()
    for y in (0, 1):
        encoder.move(0, y)
        encoder.write(drawn(("same", "dim"), width=10), to_edge=True)
    first, second = encoder.finish().split("\x1b[2;1H")
    assert "\x1b[1m" in first
    assert second.startswith("\x1b[0;")


def test_a_line_that_begins_blank_does_not_keep_the_weight_of_what_was_written_before() -> None:
    encoder = Encoder()
    encoder.move(60, 0)
    encoder.write(drawn(("open", "strong bad"), width=4))
    encoder.move(0, 1)
    encoder.write(drawn((" payments", "dim"), width=9))
    assert encoder.finish().split("\x1b[2;1H")[1].startswith("\x1b[0;")


def test_ascii_has_a_likeness_for_every_sign_and_the_same_width() -> None:
    assert in_ascii("● ▲ ✖ ?") == "o ! X ?"
    assert in_ascii("checkout→payments · 日本") == "checkout>payments . ????"


def test_only_what_differs_is_painted() -> None:
    before = drawn(("payments", "strong"), ("  12 ms", ""), ("  0.1 %", ""))
    assert differences(before, before) == []
    assert differences(before, drawn(("payments", "strong"), ("  13 ms", ""), ("  0.1 %", ""))) == [(11, 12)]
    assert differences(before, drawn(("payments", "strong"), ("  12 ms", "bad"), ("  0.1 %", ""))) == [(8, 15)]


def test_half_a_wide_character_is_never_painted() -> None:
    assert differences(drawn(("日本語 1", "")), drawn(("日本語 2", ""))) == [(0, 40)]


def test_lines_are_exactly_as_wide_as_asked() -> None:
    for text in ("", "short", "x" * 90, "日本語" * 20):
        assert drawn((text, "bad")).cell_length == 40
        assert len(fitted("payments", 5)) == 5
    assert cut("payments", 5) == "paym…"
    assert fitted("日本語", 5) == "日本…"
    assert sum(len(text) for text, _ in between((("a" * 50, ""),), (("end", ""),), 40)) == 40
    assert plain([title((("Services", ""),), 20)]) == ["─ Services ──────── "]


def test_text_is_folded_at_spaces_else_anywhere() -> None:
    line = (("output ", "dim"), ("a very long word: " + "x" * 30, ""))
    assert plain(list(wrapped(line, 20))) == ["output a very long", "word:", "x" * 20, "x" * 10]
    assert plain(list(wrapped((("a\tb", ""),), 20))) == ["a   b"]
    assert plain(list(wrapped((("日本語", ""),), 4))) == ["日本", "語"]
    assert plain(list(wrapped((("日", ""),), 1))) == ["日"]
    assert plain(list(wrapped((), 4))) == [""]
