"""What is wrong with a text that tomllib refuses, by line and column; keys that are given twice by both lines."""

from __future__ import annotations

import re

from prodtui.model.text import neutralise_name
from prodtui.model.toml_keys import KeyPath, dotted
from prodtui.model.toml_lines import mentions

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TWICE = re.compile(r"twice|Cannot overwrite|Duplicate|immutable namespace")


def syntax_error(name: str, text: str, message: str) -> str:
    """tomllib's message about the text of the file `name` as a line for a person."""
    place = _PLACE.search(message)
    if place is None or place[1] is None:
        line, column = text.count("\n") + (not text.endswith("\n")), len(text.rpartition("\n")[2]) + 1
    else:
        line, column = int(place[1]), int(place[2])
    what = _PLACE.sub("", message)
    if _TWICE.search(what):
        if (repeated := _repeated(text)) is not None:
            path, first, line = repeated
            what = f"{dotted(path)}: declared twice, first on line {first}"
        else:
            what = f"declared twice ({neutralise_name(what)})"
        return f"{name}:{line}: {what}; give each key and table once"
    return f"{name}:{line}:{column}: not valid TOML: {neutralise_name(what)}"


def _repeated(text: str) -> tuple[KeyPath, int, int] | None:
    """A key that is declared where it was declared before, or else only mentioned before, and both lines."""
    declared: dict[KeyPath, int] = {}
    mentioned: dict[KeyPath, int] = {}
    after_mention: tuple[KeyPath, int, int] | None = None
    for path, line, declares in mentions(text):
        if declares and path in declared:
            return path, declared[path], line
        if declares and path in mentioned:
            after_mention = path, mentioned[path], line
        if declares:
            declared[path] = line
        mentioned.setdefault(path, line)
    return after_mention
