"""`prodtui` and `python -m prodtui`.

The dashboard is what somebody waits for at 3 a.m.: plain `prodtui` on a terminal goes to it without loading the
command-line library, which costs a seventh of the time to the first frame.
"""

from __future__ import annotations

import gc
import os
import sys

from prodtui.cli.terminal import on_screen

_YOUNG_OBJECTS = 20_000
"""Allocations between two collections; at Python's 700 a tenth of judging a large fleet went into walking it."""
_TAKING = ("--env", "--config", "--theme")
_FLAGS = ("--read-only", "--mouse")


def main() -> None:
    """Runs the command line; exits with the command's code."""
    collect_less_often()
    # prodtui has no pydantic plugins, and looking for some costs 25 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    words = sys.argv[1:]
    if on_screen() and (options := _dashboard_options(words)) is not None:
        from prodtui.cli.dashboard import dashboard

        flags = {flag[2:].replace("-", "_"): flag in options for flag in _FLAGS}
        sys.exit(dashboard(options.get("--config"), options.get("--env"), theme=options.get("--theme"), **flags))
    from prodtui.cli.main import run

    code = run(words)
    gc.freeze()  # what is left goes with the process: collecting it first costs 50 ms
    sys.exit(code)


def collect_less_often() -> None:
    """What we hold are frozen records without cycles: there is little to collect, and much to walk."""
    gc.set_threshold(_YOUNG_OBJECTS, 10, 50)


def _dashboard_options(words: list[str]) -> dict[str, str] | None:
    """The dashboard's options where there is nothing else on the line; None where it is for the command parser."""
    found: dict[str, str] = {}
    left = iter(words)
    for word in left:
        value = "" if word in _FLAGS else next(left, None) if word in _TAKING else None
        if value is None or word in found:
            return None
        found[word] = value
    return found


if __name__ == "__main__":
    main()
