"""A picture is the real screen, and what systems say stays text in it."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree as Xml

import msgspec
import pytest
from hypothesis import given, settings
from rich.segment import Segment
from textual.strip import Strip

from prodtui.ui.palette import load_palette
from prodtui.ui.picture import picture, svg
from tests.reports.reports import text as hostile_text
from tests.ui import moments
from tests.ui.hands import EmptyHand
from tests.ui.showing import Hand, dashboard, shows
from tests.ui.showing import text as on_screen

PALETTE = load_palette("dark", {"COLORTERM": "truecolor"})
DRAWN = {"svg", "title", "style", "defs", "clipPath", "rect", "g", "text"}


def _parsed(document: str) -> Xml.Element:
    return Xml.fromstring(document)  # noqa: S314 — our own


def _tags(document: str) -> set[str]:
    return {element.tag.rpartition("}")[2] for element in _parsed(document).iter()}


def _text(document: str) -> str:
    """What the picture's lines say, blanks apart."""
    lines = (e.text or "" for e in _parsed(document).iter() if e.tag.endswith("}text"))
    return "".join("".join(line.split()) for line in lines)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_picture_is_what_the_screen_shows(size: tuple[int, int]) -> None:
    app = dashboard(Hand(moments.ill()))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "payments-db")
        await pilot.pause()
        shown = on_screen(app).splitlines()
        # Beside the dashboard that asked for it, as `e` does.
        made = await asyncio.to_thread(picture, moments.ill(), EmptyHand(), size=size)
        assert on_screen(app).splitlines() == shown
    assert list(made.lines) == shown
    assert len(made.lines) == size[1]
    assert _text(made.svg) == "".join("".join(line.split()) for line in shown)


def test_a_picture_stands_alone() -> None:
    made = picture(moments.ill(), EmptyHand())
    assert _tags(made.svg) <= DRAWN
    assert made.svg.count("://") == 1  # the namespace's name: nothing is loaded
    assert PALETTE.ground in made.svg


def test_a_picture_of_a_hostile_moment_is_inert() -> None:
    output = "</text><script>alert(1)</script> &amp; ]]> \\[x] [bold]x[/bold]"
    shop = moments.Shop(moments.declared("<b>{0}"))
    shop.tell("consul", *moments.registry(critical=("payments-2",), output=output))
    ill = shop.moment()
    event = msgspec.structs.replace(moments.ill().events[0], name="<script>", text=output, at=ill.now)
    made = picture(msgspec.structs.replace(ill, events=(event,)), EmptyHand())
    assert _tags(made.svg) <= DRAWN
    assert "</text><script>alert(1)" in "\n".join(made.lines)
    assert "</text><script>alert(1)" in _text(made.svg)


@settings(max_examples=60)
@given(hostile_text, hostile_text)
def test_whatever_stands_on_a_line_is_text_in_the_picture(title: str, line: str) -> None:
    document = svg([Strip([Segment(line, PALETTE.style("bad"))])], PALETTE, title)
    assert _tags(document) <= DRAWN
