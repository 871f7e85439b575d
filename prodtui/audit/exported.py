"""The audit trail as a file: a line that says what it is and where it ends, then each entry with its hashes.

An entry's line holds its deed as it was hashed, so that the file can be verified without the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from prodtui.audit.chain import Link
from prodtui.audit.heads import Head
from prodtui.model.errors import UsageError

SCHEMA = "prodtui.audit-trail/1"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    schema: str
    store: str
    """Where the trail was, without credentials."""
    at: str
    """When it was exported, RFC 3339."""
    entries: int
    head: str
    """Hash of the last one."""


class _Line(msgspec.Struct, frozen=True):
    number: int
    before: str
    hash: str
    deed: msgspec.Raw


def header(store: str, at: str, head: Head) -> bytes:
    """The first line of a file that goes up to this head."""
    return msgspec.json.encode(Header(schema=SCHEMA, store=store, at=at, entries=head.number, head=head.hash)) + b"\n"


def line(link: Link) -> bytes:
    """The line of an entry, whatever somebody made of it."""
    deed = msgspec.Raw(link.deed.encode(errors="surrogatepass"))
    return msgspec.json.encode(_Line(link.number, link.before, link.hash, deed)) + b"\n"


def header_of(path: Path) -> Header:
    """What a file says of itself. Raises UsageError where it is no exported trail."""
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.readline(1_000_000), type=Header)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}; give a file of `prodtui audit export`") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no audit trail; give a file of `prodtui audit export`") from error
    if found.schema != SCHEMA:
        raise UsageError(f'{path} is "{found.schema}", this prodtui reads {SCHEMA}; export it anew, or upgrade')
    return found


def links_of(path: Path) -> Iterator[Link]:
    """The entries of a file in the order of its lines. Raises OSError."""
    with path.open("rb") as file:
        file.readline()
        yield from _links(file)


def _links(lines: BinaryIO) -> Iterator[Link]:
    for text in lines:
        try:
            read = msgspec.json.decode(text, type=_Line)
            link = Link(number=read.number, before=read.before, hash=read.hash, deed=bytes(read.deed).decode())
        except (msgspec.DecodeError, UnicodeDecodeError):
            link = None
        # Exactly as it was written: a key twice or one too many would say more than was hashed.
        yield link if link is not None and line(link) == text else _no_entry(text)


def _no_entry(text: bytes) -> Link:
    return Link(number=0, before="", hash="", deed=text.decode(errors="replace"))
