"""Names of keys: as people write them in a configuration, as textual knows them, as the screen shows them."""

from __future__ import annotations

from textual.keys import Keys, _character_to_key, format_key

_WRITTEN = {
    "esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", "del": "delete", "ins": "insert",
    "backtab": "shift+tab", "spacebar": "space", " ": "space",
}  # fmt: skip
_SHOWN = {"enter": "enter", "pagedown": "page down", "pageup": "page up", "plus": "+", "delete": "delete"}
_MODIFIERS = {"ctrl": "ctrl", "control": "ctrl", "c": "ctrl", "shift": "shift", "s": "shift", "alt": "alt", "m": "alt"}
_KNOWN = frozenset(key.value for key in Keys) | {f"f{n}" for n in range(1, 25)} | {"space", "enter", "tab"}


def key_of(written: str) -> str:
    """textual's name of a key as people write it: `p`, `?`, `ctrl-p`, `F5`, `esc`. Raises ValueError."""
    *before, name = _parts(written)
    modifiers = [_MODIFIERS.get(modifier.lower(), "") for modifier in before]
    if len(name) == 1 and name.isprintable() and name != " ":
        base, known = _character_to_key(name.lower() if "ctrl" in modifiers else name), True
    else:
        base = _WRITTEN.get(name.lower(), name.lower())
        known = base in _KNOWN
    if not known or not all(modifiers):
        raise ValueError('a key such as "p", "P", "?", "ctrl-p", "f5", "space", "pagedown"')
    return "+".join((*modifiers, base))


def _parts(written: str) -> list[str]:
    """Modifiers and the key itself, which may be the sign that parts them."""
    if len(written) < 2:
        return [written]
    parts = written.replace("+", "-").split("-")
    return [*parts[:-2], written[-1]] if written[-2] in "-+" and written[-1] in "-+" else parts


def name_of(key: str) -> str:
    """A key as the screen shows it: `?`, `ctrl-d`, `page down`."""
    return _SHOWN.get(key) or format_key(key).replace("+", "-")
