"""audit, as typed: on a trail in a real store, and on files of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from prodtui.cli import main
from prodtui.cli.audit_trail import heads_of, trail_in
from prodtui.lab.state import Lab
from prodtui.model.audited import Act
from tests.audit.trails import deed, frozen
from tests.cli.prodtui import prodtui
from tests.cli.test_check import OVERRIDE, configuration, policy


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a store and heads of its own."""
    path = tmp_path / "prodtui.toml"
    sources = ".sources.registry]\nkind = 'consul'\nurl = 'http://127.0.0.1:1'\n"
    path.write_text(
        f"store = 'store.db'\ndefault_environment = 'test'\n[audit]\nheads = 'heads'\n"
        f"[environments.test{sources}[environments.other{sources}"
    )
    return path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], config: Path) -> Run:
    """A command without the start-up of a process of its own."""

    def carried_out(*words: str | Path) -> Said:
        code = main.run([*map(str, words), "--config", str(config)])
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode(), err.decode())

    return carried_out


def _fill(config: Path, count: int = 6) -> None:
    """So many entries, a minute apart, the newest of now: loads in test, every third of the other environment."""

    async def fill() -> None:
        trail, now = trail_in(str(config.parent / "store.db"), config.parent / "heads"), time.time()
        for number in range(1, count + 1):
            at = now - 60 * (count - number)
            environment = "test" if number % 3 else "other"
            await trail.append(deed(number, at=at, environment=environment, act=Act.LOAD, about=f"load-{number}"))
        await trail.close()

    asyncio.run(fill())


def _edit(config: Path, statement: str) -> None:
    store = sqlite3.connect(config.parent / "store.db")
    store.execute(statement)
    store.commit()
    store.close()


def test_entries_are_listed_newest_first_by_environment_time_act_and_name(run: Run, config: Path) -> None:
    _fill(config)

    def listed(*words: str) -> list[int]:
        return [
            entry["number"] for entry in json.loads(run("audit", "list", "--format", "json", *words).out)["entries"]
        ]

    assert listed() == [5, 4, 2, 1]
    assert listed("--env", "other") == [6, 3]
    assert listed("--all", "--limit", "3") == [6, 5, 4]
    assert listed("--since", "-150s") == [5, 4]
    assert listed("--until", "-200s") == [2, 1]
    assert listed("--act", "load", "--about", "LOAD-4") == [4]
    assert listed("--act", "rollout") == []
    head, newest, *_ = run("audit", "list").out.splitlines()
    assert head.split() == ["NUMBER", "WHEN", "WHO", "ACT", "ABOUT", "RESULT"]
    assert newest.split()[0] == "5"
    assert newest.endswith("ana@desk  load  load-5  READY, exit 0")


def test_what_was_said_with_an_acknowledgement_is_listed_in_its_line(run: Run, config: Path) -> None:
    async def acknowledged(note: str) -> None:
        trail = trail_in(str(config.parent / "store.db"), config.parent / "heads")
        said = deed(at=time.time(), act=Act.ACKNOWLEDGEMENT, result="acknowledged", details={"note": note})
        await trail.append(said)
        await trail.close()

    asyncio.run(acknowledged("restarting it,\nthen the pool"))
    asyncio.run(acknowledged("x" * 500))
    asyncio.run(acknowledged(""))
    _, silent, long, short = run("audit", "list").out.splitlines()
    assert silent.endswith("payments  acknowledged")
    assert long.endswith(f"acknowledged: {'x' * 99}…")
    assert short.endswith("acknowledged: restarting it, then the pool")


def test_without_acts_it_says_so_and_makes_no_store(run: Run, config: Path) -> None:
    assert run("audit", "list").out == "test: no such acts\n"
    assert run("audit", "verify").out.endswith("the audit trail is empty\n")
    assert json.loads(run("audit", "export").out)["entries"] == 0
    assert not (config.parent / "store.db").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audit", "list", "--since", "soon"), "is no time"),
        (("audit", "list", "--since", "-1m", "--until", "-2m"), "--since is not before --until"),
        (("audit", "list", "--env", "nowhere"), 'no environment "nowhere"'),
        (("audit", "verify", "{folder}/none.jsonl"), "can't be read"),
        (("audit", "verify", "{folder}/prodtui.toml"), "is no audit trail"),
        (("audit", "verify", "--heads", "{folder}/prodtui.toml"), "no heads in it"),
    ],
)
def test_what_can_not_be_carried_out_is_one_message(run: Run, config: Path, words: tuple[str, ...], said: str) -> None:
    found = run(*(word.format(folder=config.parent) for word in words))
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_what_was_written_into_the_store_past_prodtui_moves_no_terminal(run: Run, config: Path) -> None:
    _fill(config, 1)
    _edit(config, "update prodtui_audit set body = replace(body, 'load-1', '\\u001b]0;x\\u0007')")
    assert "\x1b" not in run("audit", "list").out
    assert "\u241b]0;x\u2407" in run("audit", "list").out


def test_a_whole_trail_verifies_and_says_by_what(run: Run, config: Path) -> None:
    _fill(config)
    said = run("audit", "verify")
    assert said.code == 0
    store, proven, head = said.out.splitlines()
    assert store == f"store {config.parent / 'store.db'}: as written, entries 1 to 6"
    assert proven == "proven by heads kept outside up to entry 6"
    assert head.startswith("head 6 ")
    heads_of(str(config.parent / "store.db"), config.parent / "heads").path.unlink()
    assert "no head is known from outside" in run("audit", "verify").out


def test_of_a_copied_store_the_end_is_proven_by_the_heads_that_are_given(run: Run, config: Path) -> None:
    _fill(config)
    heads = heads_of(str(config.parent / "store.db"), config.parent / "heads").path
    _edit(config, "delete from prodtui_audit where number > 4")
    (config.parent / "store.db").rename(config.parent / "copy.db")
    config.write_text(config.read_text().replace("'store.db'", "'copy.db'"))
    said = run("audit", "verify")
    assert (said.code, said.err) == (0, "")
    assert "nothing can be said of what was cut off at the end" in said.out
    assert "give --heads FILE" in said.out
    said = run("audit", "verify", "--heads", heads)
    assert said.code == 1
    assert "truncated: entries 5 to 6" in said.out


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update prodtui_audit set body = replace(body, 'ana', 'ben') where number = 4", "edited: entry 4;"),
        ("delete from prodtui_audit where number in (4, 5)", "removed: entries 4 to 5;"),
        ("delete from prodtui_audit where number > 4", "truncated: entries 5 to 6;"),
        ("update prodtui_audit set number = number + 10 where number = 2", "reordered: entry 2;"),
    ],
)
def test_the_first_wrong_entry_is_named_in_the_store_and_in_a_file_of_it(
    run: Run, config: Path, statement: str, said: str
) -> None:
    _fill(config)
    heads = heads_of(str(config.parent / "store.db"), config.parent / "heads").path
    _edit(config, statement)
    found = run("audit", "verify")
    assert (found.code, found.err) == (1, "")
    assert said in found.out
    file = config.parent / "trail.jsonl"
    file.write_text(run("audit", "export").out)
    found = run("audit", "verify", file, "--heads", heads)
    assert found.code == (0 if "truncated" in said else 1), "a file says itself where it ends: heads may be newer"
    assert "truncated" in said or said in found.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines, ""),
        (lambda lines: [*lines[:3], lines[3].replace("ana", "ben"), *lines[4:]], "edited: entry 3;"),
        (lambda lines: [*lines[:3], lines[3].replace('"deed"', '"x":1,"deed"'), *lines[4:]], "edited: entry 3;"),
        (lambda lines: [*lines[:3], "nothing", *lines[4:]], "edited: entry 3;"),
        (lambda lines: [*lines[:3], *lines[4:]], "removed: entry 3;"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "reordered: entry 3;"),
        (lambda lines: lines[:3], "truncated: entries 3 to 6;"),
        (lambda lines: lines[:1], "truncated: entries 1 to 6;"),
        (lambda lines: [*lines, lines[3]], "inserted: entry 7;"),
        (lambda lines: [lines[0].replace(":6,", ":5,"), *lines[1:]], "entry"),
    ],
)
def test_a_file_is_verified_without_its_store(
    run: Run, config: Path, change: Callable[[list[str]], list[str]], said: str
) -> None:
    _fill(config)
    file = config.parent / "trail.jsonl"
    lines = run("audit", "export").out.splitlines()
    assert len(lines) == 7
    file.write_text("".join(f"{line}\n" for line in change(lines)))
    (config.parent / "store.db").unlink()
    found = run("audit", "verify", file)
    assert found.code == (1 if said else 0), found.out
    assert (said or "as written, entries 1 to 6") in found.out


def test_an_older_file_verifies_with_newer_heads(run: Run, config: Path) -> None:
    _fill(config, 4)
    file = config.parent / "trail.jsonl"
    file.write_text(run("audit", "export").out)
    _fill(config, 2)
    heads = heads_of(str(config.parent / "store.db"), config.parent / "heads").path
    said = run("audit", "verify", file, "--heads", heads)
    assert said.code == 0
    assert "proven by heads kept outside up to entry 4\n" in said.out


def _entries(run: Run) -> list[dict[str, Any]]:
    return list(json.loads(run("audit", "list", "--all", "--format", "json").out)["entries"])


def _acts(run: Run) -> list[tuple[str, str, str]]:
    return [(entry["act"], entry["about"], entry["result"]) for entry in _entries(run)]


def test_the_gate_writes_its_decisions_down(run: Run, config: Path) -> None:
    configuration(config.parent)
    said = run("check", "payments")
    assert (said.code, said.err) == (3, "")
    assert _acts(run) == [("decision", "payments", "INCONCLUSIVE, exit 3")]
    (entry,) = _entries(run)
    assert entry["details"]["verdict"] == "INCONCLUSIVE"
    assert entry["details"]["evaluation"] in run("baseline", "list").out
    assert run("check", *OVERRIDE).code == 3
    assert len(_acts(run)) == 2, "what the policy does not allow changes nothing: one entry"


def test_a_broken_glass_is_written_down_before_and_after(run: Run, config: Path) -> None:
    configuration(config.parent)
    allows = policy(config.parent, "[verdict]\noverride = true\n")
    assert run("check", "--policy", allows, *OVERRIDE).code == 0
    assert _acts(run) == [
        ("decision", "nowhere", "OVERRIDDEN, exit 0"),
        ("decision", "nowhere", "asked to go past the gate"),
    ]


@pytest.mark.parametrize("broken", ["read-only", "no database"])
def test_without_its_audit_the_gate_decides_and_no_glass_is_broken(tmp_path: Path, broken: str) -> None:
    config = configuration(tmp_path)
    allows = policy(tmp_path, "[verdict]\noverride = true\n")
    store = tmp_path / "store.db"
    if broken == "read-only":
        prodtui("check", "--config", config)
        frozen(store)
    else:
        store.write_text("no database at all, but long enough to look at\n" * 20)
    decided = prodtui("check", "--config", config)
    assert decided.returncode == 3
    assert "INCONCLUSIVE" in decided.stdout
    assert "not in the audit trail: decision" in decided.stderr
    refused = prodtui("check", "--policy", allows, *OVERRIDE, "--config", config)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "nothing is done, since it could not be audited" in refused.stderr


def test_baselines_are_written_down(run: Run, config: Path) -> None:
    configuration(config.parent)
    run("check")
    (decision,) = _entries(run)
    evaluation = decision["details"]["evaluation"]
    for words in (("accept", evaluation, "--force"), ("pin", evaluation), ("forget", evaluation)):
        assert run("baseline", *words).code == 0
    assert _acts(run)[:-1] == [
        ("baseline", evaluation, "forgotten"),
        ("baseline", evaluation, "pinned, drift 25 % at most"),
        ("baseline", evaluation, "accepted, by force"),
    ]


WAIVED = """
[tiers.B]
minimum = 9
[[waivers]]
id = "W-1"
check = "availability.min_instances"
service = "payments"
environment = "lab"
reason = "the other seven come on Monday"
ticket = "OPS-1"
owner = "ana"
approved_by = "ben"
created = {today}
expires = {today}
"""


def test_a_waiver_that_a_decision_made_use_of_is_written_down(lab: Lab, tmp_path: Path) -> None:
    strict = policy(tmp_path, WAIVED.format(today=f"{datetime.now(UTC):%Y-%m-%d}"))
    place = {"XDG_STATE_HOME": str(tmp_path)}
    uses: list[dict[str, Any]] = []
    for _ in range(5):  # on a busy machine a check may have to do without the registry
        prodtui("check", "payments", "--policy", strict, "--config", lab.config_path, **place)
        listed = prodtui("audit", "list", "--act", "waiver", "--format", "json", "--config", lab.config_path, **place)
        if uses := json.loads(listed.stdout)["entries"]:
            break
    (use,) = uses
    assert (use["about"], use["result"]) == ("payments", "W-1 excuses availability.min_instances (FAIL)")
    assert (use["details"]["owner"], use["details"]["approved_by"]) == ("ana", "ben")
    assert "2" in use["details"]["found"]
