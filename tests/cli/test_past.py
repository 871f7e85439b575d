"""status, check, explain and export of the past: from the journal that a real watch kept of a real fault."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

import jsonschema
import pytest

from prodtui.lab.state import Lab
from prodtui.reports.fields import rfc3339
from tests.cli.prodtui import prodtui
from tests.cli.watching import healthy, watching
from tests.faults import fault

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "incident.schema.json").read_text())


class Kept(NamedTuple):
    """A journal, and when what was."""

    config: Path
    state: Path
    well: float
    ill: float

    def prodtui(self, *words: str | Path, code: int = 0) -> str:
        """What a command says on stdout; on stderr it says as of when."""
        done = prodtui(*words, "--config", self.config, XDG_STATE_HOME=str(self.state))
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def fails(self, *words: str | Path) -> str:
        """What a command that can't be carried out says."""
        done = prodtui(*words, "--config", self.config, XDG_STATE_HOME=str(self.state))
        assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture(scope="module")
def kept(measured_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A watch looks while an instance is killed, and ends; nothing reads the lab after that."""
    folder = tmp_path_factory.mktemp("kept")
    with watching(measured_lab.config_path, folder) as watch:
        healthy(watch.url)
        well = time.time()
        with fault(measured_lab, "instance-killed", alerts=False):
            watch.until(r"event=verdict environment=lab service=payments before=\S+ after=NOT_READY")
            time.sleep(2)  # so that a moment lies between
            ill = time.time()
        watch.process.terminate()
        assert watch.process.wait(10) == 0
    return Kept(measured_lab.config_path, folder / "state", well, ill)


def _at(at: float) -> tuple[str, str]:
    return "--at", str(rfc3339(at))


def test_status_tells_how_things_stood_then(kept: Kept) -> None:
    ill = json.loads(kept.prodtui("status", "--format", "json", *_at(kept.ill)))
    payments = next(service for service in ill["services"] if service["name"] == "payments")
    assert payments["verdict"] == "NOT_READY"
    assert payments["instances"]["critical"] == 1
    assert abs(time.mktime(time.strptime(ill["at"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - int(kept.ill)) <= 1
    well = json.loads(kept.prodtui("status", "--format", "json", *_at(kept.well)))
    assert well["verdict"] != "NOT_READY"  # its longest window may not be filled yet
    payments = next(service for service in well["services"] if service["name"] == "payments")
    assert payments["instances"]["passing"] == 2


def test_the_gate_decides_as_it_would_have_then_and_remembers_nothing_of_it(kept: Kept) -> None:
    assert "NOT_READY" in kept.prodtui("check", "payments", *_at(kept.ill), code=1)
    assert "2 of 2 passing" in kept.prodtui("explain", "payments", *_at(kept.well))
    assert "READY" not in kept.prodtui("baseline", "list")
    assert "--samples" in kept.fails("check", *_at(kept.ill), "--samples", "2")


def test_explain_tells_why_then(kept: Kept) -> None:
    assert "1 of 2 passing" in kept.prodtui("explain", "payments", *_at(kept.ill))


def test_an_incident_is_exported_as_a_document_for_people(kept: Kept, tmp_path: Path) -> None:
    file = tmp_path / "incident.md"
    assert kept.prodtui("export", *_at(kept.ill), "--output", file) == ""
    text = file.read_text()
    assert text.startswith("# Incident in `lab`, ")
    assert "### `payments` NOT READY" in text
    assert re.search(r"\| ✖ `health` \| `payments-\d ", text)
    assert "connection refused" in text
    # With the screen as it was.
    assert re.search(r"^ prodtui  lab +NOT READY ", text, re.M)


def test_an_incident_is_exported_for_programs(kept: Kept) -> None:
    document = json.loads(kept.prodtui("export", *_at(kept.ill), "--format", "json"))
    jsonschema.validate(document, SCHEMA)
    assert "payments" in {one["service"] for one in document["failed"]}
    assert document["gap"] is None


def test_a_moment_is_exported_as_a_picture(kept: Kept) -> None:
    ill = Xml.fromstring(kept.prodtui("export", *_at(kept.ill), "--format", "svg"))  # noqa: S314 — our own
    said = "".join(element.text or "" for element in ill.iter()).replace("\xa0", " ")
    assert "NOT READY" in said
    assert "payments" in said


@pytest.mark.parametrize("command", [("status",), ("check",), ("explain", "payments"), ("export",)])
def test_what_was_not_kept_is_said_with_what_was(kept: Kept, command: tuple[str, ...]) -> None:
    assert re.search(
        r"nothing is kept of .*: the journal .*lab\.journal goes from ", kept.fails(*command, "--at", "-2d")
    )
    assert "yesterday 14:02" in kept.fails(*command, "--at", "lunchtime")


@pytest.mark.parametrize("command", [("status",), ("check",), ("export",)])
def test_where_nothing_was_ever_kept_it_is_said_who_keeps_it(
    kept: Kept, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = prodtui(*command, "--at", "-1m", "--config", kept.config, XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "prodtui watch --env lab" in done.stderr
    assert list(tmp_path.rglob("*.journal")) == []


def test_a_journal_that_cannot_be_read_is_said_in_one_line(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "prodtui").mkdir()
    (tmp_path / "prodtui" / "lab.journal").write_text("no journal\n" * 500)
    done = prodtui("status", "--at", "-1m", "--config", kept.config, XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "lab.journal" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_watch_whose_journal_cannot_be_kept_watches_on_and_says_so(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "state" / "prodtui").mkdir(parents=True)
    (tmp_path / "state" / "prodtui" / "lab.journal").mkdir()  # also root can't write a file there
    with watching(kept.config, tmp_path) as watch:
        watch.until("lab.journal")
        watch.until("event=verdict environment=lab service=payments")
        assert watch.process.poll() is None
    assert "Traceback" not in watch.log()
