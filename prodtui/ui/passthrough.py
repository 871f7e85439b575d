"""Escape sequences that are for the terminal itself, from inside of tmux and GNU screen."""

from __future__ import annotations

from collections.abc import Mapping

_SCREEN_CHUNK = 700
"""GNU screen cuts a passed-through string at 768 bytes."""


def passed_through(sequence: str, environment: Mapping[str, str]) -> str:
    """The sequence so that whatever $TMUX and $STY say passes it on; tmux does where `allow-passthrough` is on."""
    if environment.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("STY"):
        chunks = (sequence[start : start + _SCREEN_CHUNK] for start in range(0, len(sequence), _SCREEN_CHUNK))
        return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
    return sequence
