"""On which line of a TOML text each key stands: tomllib reads values, a message for a person needs their place."""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from prodtui.model.toml_keys import KeyPath

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_SPACE = " \t"
_BLANK = " \t\r\n"


class Mention(NamedTuple):
    """A key as it appears in the text. `declares` is False for a table named only on the way to another key."""

    path: KeyPath
    line: int
    declares: bool


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every key, table, and array element; of what is only named on the way, the first mention.

    Made for text that tomllib accepts. In other text it goes as far as it understands, and never raises.
    """
    lines: dict[KeyPath, int] = {}
    declared: set[KeyPath] = set()
    for mention in mentions(text):
        if mention.declares and mention.path not in declared:
            declared.add(mention.path)
            lines[mention.path] = mention.line
        lines.setdefault(mention.path, mention.line)
    return lines


def mentions(text: str) -> list[Mention]:
    """Every key in the order of the text, repetitions included."""
    scanner = _Scanner(text)
    with suppress(_LostError, RecursionError):
        scanner.document()
    return scanner.found


class _LostError(Exception):
    """The text is no TOML from here on."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: list[Mention] = []
        self.newlines = [offset for offset, character in enumerate(text) if character == "\n"]
        self.elements: Counter[KeyPath] = Counter()
        """How many `[[tables]]` each array has so far."""

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self.skip_blank()
            if self.at >= len(self.text):
                return
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.end_of_line()

    def header(self) -> KeyPath:
        offset = self.at
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        names = list(self.names())
        self.take("]]" if array else "]")
        path: KeyPath = ()
        for name in names[:-1]:
            path = (*path, name)
            self.mention(path, offset, declares=False)
            if path in self.elements:
                path = (*path, self.elements[path] - 1)
        path = (*path, names[-1])
        self.mention(path, offset, declares=not array)
        if array:
            path = (*path, self.elements[path])
            self.elements[path[:-1]] += 1
            self.mention(path, offset)
        return path

    def pair(self, table: KeyPath) -> None:
        offset = self.at
        path = table
        names = list(self.names())
        for name in names:
            path = (*path, name)
            self.mention(path, offset, declares=len(path) == len(table) + len(names))
        self.take("=")
        self.skip(_SPACE)
        self.value(path)

    def names(self) -> Iterator[str]:
        while True:
            self.skip(_SPACE)
            start = self.at
            if self.text[start : start + 1] in {'"', "'"}:
                self.string()
                # The text's own reader decodes the escapes.
                try:
                    yield tomllib.loads(f"k = {self.text[start : self.at]}")["k"]
                except tomllib.TOMLDecodeError:
                    raise _LostError from None
            else:
                while self.text[self.at : self.at + 1] in _BARE and self.at < len(self.text):
                    self.at += 1
                if start == self.at:
                    raise _LostError
                yield self.text[start : self.at]
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return
            self.at += 1

    def value(self, path: KeyPath) -> None:
        match self.text[self.at : self.at + 1]:
            case '"' | "'":
                self.string()
            case "[":
                self.array(path)
            case "{":
                self.inline_table(path)
            case _:
                while self.at < len(self.text) and self.text[self.at] not in ",]}#\r\n":
                    self.at += 1

    def array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while True:
            self.skip_blank()
            if self.text.startswith("]", self.at):
                self.at += 1
                return
            self.mention((*path, index), self.at)
            self.value((*path, index))
            index += 1
            self.skip_blank()
            if not self.text.startswith("]", self.at):
                self.take(",")

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        while True:
            self.skip_blank()
            if self.text.startswith("}", self.at):
                self.at += 1
                return
            self.pair(path)
            self.skip_blank()
            if not self.text.startswith("}", self.at):
                self.take(",")

    def string(self) -> None:
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            if self.at >= len(self.text) or (len(mark) == 1 and self.text[self.at] == "\n"):
                raise _LostError
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        if len(mark) == 3:  # up to two more quotes belong to the content: """"quoted""""" is "quoted""
            for _ in range(2):
                if self.text.startswith(quote, self.at):
                    self.at += 1

    def mention(self, path: KeyPath, offset: int, *, declares: bool = True) -> None:
        self.found.append(Mention(path, bisect_left(self.newlines, offset) + 1, declares))

    def take(self, mark: str) -> None:
        if not self.text.startswith(mark, self.at):
            raise _LostError
        self.at += len(mark)

    def skip(self, characters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def skip_blank(self) -> None:
        """Past white space, line ends and comments."""
        self.skip(_BLANK)
        while self.text.startswith("#", self.at):
            self.skip_comment()
            self.skip(_BLANK)

    def skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def end_of_line(self) -> None:
        self.skip(_SPACE + "\r")
        if self.text.startswith("#", self.at):
            self.skip_comment()
        if self.at < len(self.text):
            self.take("\n")
