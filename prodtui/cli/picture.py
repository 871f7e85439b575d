"""The picture of a screen as a file of its own."""

from __future__ import annotations

import time
from pathlib import Path

from prodtui.model.errors import UsageError


def written(svg: str, directory: Path | None = None) -> Path:
    """Writes the picture beside what is there already; returns the file. Raises UsageError."""
    directory = directory or Path.cwd()
    name = f"prodtui-screen-{time.strftime('%Y%m%d-%H%M%S')}"
    for n in range(1, 100):
        path = directory / f"{name}{f'-{n}' if n > 1 else ''}.svg"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(svg)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
        return path
    raise UsageError(f"{directory}: there are a hundred pictures of this second already")
