"""What is kept, as bytes: msgpack, deflated with the mark as dictionary, since what follows repeats it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from prodtui.model.later import Later
from prodtui.model.mark import Mark, Told
from prodtui.model.moment import Event
from prodtui.model.text import LONGEST_OUTPUT, neutralise

T = TypeVar("T")
LONGEST = 1 << 29
"""Bytes that one row may inflate to; 50,000 health checks with their outputs are 30 MB."""
_LONGEST_TEXT = LONGEST_OUTPUT + 100
"""An output that was cut says so in more characters than the cut left."""
_WINDOW = 1 << 15
"""How far back deflate looks: more of a dictionary is not used (RFC 1951 §2)."""


class UnreadableError(ValueError):
    """Bytes that no journal of ours holds."""


class UnwritableError(ValueError):
    """A value that no record may hold."""


def packed(value: object, dictionary: bytes = b"") -> bytes:
    """The value as it is kept. Raises UnwritableError."""
    return _deflated(_encoded(value), dictionary)


def packed_mark(mark: Mark) -> tuple[bytes, bytes]:
    """The mark as it is kept, and the dictionary of what follows on it. Raises UnwritableError."""
    plain = _encoded(mark)
    return _deflated(plain, b""), plain[-_WINDOW:]


def unpacked_mark(body: bytes) -> tuple[Mark, bytes]:
    """The mark, and the dictionary of what follows on it. Raises UnreadableError."""
    plain = _inflated(body, b"")
    return _decoded(plain, Mark), plain[-_WINDOW:]


def unpacked(bodies: Iterable[bytes], dictionary: bytes) -> Sequence[Told]:
    """What follows on a mark, in order. Raises UnreadableError."""
    return [told for body in bodies for told in _decoded(_inflated(body, dictionary), tuple[Told, ...])]


def unpacked_event(body: bytes) -> Event:
    """Raises UnreadableError."""
    return _decoded(_inflated(body, b""), Event)


def _plain(value: object) -> object:
    """What msgspec does not know by itself."""
    if isinstance(value, Later):
        return tuple(value)
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise TypeError(type(value).__name__)


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)


def _encoded(value: object) -> bytes:
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UnwritableError(str(error)) from error


def _deflated(plain: bytes, dictionary: bytes) -> bytes:
    deflate = zlib.compressobj(zdict=dictionary) if dictionary else zlib.compressobj()
    return deflate.compress(plain) + deflate.flush()


def _inflated(body: bytes, dictionary: bytes) -> bytes:
    inflate = zlib.decompressobj(zdict=dictionary) if dictionary else zlib.decompressobj()
    try:
        plain = inflate.decompress(body, LONGEST)
    except zlib.error as error:
        raise UnreadableError(str(error)) from error
    if not inflate.eof:
        raise UnreadableError("cut short" if len(plain) < LONGEST else "too long")
    return plain


def _decoded(plain: bytes, kind: type[T]) -> T:
    try:
        return msgspec.convert(_inert(msgspec.msgpack.decode(plain)), kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(str(error)) from error


def _inert(value: Any) -> Any:  # noqa: ANN401 — msgpack of any shape
    """The value with the text in it made harmless: a file may come from anywhere. What we wrote comes back the same."""
    if isinstance(value, str):
        return value if value.isprintable() else neutralise(value, longest=_LONGEST_TEXT)
    if isinstance(value, dict):
        return {_inert(key): _inert(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_inert(each) for each in value]
    return value
