"""What is installed is whole: the wheel holds the themes, and every source that it registers loads."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_ships_the_themes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"prodtui/themes/dark.toml", "prodtui/themes/light.toml", "prodtui/py.typed"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_every_registered_source_is_what_it_says() -> None:
    found = {entry.name: entry.load() for entry in entry_points(group="prodtui.sources")}
    assert set(found) >= {"consul", "etcd", "http", "pgbouncer", "postgresql", "envoy", "prometheus"}
    assert all(source.kind == name for name, source in found.items())


def test_the_lock_pins_every_dependency_with_hashes_and_no_index() -> None:
    lock = (ROOT / ".ci" / "requirements.lock").read_text()
    assert "://" not in lock
    entries = [entry for entry in lock.split("\n") if entry and not entry.startswith(" ")]
    assert all("==" in entry for entry in entries)
    assert lock.count("--hash=sha256:") >= len(entries)
