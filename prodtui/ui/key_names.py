"""Names of keys: as people write them in a configuration, as textual knows them, as the screen shows them."""

from __future__ import annotations

from textual.keys import Keys, key_to_character

_WRITTEN = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", "del": "delete", "ins": "insert",
    "backtab": "shift+tab", "spacebar": "space", " ": "space",
}  # fmt: skip
_SHOWN = {"escape": "esc", "pagedown": "page down", "pageup": "page up", "space": "space"}
_MODIFIERS = {"ctrl": "ctrl", "control": "ctrl", "c": "ctrl", "shift": "shift", "s": "shift", "alt": "alt", "m": "alt"}
_KNOWN = frozenset(key.value for key in Keys) | {f"f{n}" for n in range(1, 25)} | {"space", "enter", "tab"}


def key_of(written: str) -> str:
    """textual's name of a key as people write it: `p`, `?`, `ctrl-p`, `F5`, `esc`. Raises ValueError."""
    *modifiers, name = written.strip().replace("+", "-").split("-") if len(written.strip()) > 1 else [written]
    if not name and len(written) > 1:  # `ctrl--`
        modifiers, name = modifiers[:-1], "-"
    known = [_MODIFIERS.get(modifier.lower(), "") for modifier in modifiers]
    base = name if len(name) == 1 else _WRITTEN.get(name.lower(), name.lower())
    if len(base) == 1:
        base = _of_character(base.lower() if "ctrl" in known else base)
    key = "+".join((*known, base))
    if not all(known) or not (key in _KNOWN or base in _KNOWN or key_to_character(base)):
        raise ValueError('a key such as "p", "P", "?", "ctrl-p", "f5", "space", "pagedown"')
    return key


def name_of(key: str) -> str:
    """A key as the screen shows it: `?`, `ctrl-d`, `page down`."""
    if key in _SHOWN:
        return _SHOWN[key]
    return key_to_character(key) or key.replace("+", "-")


def _of_character(character: str) -> str:
    from textual.keys import _character_to_key

    return _character_to_key(character)
