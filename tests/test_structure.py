"""The house stands as docs/architecture.md draws it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

HEAVY = (
    "httpx",
    "asyncpg",
    "psycopg",
    "pydantic",
    "pydantic_settings",
    "prometheus_api_client",
    "requests",
    "typer",
    "structlog",
    "sqlite3",
    "prodtui.sources",
    "prodtui.settings",
    "prodtui.watch",
    "prodtui.readiness",
    "prodtui.journal",
)
"""Each costs 25 to 240 ms; none may stand between a person and the first frame."""


def test_imports_go_down_the_floors_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_heavy_is_imported_before_the_first_frame() -> None:
    program = f"import sys, prodtui.cli.dashboard\nprint(*[name for name in {HEAVY!r} if name in sys.modules])\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_plain_prodtui_does_not_load_the_command_parser() -> None:
    program = (
        "import sys, prodtui.__main__ as entry\n"
        "assert entry._dashboard_options([]) == {}\n"
        "assert entry._dashboard_options(['--env', 'lab']) == {'--env': 'lab'}\n"
        "assert entry._dashboard_options(['--read-only', '--env', 'lab']) == {'--read-only': '', '--env': 'lab'}\n"
        "assert entry._dashboard_options(['--env']) is None\n"
        "assert entry._dashboard_options(['status']) is None\n"
        "assert entry._dashboard_options(['--help']) is None\n"
        "print('typer' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
