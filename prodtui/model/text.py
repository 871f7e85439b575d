"""Text from outside is hostile: it is made inert once, where it enters."""

from __future__ import annotations

import re

LONGEST_OUTPUT = 64 * 1024
"""Characters kept of a health check's output; beyond it the cut is said in the text."""
LONGEST_NAME = 200

# C0 but tab and newline, DEL, C1, the bidirectional controls that can reorder what a person reads (Unicode TR 36
# §2.5), zero-width characters, line separators, lone surrogates.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's control pictures: ESC reads ␛
    if code == 0x7F:
        return "\u2421"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def neutralise(text: str, *, longest: int = LONGEST_OUTPUT) -> str:
    """The text with every control character made visible, CRLF read as a newline, and cut at `longest` characters.

    Newlines and tabs stay: they are layout, and a screen lays them out itself.
    """
    cut = len(text) - longest
    if cut > 0:
        text = text[:longest]
    text = _HOSTILE.sub(_picture, text.replace("\r\n", "\n"))
    return f"{text}\n[{cut:,} more characters not kept]" if cut > 0 else text


def neutralise_name(text: str) -> str:
    """A name on one line: as `neutralise`, with newlines and tabs made visible too, at most 200 characters."""
    text = (
        neutralise(text[: LONGEST_NAME + 1], longest=LONGEST_NAME + 1).replace("\n", "\u240a").replace("\t", "\u2409")
    )
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
