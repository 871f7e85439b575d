"""prodtui as a person runs it: each command a process of its own, with its own environment and exit code.

The processes are forked from one that has imported the program: half of the time of a short command goes into that, and
the suite runs hundreds. What is imported when is the subject of tests/test_structure.py, which starts afresh.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

LONGEST_S = 50.0
_OTHERS = ("httpx", "asyncpg", "prometheus_api_client", "promql_parser", "pytest")
_FORKED = multiprocessing.get_context("forkserver")


def _ours() -> list[str]:
    """All that a command may import; what draws is for dashboards."""
    import prodtui

    found = (name for _, name, _ in pkgutil.walk_packages(prodtui.__path__, "prodtui."))
    return [name for name in found if not name.startswith(("prodtui.ui.", "prodtui.lab.")) and "__main__" not in name]


_FORKED.set_forkserver_preload([*_OTHERS, *_ours()])


def prodtui(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command with its output; the environment's own PRODTUI and system variables are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRODTUI_", "CONSUL_", "PG"))}
    command = ["prodtui", *map(str, words)]
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        process = _FORKED.Process(target=_carry_out, args=(command, {**kept, **environment}, out.name, err.name))
        process.start()
        process.join(LONGEST_S)
        if process.is_alive():
            process.kill()
            raise subprocess.TimeoutExpired(command, LONGEST_S, out.read(), err.read())
        assert process.exitcode is not None
        return subprocess.CompletedProcess(command, process.exitcode, out.read().decode(), err.read().decode())


def _carry_out(command: list[str], environment: Mapping[str, str], out: str, err: str) -> None:
    """In the new process: what the kernel and the interpreter do when a program begins."""
    from prodtui.__main__ import main

    for path, descriptor in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY)
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = command
    main()
