"""Lines folded into a width: at spaces, else anywhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from prodtui.ui.line import Line, Run, length

TAB = 4


def wrapped(line: Line, width: int) -> Iterator[Line]:
    """The line folded at spaces, else anywhere, into lines of at most `width` cells; tabs become spaces."""
    row: list[Run] = []
    used, folded = 0, False
    for text, style in line:
        rest = text.expandtabs(TAB)
        while rest:
            if length(rest) <= width - used:
                row.append((rest, style))
                used += length(rest)
                break
            at = _fold(rest, width - used, whole=used > 0, width=width)
            row.append((rest[:at].rstrip(), style))
            yield tuple(row)
            rest, row, used, folded = rest[at:], [], 0, True
    if row or not folded:
        yield tuple(row)


def _fold(text: str, room: int, *, whole: bool, width: int) -> int:
    """Where to fold a text that is longer than the room: after a space, before a word that fits on a `whole` line of
    its own, else anywhere, but never at the start of an empty line.
    """
    fits = _head(text, room)
    space = text.rfind(" ", 0, fits + 1)
    if space >= 0:
        return space + 1
    if whole and length(text.split(" ", 1)[0]) <= width:
        return 0
    return fits if whole else max(1, fits)


def _head(text: str, width: int) -> int:
    """How many characters fit in a width."""
    if text.isascii():
        return min(len(text), max(0, width))
    used = 0
    for n, character in enumerate(text):
        used += length(character)
        if used > width:
            return n
    return len(text)
