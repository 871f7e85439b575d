"""A picture of the overview at one moment: the real screen, painted where nobody looks, as text and as SVG."""

from __future__ import annotations

import asyncio
import html
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.console import Console
from rich.segment import Segment, Segments
from rich.terminal_theme import TerminalTheme
from textual.pilot import Pilot
from textual.strip import Strip

from prodtui.ui import format as fmt
from prodtui.ui.app import ProdtuiApp
from prodtui.ui.palette import Palette, load_palette
from prodtui.ui.screens.page import Page

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.ui.controls import Controls

SIZE = (120, 40)
PATIENCE_S = 10.0
"""On a busy machine a screen takes a second."""
_FULL_COLOURS = {"COLORTERM": "truecolor"}
# XML 1.0 §2.2: whatever else is no character of a document.
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# rich's own loads fonts from the network and draws a window around the screen.
_SVG = """<svg class="prodtui" viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
<rect width="{terminal_width}" height="{terminal_height}" fill="GROUND" />
<g clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


_BLACK, _WHITE = ColorTriplet(0, 0, 0), ColorTriplet(220, 220, 220)


class Picture(NamedTuple):
    """What was on the screen."""

    lines: tuple[str, ...]
    svg: str


def picture(moment: Moment, controls: Controls, *, size: tuple[int, int] = SIZE, theme: str | None = None) -> Picture:
    """The overview at this moment. It has a loop of its own: to be called in a thread.

    Raises UsageError for a theme that does not exist, TimeoutError where it is not painted in time.
    """
    return asyncio.run(_painted(moment, controls, size, load_palette(theme or "dark", _FULL_COLOURS)))


async def _painted(moment: Moment, controls: Controls, size: tuple[int, int], palette: Palette) -> Picture:
    async def feed() -> AsyncIterator[Moment]:
        yield moment
        await asyncio.Event().wait()

    app = ProdtuiApp(feed, controls)
    app.palette = palette
    found: list[Sequence[Strip]] = []

    async def look(pilot: Pilot[Any]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                found.append(await _settled(app, pilot, moment))
        finally:
            app.exit()

    await app.run_async(headless=True, size=size, mouse=False, auto_pilot=look)
    if app.failure is not None:
        raise app.failure
    if not found:
        raise TimeoutError(f"the screen was not painted within {PATIENCE_S:g} s")
    strips = found[0]
    title = f"{moment.snapshot.declared.environment} {fmt.clock(moment.now)}"
    return Picture(tuple(strip.text.rstrip() for strip in strips), svg(strips, palette, title))


async def _settled(app: ProdtuiApp, pilot: Pilot[Any], moment: Moment) -> Sequence[Strip]:
    """The screen once it shows the moment and stays as it is."""
    before: Sequence[Strip] = ()
    while True:
        await pilot.pause()
        page = app.screen
        strips: Sequence[Strip] = page._compositor.render_strips()  # noqa: SLF001 — as textual's own screenshots do
        if isinstance(page, Page) and page.moment is moment and strips and strips == before:
            return strips
        before = strips


def svg(strips: Sequence[Strip], palette: Palette, title: str) -> str:
    """Lines of styled text as one self-contained SVG document; text stays text, whatever it says."""
    plain = palette.style("ink")
    ground, ink = _known(plain.bgcolor, _BLACK), _known(plain.color, _WHITE)
    console = Console(
        width=max((strip.cell_length for strip in strips), default=1),
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
    )
    for strip in strips:
        console.print(Segments([*Segment.simplify(strip), Segment.line()]), crop=False, no_wrap=True, end="")
    named = html.escape(title).replace("{", "{{").replace("}", "}}")
    template = _SVG.replace("TITLE", named).replace("GROUND", ground.hex)
    text = console.export_svg(theme=TerminalTheme(ground, ink, [ink] * 8), code_format=template)
    return _NO_CHARACTER.sub("\ufffd", text)


def _known(colour: Color | None, default: ColorTriplet) -> ColorTriplet:
    """A theme may leave a colour to the terminal; a picture has none."""
    return default if colour is None or colour.is_default else colour.get_truecolor()
