"""What a source file says, whatever its language: the rules judge these facts and know no syntax."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum, Flag, auto
from functools import cached_property

import msgspec

from prodtui.scan.words import words


class Origin(Flag):
    """Where a value comes from. A value put together of several has all of theirs."""

    NOTHING = 0
    CONSTANT = auto()
    """Written in the code."""
    MADE = auto()
    """An object constructed here; what its methods do is not known."""
    CLOCK = auto()
    RANDOM = auto()
    INPUT = auto()
    """A parameter, or what hangs on one."""
    OUTSIDE = auto()
    """Anything else: state, another function, the world."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the statements of a function come to."""

    empty: bool
    """Nothing but `pass`, `...`, a docstring or comments."""
    result: Origin
    """Of all that it returns; NOTHING where it returns no value."""
    reads: Origin
    """Of all that it evaluates, but for what it prints."""
    prints: bool
    tells: bool
    """It prints words of its own, not only what it was given."""
    sleeps: bool
    approves: bool
    """Whatever it returns says yes: true, "ok", {"valid": true}, in Go a nil error."""
    records: bool
    """It returns written-out records: a list of objects, or an object with three entries or more."""
    number: bool
    """It returns one written number other than the neutral 0, 1 and -1."""
    unwritten: str | None
    """The words with which it refuses, whatever it is given, because it is not implemented; None where it does not."""


class Class(msgspec.Struct, frozen=True, kw_only=True):
    """A class; in Go a named type."""

    name: str
    line: int
    column: int
    bases: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    doc: str = ""
    interface: bool = False
    """Declared to be implemented by others: abstract, a protocol."""


class Function(ABC):
    """A function or method with a body. What costs time is worked out when a rule asks for it."""

    def __init__(self, name: str, line: int, column: int, last: int) -> None:
        self.name = name
        self.line = line
        self.column = column
        self.last = last
        """The line it ends on."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words(self.name)

    @property
    @abstractmethod
    def owner(self) -> Class | None:
        """The class it is a method of."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[str, ...]:
        """Names of what it takes, but for self and receivers."""

    @property
    @abstractmethod
    def doc(self) -> str: ...

    @property
    @abstractmethod
    def decorators(self) -> tuple[str, ...]:
        """Their dotted names."""

    @property
    @abstractmethod
    def alternative(self) -> bool:
        """Defined under a condition, or inside another function."""

    @property
    @abstractmethod
    def comments(self) -> str:
        """What is said inside it."""

    @property
    @abstractmethod
    def body(self) -> Body: ...


class Name(msgspec.Struct, frozen=True):
    """A name at a place: of a module imported, or of what is called."""

    text: str
    line: int
    column: int


class Given(Enum):
    """How a text is given to a name."""

    ASSIGNED = auto()
    ARGUMENT = auto()
    FALLBACK = auto()
    """Taken where the environment does not say."""


class Text(msgspec.Struct, frozen=True):
    """A literal text under a name."""

    name: str
    value: str
    line: int
    column: int
    given: Given


class Comment(msgspec.Struct, frozen=True):
    """A comment without its marks, at the line it starts on."""

    line: int
    column: int
    text: str


class Gap(msgspec.Struct, frozen=True):
    """What does not parse: the first line, and how many there are."""

    line: int
    lines: int


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """All that the rules are told about one file."""

    language: str
    lines: Sequence[str]
    functions: Sequence[Function]
    classes: Sequence[Class]
    imports: Sequence[Name]
    calls: Sequence[Name]
    tables: Sequence[Name]
    """Variables that hold a list or an object written out."""
    texts: Sequence[Text]
    comments: Sequence[Comment]
    prose: Mapping[int, int]
    """Lines that are comment or docstring: line -> column from which on."""
    gap: Gap | None = None
