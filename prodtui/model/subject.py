"""One name for any entity: `record-tag:source:key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodtui.model.records import Record


def subject(source: str, record: Record) -> str:
    """The subject of a record that a source reported."""
    return called(record, source, record.key)


def called(record: Record, source: str, key: str) -> str:
    """The subject of a record whose key is known already."""
    return f"{record.__struct_config__.tag}:{source}:{key}"


def parts(subject: str) -> tuple[str, str, str]:
    """(record tag, source, key) of a subject; a key may itself hold colons."""
    tag, source, key = subject.split(":", 2)
    return tag, source, key
