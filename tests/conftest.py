"""One real lab for the whole session, on ports of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from prodtui.lab import stack
from prodtui.lab.state import Lab
from prodtui.model.assessment import Verdict
from prodtui.readiness.policy_file import load as policy_file
from prodtui.readiness.standard import Standard
from prodtui.settings.load import load
from prodtui.watch import read_once
from tests.cli.watching import healthy, watching

# A shared machine is slow at times: what a property says does not depend on it. The same commit is tried with the same
# examples, so that it lands or does not; `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("explore", deadline=None, max_examples=500)
settings.register_profile("prodtui", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("prodtui")

# The first test that needs the lab waits for it, and the very first time for its servers' packages too.
_UP_S = 300
_MEASURED_S = 120


def pytest_configure() -> None:
    """Whoever is asked to end takes down what was started first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a measured lab come last: its first windows are measured while others run.

    Of these, first those of a lab that is well by its own policy: a fault shows in its windows for a minute.

    The first test that uses the lab gets the time to bring it up.
    """

    def place(item: pytest.Item) -> int:
        used = getattr(item, "fixturenames", ())
        return 0 if "measured_lab" not in used else 1 if "well_lab" in used else 2

    items.sort(key=place)
    for item in items:
        if "well_lab" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_MEASURED_S + 60))
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_UP_S))
            break


@pytest.fixture(scope="session", autouse=True)
def state_place() -> Iterator[None]:
    """What prodtui keeps of this session goes with it: journals, store, log."""
    with tempfile.TemporaryDirectory(prefix="prodtui-state-") as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", place)
        yield


@pytest.fixture(scope="session")
def lab_place() -> Iterator[Path]:
    """A folder for labs: short, and open to the user PostgreSQL runs as, which pytest's own are not."""
    place = Path(tempfile.mkdtemp(prefix="prodtui-"))
    if os.geteuid() == 0:
        place.chmod(0o711)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def lab(lab_place: Path) -> Iterator[Lab]:
    """The session's lab, well when it is handed out first. Faults: `tests.faults.fault`."""
    directory = lab_place / "lab"
    running = stack.up(directory)
    try:
        yield running
    finally:
        stack.down(directory)


@pytest.fixture(scope="session")
def measured_lab(lab: Lab) -> Lab:
    """The session's lab once its first window of 20 s is measured; before, its latency is rightly unknown."""
    environment = load(lab.config_path, {}).environment()
    ends = time.monotonic() + 60
    while asyncio.run(read_once(environment, readings=2)).assessment.verdict not in (Verdict.READY, Verdict.WARN):
        assert time.monotonic() < ends, "the lab is never READY"
        time.sleep(1)
    return lab


@pytest.fixture
def well_lab(measured_lab: Lab) -> Lab:
    """The session's lab once it is READY by its own policy, whose longest window takes a minute."""
    environment = load(measured_lab.config_path, {}).environment()
    standard = Standard(policy=policy_file.load(measured_lab.policy_path))
    ends = time.monotonic() + _MEASURED_S
    while asyncio.run(read_once(environment, standard, readings=2)).assessment.verdict is not Verdict.READY:
        assert time.monotonic() < ends, "the lab is never READY by its own policy"
        time.sleep(1)
    return measured_lab


@pytest.fixture(scope="session")
def watched(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which a dashboard follows a `prodtui watch` of the session's lab, and so has a past."""
    folder = tmp_path_factory.mktemp("watched")
    with watching(lab.config_path, folder) as watch:
        healthy(watch.url)
        yield {"XDG_STATE_HOME": str(folder / "state")}
