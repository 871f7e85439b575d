"""A sequence that is made when somebody first looks: of thousands of services few are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Later(Sequence[T]):
    """As the tuple that `make` gives; it is called once. `make` is pure, so that when makes no difference."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Iterable[T]]) -> None:
        self._make: Callable[[], Iterable[T]] | None = make
        self._made: tuple[T, ...] = ()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._whole[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def __eq__(self, other: object) -> bool:
        return self._whole == (other._whole if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self._whole)

    def __repr__(self) -> str:
        return repr(self._whole)

    @property
    def _whole(self) -> tuple[T, ...]:
        # Taken once: another thread may be at it too.
        if (make := self._make) is not None:
            self._made = tuple(make())
            self._make = None  # what it was made of is let go
        return self._made
