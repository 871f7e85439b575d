"""What `/` asks of a row: words, `!` for the others, `~` for what is like it, and fields: `tier:A p99>1s errors>1%`.

A field is a column's title, or a fact that a row carries beside its cells. Pure.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Row

_TERM = re.compile(r'"([^"]*)"?|(\S+)')
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_/]*)(!=|>=|<=|[:=<>])(.*)", re.DOTALL)
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(ms|s|min|m|h|d|%|k|M)?")
_TIMES: Mapping[str, float] = {"m": 60, "min": 60, "h": 3600, "d": 86400, "k": 1e3, "M": 1e6}
_PARTS: Mapping[str, float] = {"ms": 1000, "%": 100}
"""Divided by, so that `410ms` is the very 0.41 that a source reports."""
_ORDERED: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

Test = Callable[[Row], bool]


class QueryError(ValueError):
    """What was typed asks for something that no row can answer; the message says what could be asked."""

    def __init__(self, message: str, right: str = "") -> None:
        super().__init__(message)
        self.right = right
        """What was typed without it."""


@dataclass(frozen=True, slots=True)
class Query:
    """All of these tests, or with `inverse` not all of them."""

    tests: tuple[Test, ...]
    words: tuple[str, ...] = ()
    """The plain words among them."""
    inverse: bool = False

    def __call__(self, row: Row) -> bool:
        return all(test(row) for test in self.tests) is not self.inverse

    @classmethod
    def of(cls, typed: str, columns: Sequence[Column] = (), rows: Iterable[Row] = ()) -> Query | None:
        """The query that somebody typed at a list; None for nothing, which keeps every row. Raises QueryError."""
        inverse = typed.startswith("!")
        fuzzy = typed.removeprefix("!").startswith("~")
        asked = typed.removeprefix("!").removeprefix("~")
        tests: list[Test] = []
        words: list[str] = []
        for term in _TERM.finditer(asked):
            literal, plain = term.groups()
            field = _FIELD.fullmatch(plain) if plain else None
            if field is not None:
                try:
                    tests.append(_field(field, columns, rows))
                except QueryError as wrong:
                    before = len(typed) - len(asked) + term.start()
                    raise QueryError(str(wrong), (typed[:before] + asked[term.end() :]).strip()) from None
            elif word := (plain or literal or "").casefold():
                words.append(word)
                tests.append(_like(word) if fuzzy else _holds(word))
        return cls(tuple(tests), tuple(words), inverse) if tests else None


def fields(columns: Sequence[Column], rows: Iterable[Row]) -> tuple[str, ...]:
    """Names of what can be asked of these rows."""
    named = [column.title.casefold() for column in columns if column.sortable and column.title]
    facts = next(([name for name, _ in row.facts] for row in rows if row.facts), [])
    return tuple(dict.fromkeys((*named, *facts)))


def _holds(word: str) -> Test:
    return lambda row: word in row.text.casefold()


def _like(word: str) -> Test:
    """Whether a cell has the letters of the word, in their order."""
    return lambda row: any(is_like(word, cell.whole.casefold()) for cell in row.cells)


def is_like(letters: str, text: str) -> bool:
    """Whether the text has these letters in their order."""
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _field(found: re.Match[str], columns: Sequence[Column], rows: Iterable[Row]) -> Test:
    name, sign, value = found[1].casefold(), found[2], found[3]
    allowed = fields(columns, rows)
    if name not in allowed:
        from prodtui.model.toml_keys import nearest

        near = nearest(name, allowed)
        hint = f'; did you mean "{near}"?' if near else ";"
        raise QueryError(f'no field "{name}"{hint} fields: {" ".join(allowed)}; text in quotes')
    if not value:
        raise QueryError(f"{name}{sign} what?")
    column = next((i for i, c in enumerate(columns) if c.sortable and c.title.casefold() == name), None)
    number = _number(value)
    if sign in _ORDERED:
        if number is None:
            raise QueryError(f'{name}{sign} needs a number such as 250ms, 1s, 5%, 10k; "{value}" is none')
        compare = _ORDERED[sign]
        return lambda row: (known := _value(row, name, column)) is not None and compare(known, number)
    text = value.casefold()
    if sign == ":":
        return lambda row: _text_holds(row, name, column, text)

    def equal(row: Row) -> bool:
        return _value(row, name, column) == number if number is not None else _text(row, name, column) == text

    return equal if sign == "=" else lambda row: not equal(row)


def _number(value: str) -> float | None:
    """`250ms` in seconds, `5%` as a ratio, `10k`; None where it is no number."""
    found = _NUMBER.fullmatch(value)
    return float(found[1]) * _TIMES.get(found[2] or "", 1) / _PARTS.get(found[2] or "", 1) if found else None


def _value(row: Row, name: str, column: int | None) -> float | None:
    """What a row's field sorts by, where that is a number; what nobody knows is above and below nothing."""
    known = row.cells[column].order if column is not None and column < len(row.cells) else dict(row.facts).get(name)
    return known if isinstance(known, int | float) else None


def _text(row: Row, name: str, column: int | None) -> str:
    if column is None:
        return str(dict(row.facts).get(name) or "").casefold()
    return row.cells[column].whole.strip().casefold() if column < len(row.cells) else ""


def _text_holds(row: Row, name: str, column: int | None, text: str) -> bool:
    """A cell holds the text; a fact, which is one of a few words, begins with it: `verdict:ready` is not NOT_READY."""
    found = _text(row, name, column)
    return text in found if column is not None else found.startswith(text)
