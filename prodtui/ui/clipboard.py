"""The terminal's clipboard by OSC 52: it works over SSH, through tmux and GNU screen, where the terminal allows it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from prodtui.ui.passthrough import passed_through

LARGEST = 74_994
"""Bytes of text: 100,000 in base64, what the strictest terminals of today still take."""


def bounded(text: str) -> str:
    """As much of the text as a clipboard takes; no character is cut in two."""
    content = text.encode("utf-8", "replace")
    return text if len(content) <= LARGEST else content[:LARGEST].decode("utf-8", "ignore")


def sequence(text: str, environment: Mapping[str, str]) -> str:
    """The escape sequence that puts a bounded text on the clipboard, from inside of whatever $TMUX and $STY say.

    tmux takes a plain one where `set-clipboard` is on and passes a wrapped one on where `allow-passthrough` is: it is
    sent both, as neither is on everywhere.
    """
    plain = f"\x1b]52;c;{b64encode(bounded(text).encode('utf-8', 'replace')).decode('ascii')}\x07"
    through = passed_through(plain, environment)
    return plain + through if environment.get("TMUX") else through
