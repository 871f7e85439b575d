"""The phase that an instance declares of itself, whichever registry it is in."""

from __future__ import annotations

from prodtui.model.records import Phase


def phase(text: str) -> Phase:
    """The phase that an instance's metadata declares; serving when it declares none that is known."""
    try:
        return Phase(text.lower())
    except ValueError:
        return Phase.SERVING
