"""A program that the kernel kills when whoever started it dies, also where that was by SIGKILL."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

# By prctl PR_SET_PDEATHSIG. What a shell ignores for its background jobs (SIGINT) and Python for itself (SIGPIPE,
# SIGXFSZ) would be ignored by the program too. One that can't be run ends as in a shell: with 127, and why.
_TIED: Final = """
import ctypes, os, signal, sys
for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError as error:
    print(f"{sys.argv[2]}: {error.strerror}", file=sys.stderr)
    sys.exit(127)
"""


def tied(command: Sequence[str]) -> list[str]:
    """The command as this process is to start it; what that starts itself is not tied. As it is where not on Linux."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *command]
