"""The chain that the entries of the audit trail hang in, and where one is not as it was written: pure.

What is hashed of an entry is its number, the hash of the entry before and its deed, with a newline between them:

    printf '%s\\n%s\\n%s' NUMBER BEFORE DEED | sha256sum

A deed is canonical JSON: UTF-8, no white space, the keys of every object sorted, defaults written out. It is kept as
the text that was hashed and never encoded again, so that a prodtui whose deeds have more fields verifies it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import partial

import msgspec

from prodtui.model.audited import Deed, Entry

FIRST = "0" * 64
"""The hash before the first entry."""
NEAR = 1_000
"""So far from its place an entry that was given another number is looked for."""
_NOWHERE: Mapping[int, str] = {}


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept, whatever somebody made of it."""

    number: int
    before: str
    hash: str
    deed: str
    """Canonical JSON."""
    found_by: tuple[float, str, str] | None = None
    """Time, environment and act by which the store finds it; None where these are not kept beside the deed."""


class Wrong(StrEnum):
    """What was done to a trail."""

    EDITED = "edited"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    TRUNCATED = "truncated"


class Broken(msgspec.Struct, frozen=True):
    """The first place at which a trail is not as it was written."""

    wrong: Wrong
    number: int
    """Of the first entry that is wrong, or missing."""
    to: int
    """Of the last one that it may be, or that is missing too."""
    why: str

    def __str__(self) -> str:
        which = f"entry {self.number}" if self.to == self.number else f"entries {self.number} to {self.to}"
        return f"{self.wrong}: {which}; {self.why}"


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk along a trail found."""

    entries: int
    """So many are as they were written, from the first on."""
    hash: str
    """Of the last of these."""
    proven: int
    """Number of the newest of these whose hash is known from outside the trail; 0: none is."""
    broken: Broken | None = None


class _Named(msgspec.Struct, frozen=True):
    """What the store finds a deed by, also one that a newer prodtui wrote."""

    at: float
    environment: str
    act: str


Following = Callable[[Link | None], Broken]
"""What is wrong, told by the entry that follows; None: none does."""


def linked(deeds: Sequence[Deed], number: int, before: str) -> tuple[Link, ...]:
    """Deeds as the entries that follow the one with this number and hash."""
    links: list[Link] = []
    for place, deed in enumerate(deeds, number + 1):
        text = canonical(deed)
        own = hashed(place, before, text)
        found_by = (deed.at, deed.environment, deed.act.value)
        links.append(Link(number=place, before=before, hash=own, deed=text, found_by=found_by))
        before = own
    return tuple(links)


def canonical(deed: Deed) -> str:
    """The text that is hashed and kept of a deed."""
    return msgspec.json.encode(deed, order="sorted").decode()


def hashed(number: int, before: str, deed: str) -> str:
    """The hash of an entry, hexadecimal SHA-256."""
    return hashlib.sha256(f"{number}\n{before}\n{deed}".encode(errors="surrogatepass")).hexdigest()


def entry(link: Link) -> Entry:
    """The entry that a link holds. Raises msgspec.DecodeError, msgspec.ValidationError where it holds none."""
    deed = msgspec.json.decode(link.deed.encode(errors="surrogatepass"), type=Deed)
    return Entry(number=link.number, deed=deed, before=link.before, hash=link.hash)


def checked(links: Iterable[Link], heads: Mapping[int, str] = _NOWHERE) -> Checked:
    """What is wrong with a trail first. `heads`: hashes by number as they were written outside of it."""
    walk = Walk(heads)
    for link in links:
        walk.follow(link)
        if walk.broken is not None:
            break
    return walk.end()


class Walk:
    """Goes along a trail, from its first entry on, and stops at the first that is not as it was written."""

    def __init__(self, heads: Mapping[int, str] = _NOWHERE) -> None:
        self._heads = heads
        self._number = 0
        self._hash = FIRST
        self._proven = 0
        self._following: Following | None = None
        """Judges by what follows; called until it tells or the trail ends."""
        self.broken: Broken | None = None
        """What is wrong, as soon as it is certain."""

    def follow(self, link: Link) -> None:
        """The next entry, in the order in which the trail has them."""
        if self.broken is not None:
            return
        if self._following is not None:
            told = self._following(link)
            # What is missing may still come.
            self.broken = told if told.wrong is not Wrong.REMOVED else None
            return
        due = self._number + 1
        self.broken = self._altered(link, due)
        if self.broken is not None:
            return
        if link.number > due:
            self._following = partial(_gap, due, link.number)
        elif link.before != self._hash:
            self._following = partial(self._torn, link)
        else:
            self._accept(link)

    def end(self) -> Checked:
        """What the whole trail came to."""
        if self.broken is None and self._following is not None:
            self.broken = self._following(None)
        newest = max(self._heads, default=0)
        if self.broken is None and newest > self._number:
            why = f"the trail ends with entry {self._number}, and entry {newest} was once written"
            self.broken = Broken(Wrong.TRUNCATED, self._number + 1, newest, why)
        return Checked(entries=self._number, hash=self._hash, proven=self._proven, broken=self.broken)

    def _altered(self, link: Link, due: int) -> Broken | None:
        """What the entry alone shows, beside the number that is due."""
        if not _whole(link):
            was = _numbered(link, range(max(1, due - NEAR), due + NEAR))
            if was not in (None, due):
                return Broken(Wrong.REORDERED, due, due, f"in its place is what was entry {was}")
            if was is None and link.number > due:
                return None  # the gap before it comes first
            return Broken(Wrong.EDITED, due, due, "its hash is not that of what it says")
        if link.number < due:
            return Broken(Wrong.INSERTED, due, due, f"in its place is an entry with the number {link.number}")
        return None

    def _accept(self, link: Link) -> None:
        """Takes the entry as it was written, where nothing outside of the chain says otherwise."""
        known = self._heads.get(link.number)
        if known not in (None, link.hash):
            why = f"the chain was made anew: the hash of entry {link.number} was once another"
            self.broken = Broken(Wrong.EDITED, self._proven + 1, link.number, why)
        elif not _found_as_it_says(link):
            why = "the store finds it by another time, environment or act than it says"
            self.broken = Broken(Wrong.EDITED, link.number, link.number, why)
        else:
            self._number, self._hash = link.number, link.hash
            if known is not None:
                self._proven = link.number

    def _torn(self, link: Link, following: Link | None) -> Broken:
        """The entry follows another than the one before it: one of both was written anew, with its hash."""
        known = self._heads.get(link.number)
        last = link.number - 1
        why = f"entry {link.number} does not follow {f'the entry {last} that is there' if last else 'nothing'}"
        if last == self._proven or known not in (None, link.hash):
            return Broken(Wrong.EDITED, link.number, link.number, why)
        if known == link.hash or (following is not None and following.before == link.hash):
            return Broken(Wrong.EDITED, last, last, why)
        if following is not None:
            return Broken(Wrong.EDITED, link.number, link.number, why)
        return Broken(Wrong.EDITED, last, link.number, why)


def _gap(due: int, number: int, following: Link | None) -> Broken:
    """Entries are missing before the one with this number; they may come later, also under another number."""
    missing = range(due, number)
    if following is not None and (
        following.number in missing or (not _whole(following) and _numbered(following, missing[:NEAR]) is not None)
    ):
        return Broken(Wrong.REORDERED, due, due, f"in its place is entry {number}")
    return Broken(Wrong.REMOVED, due, number - 1, f"entry {number} comes in its place")


def _whole(link: Link) -> bool:
    return hashed(link.number, link.before, link.deed) == link.hash


def _numbered(link: Link, numbers: Iterable[int]) -> int | None:
    """Which of the numbers the entry had when its hash was made."""
    return next((each for each in numbers if hashed(each, link.before, link.deed) == link.hash), None)


def _found_as_it_says(link: Link) -> bool:
    if link.found_by is None:
        return True
    try:
        named = msgspec.json.decode(link.deed.encode(errors="surrogatepass"), type=_Named)
    except msgspec.DecodeError:
        return False
    return link.found_by == (named.at, named.environment, named.act)
