"""requests without its guesser of encodings, in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys

from prodtui.sources.metrics.prometheus import Prometheus

LOADS = f"""
import importlib, sys
for module in {Prometheus.needs!r}:
    importlib.import_module(module)
assert sys.modules["requests"].compat.chardet is None
assert not [name for name, module in sys.modules.items() if module and name.partition(".")[0] == "charset_normalizer"]
"""


def test_prometheus_is_read_without_a_guesser_of_encodings_and_nobody_is_warned() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADS], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
