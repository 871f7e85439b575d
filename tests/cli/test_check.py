"""`check` as a pipeline runs it: formats, files, samples, waiting, what hangs, breaking the glass.

Its peers are real and cheap: ports that refuse, and servers that accept and never answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import jsonschema
import pytest

from prodtui.cli import main
from prodtui.journal.store import store_at
from prodtui.model.evaluation import Evaluation
from prodtui.reports.document import json_schema
from prodtui.reports.formats import GateFormat
from tests.cli.prodtui import prodtui

REFUSED = "127.0.0.1:1"
OVERRIDE = ("--break-glass", "the registry is being moved", "--ticket", "OPS-7")


def configuration(folder: Path, address: str = REFUSED, store: str = "") -> Path:
    """A service of an environment whose one source is at this address."""
    path = folder / "prodtui.toml"
    lines = [f'store = "{store or folder / "store.db"}"', 'default_environment = "nowhere"']
    lines += ["[environments.nowhere.sources.metrics]", 'kind = "prometheus"', f'url = "http://{address}"']
    path.write_text("\n".join([*lines, "[services.payments]", 'tier = "B"', ""]))
    return path


def policy(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text)
    return path


@contextmanager
def deaf() -> Iterator[socket.socket]:
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        listening.setblocking(False)
        yield listening


def address(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


def kept(folder: Path) -> list[Evaluation]:
    """The evaluations that were kept, newest first."""

    async def listed() -> list[Evaluation]:
        store = store_at(str(folder / "store.db"))
        try:
            return list(await store.list("nowhere", 10))
        finally:
            await store.close()

    return asyncio.run(listed())


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A command without the start-up of a process of its own."""

    def carried_out(*words: str | Path) -> Said:
        code = main.run(list(map(str, words)))
        return Said(code, *capsys.readouterr())

    return carried_out


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """One run with every format in a file of its own; text goes where a file with a mode of its own was."""
    folder = tmp_path_factory.mktemp("formats")
    files = {kind.value: folder / f"report.{kind.value}" for kind in GateFormat}
    files["text"].write_text("an older and longer report\n" * 1_000)
    files["text"].chmod(0o640)
    words = [word for kind, path in files.items() for word in ("--format", kind, "--output", str(path))]
    done = prodtui("check", *words, "--config", configuration(folder), *OVERRIDE)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    return files


def test_every_format_goes_whole_to_its_file(written: Mapping[str, Path]) -> None:
    assert written["text"].read_text().startswith("OVERRIDDEN  nowhere")
    jsonschema.validate(json.loads(written["json"].read_text()), json_schema())
    assert ElementTree.fromstring(written["junit"].read_text()).tag == "testsuites"  # noqa: S314 — our own
    assert written["markdown"].read_text().startswith("## ❓ OVERRIDDEN")
    assert json.loads(written["sarif"].read_text())["version"] == "2.1.0"
    assert written["nagios"].read_text().startswith("READINESS UNKNOWN - ")
    assert written["prometheus"].read_text().startswith("# HELP prodtui_readiness_score")
    assert {path.name for path in written["text"].parent.glob("*report*")} == {path.name for path in written.values()}


def test_a_file_that_was_there_keeps_its_mode_and_nothing_of_its_text(written: Mapping[str, Path]) -> None:
    assert written["text"].stat().st_mode & 0o777 == 0o640
    assert "older" not in written["text"].read_text()


def test_a_policy_that_does_not_allow_it_says_so_and_the_verdict_decides(written: Mapping[str, Path]) -> None:
    document = json.loads(written["json"].read_text())
    assert (document["decision"], document["verdict"], document["exit_code"]) == ("OVERRIDDEN", "INCONCLUSIVE", 3)
    assert document["override"] == {"reason": OVERRIDE[1], "ticket": "OPS-7", "allowed": False}
    assert "the policy does not allow an override" in written["text"].read_text()


def test_a_lost_source_is_one_finding_that_names_what_is_behind_it(written: Mapping[str, Path]) -> None:
    text = written["text"].read_text()
    assert text.count("metrics lost (refused)") == 1
    assert "performance.latency_p99" in text


def test_a_broken_glass_is_kept_with_its_reason(written: Mapping[str, Path]) -> None:
    (evaluation,) = kept(written["text"].parent)
    assert evaluation.override is not None
    assert (evaluation.decision, evaluation.override.ticket) == ("OVERRIDDEN", "OPS-7")
    assert evaluation.verdict == "INCONCLUSIVE"


def test_an_allowed_override_exits_0_with_the_worst_of_the_samples_on_it(run: Run, tmp_path: Path) -> None:
    allows = policy(tmp_path, 'name = "allows"\n[verdict]\noverride = true\n')
    words = ("--samples", "2", "--every", "0s", "--candidate", "1.4.2", "--policy", allows)
    said = run("check", "payments", *words, *OVERRIDE, "--config", configuration(tmp_path))
    assert said.code == 0, said.err
    for part in ("verdict INCONCLUSIVE", "worst of 2 samples", "candidate 1.4.2", "allows ("):
        assert part in said.out


def test_what_hangs_is_unknown_and_the_report_is_there_in_time(tmp_path: Path) -> None:
    """The source and the store both: neither ever answers."""
    with deaf() as source, deaf() as database:
        store = f"postgresql://prodtui@{address(database)}/prodtui"
        config = configuration(tmp_path, address(source), store)
        began = time.monotonic()
        done = prodtui("check", "--timeout", "1s", "--format", "json", "--config", config)
        took_s = time.monotonic() - began
    document = json.loads(done.stdout)
    assert done.returncode == document["exit_code"] == 3
    assert document["sources"][0]["cause"]["class"] == "timeout"
    assert document["remarks"] != []
    assert took_s < 10


def test_it_asks_again_while_it_can_not_tell_and_there_is_time_to_wait(run: Run, tmp_path: Path) -> None:
    with deaf() as source:
        config = configuration(tmp_path, address(source))
        began = time.monotonic()
        said = run("check", "--wait", "1500ms", "--timeout", "500ms", "--config", config)
        took_s = time.monotonic() - began
        tries = 0
        while True:
            try:
                source.accept()[0].close()
            except BlockingIOError:
                break
            tries += 1
    assert (said.code, said.err) == (3, "")
    assert tries >= 2
    assert took_s > 1.5


def test_a_later_run_says_what_changed_since_the_accepted_one(
    written: Mapping[str, Path], run: Run, tmp_path: Path
) -> None:
    (evaluation,) = kept(written["text"].parent)
    config = configuration(tmp_path, store=str(written["text"].parent / "store.db"))

    async def accept() -> None:
        store = store_at(str(written["text"].parent / "store.db"))
        try:
            await store.accept(evaluation.id, "ana", evaluation.at)
        finally:
            await store.close()

    asyncio.run(accept())
    other = policy(tmp_path, '[checks.performance.latency_p99]\npass = ["< 100ms"]\nblocking = false\n')
    said = run("check", "--config", config, "--policy", other)
    assert "since the last accepted evaluation" in said.out
    assert "the policy is another" in said.out
    assert "asks less than what was accepted" in said.out
    assert "since the last accepted evaluation" in run("explain", "payments", "--config", config).out
    assert len(kept(written["text"].parent)) == 2, "check keeps each run, explain none"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--break-glass", "why"), "go together"),
        (("--ticket", "OPS-7"), "go together"),
        (("--break-glass", " ", "--ticket", "OPS-7"), "go together"),
        (("--output", "{folder}/no/such/report"), "can't be written"),
        (("--output", "{folder}"), "it is a directory"),
        (("--format", "text", "--format", "json"), "two formats on stdout"),
        (("--format", "text", "--format", "json", "--output", "{folder}/r", "--output", "{folder}/r"), "two formats"),
    ],
)
def test_what_can_not_be_carried_out_is_said_before_anything_is_asked(
    words: tuple[str, ...], said: str, run: Run, tmp_path: Path
) -> None:
    with deaf() as source:
        config = configuration(tmp_path, address(source))
        found = run("check", *(word.format(folder=tmp_path) for word in words), "--config", config)
        with pytest.raises(BlockingIOError):
            source.accept()
    assert found.code == 2
    assert said in found.err


def test_an_interrupt_exits_130_and_says_nothing(tmp_path: Path) -> None:
    with deaf() as source:
        command = [sys.executable, "-m", "prodtui", "check", "--config", str(configuration(tmp_path, address(source)))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            _connected(source)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=10)
    assert (running.returncode, out, err) == (130, "", "")


def test_a_reader_that_goes_away_changes_no_exit_code() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = "import sys\nfrom prodtui.cli.output import STDOUT, write\nwrite(STDOUT, 'x' * 100_000)\nsys.exit(3)"
    words = [sys.executable, "-c", program]
    with os.fdopen(writing, "w") as broken:
        done = subprocess.run(words, stdout=broken, stderr=subprocess.PIPE, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (3, "")


def _connected(server: socket.socket) -> None:
    """Returns when somebody has connected: the asking is under way."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nothing is asked")
