"""Documents that the dashboard writes: files of their own in the current directory, never over another."""

from __future__ import annotations

import time
from pathlib import Path

from prodtui.model.errors import UsageError

MOST = 100


def written(text: str, name: str, suffix: str, directory: Path | None = None) -> Path:
    """Writes `prodtui-NAME-TIME.SUFFIX`; returns the file. Raises UsageError where it can't."""
    directory = directory or Path.cwd()
    stem = f"prodtui-{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    for number in range(1, MOST + 1):
        path = directory / f"{stem}{f'-{number}' if number > 1 else ''}.{suffix}"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}; go where you may write") from error
        return path
    raise UsageError(f"{directory} has {MOST} documents of this second already")
