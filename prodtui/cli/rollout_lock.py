"""Whether the process that drove a rollout on this host is gone: by a lock that dies with it, however it ends.

The lease in the store tells the same to every host, some seconds later: a gap that a rollout need not have.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodtui.cli.log import log_file


@contextmanager
def driving(rollout_id: str, driver: str) -> Iterator[None]:
    """While it is entered the driver is known to be there; where no file can be written, only by the lease."""
    path = _path(rollout_id)
    lock = _locked(path, driver)
    try:
        yield
        if lock is not None:
            path.unlink(missing_ok=True)
    finally:
        if lock is not None:
            os.close(lock)


def _locked(path: Path, driver: str) -> int | None:
    lock = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.write(lock, driver.encode())
    except OSError:
        if lock is not None:
            os.close(lock)
        return None
    return lock


def is_gone(rollout_id: str, driver: str) -> bool:
    """Whether this driver ran here and does not any more; False where that is not known."""
    try:
        lock = os.open(_path(rollout_id), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.read(lock, 4_096).decode(errors="replace") == driver
    except OSError:
        return False
    finally:
        os.close(lock)


def _path(rollout_id: str) -> Path:
    return log_file().with_name("rollouts") / f"{rollout_id}.lock"
