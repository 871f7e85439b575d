"""Bytes for the terminal: exactly the cells that changed, and of their styles only what differs.

Textual sends a changed cell's whole line up to it, each segment with its full style and a reset. Over a wire that is
most of the traffic, so the compositor's updates are encoded here instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from prodtui.ui.shown import Shown

_PLAIN = Style()
_HEAVY = Style(bold=True)
_ASCII = str.maketrans(
    {
        "●": "o", "▲": "!", "✖": "X", "◆": "*", "·": ".", "─": "-", "│": "|", "→": ">", "›": ">", "←": "<", "…": "~",
        "–": "-", "—": "-", "×": "x", "−": "-", "▾": "v", "█": "#", "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=",
        "▆": "=", "▇": "#", "░": ".", "┄": "-", "┈": ".", "├": "|", "└": "`", "▏": "|", "✓": "+",
        "≥": ">", "≤": "<", "↓": "v", "↑": "^",
    }
)  # fmt: skip


class ExactUpdate(CompositorUpdate):
    """Textual's update of the screen or of parts of it, with the fewest bytes."""

    def __init__(
        self, update: ChopsUpdate | LayoutUpdate, *, colours: bool, ascii_only: bool, shown: Shown | None = None
    ) -> None:
        """`shown`: what the terminal shows already; None: nothing is known of it."""
        self._update = update
        self._encoder = Encoder(colours=colours, ascii_only=ascii_only)
        self._shown = Shown(_same_blank) if shown is None else shown

    def render_segments(self, console: Console) -> str:
        encoder = self._encoder
        encoder.system = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 — as textual's own updates do
        update = self._update
        if isinstance(update, LayoutUpdate):
            x, y, width, _ = update.region
            for line, strips in enumerate(update.strips):
                self._write(x, y + line, (segment for strip in strips for segment in strip), x + width)
        else:
            for y, x1, x2 in update.spans:
                ends = update.chop_ends[y]
                for (x, strip), end in zip(update.chops[y].items(), ends, strict=False):
                    if strip is not None and x < x2 and end > x1:
                        part = _cropped(strip, max(0, x1 - x), min(end, x2) - x)
                        self._write(max(x, x1), y, part, ends[-1])
        return encoder.finish()

    def _write(self, x: int, y: int, segments: Iterable[Segment], edge: int) -> None:
        """What differs of a line's part; `edge` is where the screen ends."""
        for run in self._shown.differing(x, y, segments):
            self._encoder.move(run.x, y)
            self._encoder.write(run.segments, to_edge=run.end == edge)


class Encoder:
    """Cursor moves and styled text as one string of escape sequences."""

    def __init__(self, *, colours: bool = True, ascii_only: bool = False) -> None:
        self.system = ColorSystem.TRUECOLOR
        self._colours = colours
        self._ascii_only = ascii_only
        self._parts: list[str] = []
        self._style = _PLAIN
        self._at: tuple[int, int] | None = None
        self._afresh = False

    def move(self, x: int, y: int) -> None:
        if self._at != (x, y):
            self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        self._at = (x, y)
        # A line's first blank must not bear the weight that its last one has, or it is not written whole.
        self._afresh = self._afresh or not x

    def write(self, segments: Iterable[Segment], *, to_edge: bool = False) -> None:
        """Writes segments where the cursor stands; `to_edge` says that they end at the screen's right edge."""
        edge: Style | None = None
        for text, style, _ in segments:
            if not text:
                continue
            if edge is not None:
                self._put(" ", edge)
            edge, wanted = None, style or _PLAIN
            if to_edge and text.endswith(" "):
                edge, text = wanted, text[:-1]
            self._put(text, wanted)
        if edge is not None:
            # A weight that nobody sees ends each line. tmux's capture-pane writes a line's first style as the
            # difference to the line before; after this it has to be written whole, and each line can be read alone.
            self._afresh = True
            self._put(" ", (self._style if _same_blank(self._style, edge) else edge) + _HEAVY)
            self._afresh = True
        # Where the line goes on is not tracked: at the last column terminals differ on where the cursor stands.
        self._at = None

    def _put(self, text: str, wanted: Style) -> None:
        if not text:
            return
        if wanted is not self._style and (self._afresh or text.strip(" ") or not _same_blank(self._style, wanted)):
            self._parts.append(_turn(self._style, wanted, self.system, self._colours))
            self._style = wanted
            self._afresh = False
        self._parts.append(in_ascii(text) if self._ascii_only else text)

    def finish(self) -> str:
        self._parts.append(_turn(self._style, _PLAIN, self.system, self._colours))
        self._style = _PLAIN
        return "".join(self._parts)


def nothing_shown() -> Shown:
    """A terminal of which nothing is known yet."""
    return Shown(_same_blank)


def in_ascii(text: str) -> str:
    """The text in ASCII, in as many cells: known signs by a likeness, anything else by `?`."""
    if text.isascii():
        return text
    from prodtui.ui.line import length

    return "".join(c if c.isascii() else "?" * length(c) for c in text.translate(_ASCII))


def _cropped(strip: Strip, start: int, end: int) -> Strip:
    return strip if (start, end) == (0, strip.cell_length) else strip.crop(start, end)


@lru_cache(maxsize=4096)
def _same_blank(one: Style, other: Style) -> bool:
    """Whether a space looks the same in both: the ink of a blank can't be seen."""
    return (one.bgcolor, one.underline, one.reverse, one.strike) == (
        other.bgcolor,
        other.underline,
        other.reverse,
        other.strike,
    ) and not (one.reverse and one.color != other.color)


@lru_cache(maxsize=4096)
def _turn(before: Style, after: Style, system: ColorSystem, colours: bool) -> str:
    """The sequence that changes one style into the other."""
    old, new = _codes(before, system, colours), _codes(after, system, colours)
    if old == new:
        return ""
    if any(o and not n for o, n in zip(old, new, strict=True)):  # something has to end: only a reset ends all of them
        return f"\x1b[{';'.join(('0', *(n for n in new if n)))}m"
    return f"\x1b[{';'.join(n for o, n in zip(old, new, strict=True) if n and n != o)}m"


def _codes(style: Style, system: ColorSystem, colours: bool) -> tuple[str, ...]:
    """What makes up a style, part by part: weight, dimness, slant, underline, reverse, strike, ink, ground."""
    ink = ground = ""
    if colours:
        if style.color is not None and not style.color.is_default:
            ink = ";".join(style.color.downgrade(system).get_ansi_codes())
        if style.bgcolor is not None and not style.bgcolor.is_default:
            ground = ";".join(style.bgcolor.downgrade(system).get_ansi_codes(foreground=False))
    return (
        "1" if style.bold else "",
        "2" if style.dim else "",
        "3" if style.italic else "",
        "4" if style.underline else "",
        "7" if style.reverse else "",
        "9" if style.strike else "",
        ink,
        ground,
    )
