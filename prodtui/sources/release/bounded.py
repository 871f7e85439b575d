"""Files that a policy names, read within a bound."""

from __future__ import annotations

from pathlib import Path


def read_bytes(path: Path, limit: int) -> bytes:
    """The file's content. Raises OSError, also for what is no regular file; ValueError where it is too long."""
    if path.exists() and not path.is_file():
        raise OSError(None, "it is no regular file")  # a pipe would never end
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"it is longer than {limit:,} bytes")
    return content


def read_text(path: Path, limit: int) -> str:
    """The file's content as UTF-8. Raises OSError, ValueError."""
    try:
        return read_bytes(path, limit).decode()
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8") from error
