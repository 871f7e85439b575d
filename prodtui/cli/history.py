"""The command line's history on disk: $XDG_STATE_HOME/prodtui/history, a line each, for its owner alone."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from prodtui.ui.history import joined

_log = logging.getLogger(__name__)
_LARGEST = 1_000_000


def history_file() -> Path:
    from prodtui.cli.log import log_file

    return log_file().with_name("history")


def kept(path: Path | None = None) -> list[str]:
    """The lines that were typed before; none where the file can't be read."""
    from prodtui.model.text import neutralise_name

    try:
        with (path or history_file()).open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return []
    return [neutralise_name(line) for line in text.split("\n") if line.strip()]


def keep(added: Sequence[str], path: Path | None = None) -> None:
    """Adds lines to what another dashboard may have added meanwhile. A disk that takes none is no error."""
    if not added:
        return
    path = path or history_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=".history-")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in joined(kept(path), added))
        Path(name).replace(path)
    except OSError as error:
        _log.warning("the history is not kept: %s", error)
