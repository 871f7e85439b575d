"""Completion of a command line: what could follow, and what tab makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from prodtui.ui.commands import COMMANDS, Command, named
from prodtui.ui.line import Line

if TYPE_CHECKING:
    from prodtui.ui.console import Console

MOST_TOLD = 12


class Completion:
    """Tab completes as far as it is certain, then goes through what there is."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self._going: list[str] = []
        self._at = 0

    def told(self, text: str) -> Line:
        """The command's argument and what it does, or what could be typed."""
        head, space, _ = text.partition(" ")
        command = named(head)
        if command is None:
            return (("  ".join(_names(head)[:MOST_TOLD]), "dim"),)
        if space and (found := self._arguments(command, text)):
            return (("  ".join(found[:MOST_TOLD]), "dim"),)
        return ((f"{command.takes} ".lstrip(), "accent"), (command.does, "dim"))

    def completed(self, text: str, by: int) -> str:
        """The text after tab (by=1) or shift-tab (by=-1)."""
        if text in self._going:
            self._at = (self._going.index(text) + by) % len(self._going)
            return self._going[self._at]
        head, space, _ = text.partition(" ")
        command = named(head)
        if command is not None and (space or command.takes):
            found = [f"{head} {argument}" for argument in self._arguments(command, text)]
        else:
            found = _names(head)
        if not found:
            return text
        if len(found) == 1:
            only = named(found[0])
            return f"{found[0]} " if only is not None and only.takes else found[0]
        certain = _common(found)
        if len(certain) > len(text):
            return certain
        self._going, self._at = found, 0 if by > 0 else -1
        return self._going[self._at]

    def _arguments(self, command: Command, text: str) -> list[str]:
        typed = text.partition(" ")[2].lstrip().casefold()
        every = list(dict.fromkeys(command.candidates(self._app)))
        begin = [c for c in every if c.casefold().startswith(typed)]
        return begin or [c for c in every if typed in c.casefold()]


def _names(head: str) -> list[str]:
    return [command.name for command in COMMANDS if command.name.startswith(head)]


def _common(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    columns = zip(*texts, strict=False)
    return "".join(letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, columns))
