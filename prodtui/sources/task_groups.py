"""Several requests at once, failing as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def first_failure() -> Iterator[None]:
    """Around a task group: its first failure, alone, in place of the group (which has cancelled the other tasks)."""
    try:
        yield
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
