from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.toml_keys import KeyPath
from prodtui.model.toml_lines import key_lines, mentions

KEYS = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text(max_size=5))
SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.text(max_size=8), st.floats(allow_nan=False, width=16))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(KEYS, below, max_size=3)),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)


def quoted(text: str, *, multiline: bool = False) -> str:
    escaped = "".join(
        character if character.isprintable() and character not in '"\\' else f"\\U{ord(character):08x}"
        for character in text
    )
    return f'"""\n[no.table]\nno = "key" # {{\n{escaped}"""' if multiline else f'"{escaped}"'


class Writer:
    """Writes a document in one of the ways TOML allows, and notes the line of every key itself."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def key(self, key: str) -> str:
        bare = key and key.isascii() and all(character.isalnum() or character in "_-" for character in key)
        if bare and self.chance():
            return key
        if self.chance() and key.isprintable() and "'" not in key:
            return f"'{key}'"
        return quoted(key)

    def keys(self, path: KeyPath) -> str:
        return (" . " if self.chance() else ".").join(self.key(str(part)) for part in path if isinstance(part, str))

    def blank(self) -> None:
        self.text += self.draw(st.sampled_from(["", "\n", "# [a.comment] = {\n", "  \t\r\n"]))

    def table(self, table: dict[str, Any], path: KeyPath) -> None:
        """Pairs first, then what gets a header of its own: TOML has no way back up."""
        headers: list[tuple[KeyPath, Any]] = []
        for key, value in table.items():
            here = (*path, key)
            is_tables = isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
            if (isinstance(value, dict) or is_tables) and self.chance():
                headers.append((here, value))
            else:
                self.blank()
                self.pair(here, value, length=len(path))
                self.text += self.draw(st.sampled_from(["\n", " # x = 1\n", "\r\n"]))
        for here, value in headers:
            for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
                self.blank()
                self.lines.setdefault(here, self.line)
                marks = ("[", "]") if index is None else ("[[", "]]")
                self.text += f"{marks[0]}{self.keys(here)}{marks[1]}\n"
                below = here if index is None else (*here, index)
                self.lines[below] = self.line - 1
                self.table(each, below)

    def pair(self, path: KeyPath, value: Any, *, length: int) -> None:
        """A key and its value; a table of one key perhaps as a dotted key."""
        self.lines[path] = self.line
        while isinstance(value, dict) and len(value) == 1 and self.chance():
            ((key, value),) = value.items()
            path = (*path, key)
            self.lines[path] = self.line
        self.text += f"{self.keys(path[length:])} = "
        self.value(value, path)

    def value(self, value: Any, path: KeyPath) -> None:
        if isinstance(value, dict):
            self.text += "{ "
            for index, (key, below) in enumerate(value.items()):
                self.text += ", " if index else ""
                self.pair((*path, key), below, length=len(path))
            self.text += " }"
        elif isinstance(value, list):
            self.text += "["
            for index, below in enumerate(value):
                self.blank()
                self.lines[(*path, index)] = self.line
                self.value(below, (*path, index))
                self.blank()
                self.text += ","
            self.text += "]"
        elif isinstance(value, bool):
            self.text += str(value).lower()
        elif isinstance(value, str):
            self.text += quoted(value, multiline=self.chance())
        else:
            self.text += repr(value)


@st.composite
def written_documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    writer = Writer(draw)
    writer.table(draw(DOCUMENTS), ())
    return writer.text, writer.lines


@given(written_documents())
def test_every_key_is_found_on_its_line(written: tuple[str, dict[KeyPath, int]]) -> None:
    text, lines = written
    tomllib.loads(text)
    assert key_lines(text) == lines


@given(st.text(alphabet=st.sampled_from("a1=.[]{}\"'\\#,\n\t \r")))
def test_no_text_stops_it(text: str) -> None:
    for _, line, _ in mentions(text):
        assert 1 <= line <= text.count("\n") + 1


def test_a_table_stands_where_it_is_declared_not_where_it_is_first_named() -> None:
    lines = key_lines("[a.b.c]\nx = 1\n[a.b]\ny = 2\n")
    assert lines == {("a",): 1, ("a", "b"): 3, ("a", "b", "c"): 1, ("a", "b", "c", "x"): 2, ("a", "b", "y"): 4}


def test_quotes_at_the_end_of_a_multi_line_string_belong_to_it() -> None:
    assert key_lines("a = \"\"\"\nx\"\"\"\"\nb = '''y'''''\nc = 3\n") == {("a",): 1, ("b",): 3, ("c",): 4}


def test_tables_below_an_array_of_tables_belong_to_its_last_element() -> None:
    lines = key_lines("[[t]]\na = 1\n[[t]]\n[t.u]\nb = 2\n")
    assert lines[("t", 0, "a")] == 2
    assert lines[("t", 1)] == 3
    assert lines[("t", 1, "u", "b")] == 5
