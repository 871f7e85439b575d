"""What a release brings with it, from real files, metadata and scans."""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.asks import Asks, CodeAsk, ServiceAsks
from prodtui.model.evidence import CodeScan, Configuration, ConfigurationKey, Migrations
from prodtui.model.records import Instance
from prodtui.sources.release.environment_file import placeholder
from prodtui.sources.release.release import Release, ReleaseSettings
from prodtui.sources.release.scans import scanned
from prodtui.sources.source import Askable
from tests.sources.reading import Reader

FILE = """\
# of production
export DATABASE_URL='postgresql://app@db/shop'   # a comment
PORT=8080
API_KEY="changeme"
EMPTY=
WEB_CONCURRENCY="8"
PORT=8443
LITERAL=${PORT}
"""


def release(asked: ServiceAsks, *, timeout: str = "2s") -> Release:
    made = Release("source", ReleaseSettings.model_validate({"kind": "release", "timeout": timeout}))
    made.ask(Asks(services={"payments": asked}, version="1.4.2"))
    return made


async def configuration(asked: ServiceAsks) -> Configuration:
    async with Reader(release(asked)) as reader:
        await reader.read()
    (record,) = reader.of(Configuration).values()
    return record


async def migrations(asked: ServiceAsks) -> Migrations:
    async with Reader(release(asked)) as reader:
        await reader.read()
    return reader.of(Migrations)["payments"]


async def test_the_declared_keys_of_an_environment_file_are_told_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "payments.env"
    file.write_text(FILE)
    keys = ("DATABASE_URL", "PORT", "API_KEY", "EMPTY", "MISSING", "WEB_CONCURRENCY", "LITERAL")
    found = await configuration(
        ServiceAsks(environment_file=str(file), keys=keys, limited=("WEB_CONCURRENCY", "PORT", "LITERAL"))
    )
    assert (found.origin, found.version, found.trouble) == (str(file), "1.4.2", "")
    assert found.keys == (
        ConfigurationKey(name="DATABASE_URL", present=True),
        ConfigurationKey(name="PORT", present=True, value="8443"),  # the last one counts, as in a shell
        ConfigurationKey(name="API_KEY", present=True, placeholder=True),
        ConfigurationKey(name="EMPTY", present=True, placeholder=True),
        ConfigurationKey(name="MISSING", present=False),
        ConfigurationKey(name="WEB_CONCURRENCY", present=True, value="8"),
        ConfigurationKey(name="LITERAL", present=True, value="${PORT}"),
    )


async def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "payments.env"
    file.write_text("PORT=1")
    async with Reader(release(ServiceAsks(environment_file=str(file), keys=("PORT",), limited=("PORT",)))) as reader:
        for text, value in (("PORT=1", "1"), ("PORT=2", "2")):
            file.write_text(text)
            await reader.read()
            (found,) = reader.of(Configuration).values()
            assert found.keys[0].value == value


async def test_a_file_that_cannot_be_read_is_trouble_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "large.env").write_text("A=1\n" * 100_000)
    (tmp_path / "binary.env").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.env").write_text("PORT=1\n= no key\n")
    os.mkfifo(tmp_path / "pipe.env")
    for name, words in {
        "none.env": "No such file",
        "large.env": "longer than 262,144 bytes",
        "binary.env": "no text in UTF-8",
        "broken.env": "line 2: not KEY=VALUE",
        "pipe.env": "no regular file",
        "": "no regular file",
    }.items():
        found = await configuration(ServiceAsks(environment_file=str(tmp_path / name), keys=("PORT",)))
        assert words in found.trouble, found


async def test_without_a_file_the_instances_metadata_are_looked_at() -> None:
    source = release(ServiceAsks(keys=("REGION", "TIER"), limited=("TIER",)))
    source.follow(
        [
            Instance(
                service="payments", id="payments-1", node="n", version="1.4.1", meta={"REGION": "eu", "TIER": "A"}
            ),
            Instance(service="payments", id="payments-2", node="n", meta={"REGION": "<region>"}),
            Instance(service="orders", id="orders-1", node="n"),
        ]
    )
    async with Reader(source) as reader:
        await reader.read()
    found = {one.origin: one for one in reader.of(Configuration).values()}
    assert set(found) == {"metadata of payments-1", "metadata of payments-2"}
    assert found["metadata of payments-1"].version == "1.4.1"
    assert [(k.name, k.present, k.value) for k in found["metadata of payments-1"].keys] == [
        ("REGION", True, None),
        ("TIER", True, "A"),
    ]
    assert [(k.present, k.placeholder) for k in found["metadata of payments-2"].keys] == [(True, True), (False, False)]


@pytest.mark.parametrize(
    "value",
    ["", "  ", "changeme", "CHANGE_ME", "change-this", "your-api-key", "<token>", "xxxx", "TODO", "tbd", "example",
     "{{ vault }}", "***", "...", "insert key here", "postgresql://app:changeme@db/shop", "https://api.example.com",
     "replace_me", "placeholder", "password", "<your token>"],
)  # fmt: skip
def test_a_value_that_nobody_filled_in_is_a_placeholder(value: str) -> None:
    assert placeholder(value)


@pytest.mark.parametrize(
    "value",
    ["8080", "eu-west-1", "postgresql://app:Xk29-todo-7@db/shop", "https://api.shop.io", "exampled", "none", "true",
     "mychangemeter", "[]", "${PORT}", "my-bucket", "0", "https://notexample.company"],
)  # fmt: skip
def test_a_real_value_is_none(value: str) -> None:
    assert not placeholder(value)


@given(st.text(max_size=2000))
def test_any_text_is_judged_in_no_time(text: str) -> None:
    began = time.perf_counter()
    placeholder(text)
    assert time.perf_counter() - began < 0.5


async def test_migrations_are_the_versions_of_their_files(tmp_path: Path) -> None:
    for name in ("0002_orders.up.sql", "0001_start.sql", "0002_orders.down.sql", "notes.md"):
        (tmp_path / name).touch()
    found = await migrations(ServiceAsks(migration_files=str(tmp_path / "*.sql")))
    assert (found.expected, found.version, found.trouble) == (("0001", "0002"), "1.4.2", "")
    none = await migrations(ServiceAsks(migration_files=str(tmp_path / "*.py")))
    assert (none.expected, none.trouble) == ((), f"no file matches {tmp_path / '*.py'}")


async def test_declared_migrations_need_no_files() -> None:
    found = await migrations(ServiceAsks(migrations_expected=("2", "1"), migration_files="/none/*"))
    assert (found.expected, found.trouble) == (("2", "1"), "")


def report(**changed: object) -> str:
    finding = {"rule": "mock", "path": "shop/pay.py", "line": 7, "why": "MockGateway \x1b[31m", "column": 3}
    written = {
        "schema": "prodtui.scan/1", "at": 1_700_000_000.5, "release": "1.4.1", "roots": ["/src"], "files": 12,
        "lines": 900, "languages": {"python": 12}, "findings": [finding] * 30,
    }  # fmt: skip
    return json.dumps({**written, **changed})


async def code(asked: CodeAsk) -> CodeScan:
    async with Reader(release(ServiceAsks(code=asked), timeout="20s"), deadline_s=20) as reader:
        await reader.read()
    return reader.of(CodeScan)["payments"]


async def test_a_scan_s_report_tells_of_the_release_that_it_names(tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    file.write_text(report())
    found = await code(CodeAsk(report=str(file)))
    assert (found.version, found.scanned_at, found.roots) == ("1.4.1", 1_700_000_000.5, ("/src",))
    assert (found.files, found.lines, found.findings, len(found.first)) == (12, 900, 30, 20)
    assert found.first[0] == "shop/pay.py:7 mock: MockGateway ␛[31m"
    file.write_text(report(release=None, findings=[], at=datetime(2026, 1, 1, tzinfo=UTC).isoformat()))
    again = await code(CodeAsk(report=str(file)))
    assert (again.version, again.findings) == (None, 0)
    assert again.scanned_at == datetime(2026, 1, 1, tzinfo=UTC).timestamp()


async def test_a_report_that_is_none_is_trouble(tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    for text, words in {
        "": "no report of a scan",
        "[]": "no report of a scan",
        report(schema="other/1"): "of schema 'other/1'",
        report(findings=None): "no report of a scan",
    }.items():
        file.write_text(text)
        found = await code(CodeAsk(report=str(file)))
        assert words in found.trouble
        assert (found.findings, found.files) == (None, None)
    assert "No such file" in (await code(CodeAsk(report=str(tmp_path / "none.json")))).trouble


async def test_files_that_the_scan_could_not_read_are_not_clean(tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    file.write_text(report(findings=[], unreadable=[{"path": "a.py", "why": "no UTF-8"}]))
    found = await code(CodeAsk(report=str(file)))
    assert (found.findings, found.trouble) == (0, "1 of its files could not be read")


async def test_a_tree_is_scanned_and_its_findings_told(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "pay.py").write_text(
        "class MockGateway:\n    def charge(self) -> bool:\n        return True\n"
    )
    (tmp_path / "shop" / "price.py").write_text("def price(pence: int) -> int:\n    return pence * 3\n")
    found = await code(CodeAsk(paths=(str(tmp_path),)))
    assert (found.trouble, found.version, found.files) == ("", "1.4.2", 2)
    assert found.findings
    assert "shop/pay.py:1 test-double: " in found.first[0]
    assert found.scanned_at is not None
    assert abs(found.scanned_at - time.time()) < 30
    clean = await code(CodeAsk(paths=(str(tmp_path),), exclude=("*/pay.py",)))
    assert (clean.findings, clean.files, clean.trouble) == (0, 1, "")


async def test_a_scan_that_cannot_be_made_is_trouble_and_never_clean(tmp_path: Path) -> None:
    found = await code(CodeAsk(paths=(str(tmp_path / "none"),)))
    assert "the scan ended with 2" in found.trouble
    assert (found.findings, found.files, found.version) == (None, None, "1.4.2")


async def test_a_scan_is_waited_for_no_longer_than_a_read_may_take(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("def price() -> int:\n    return 3\n")
    source = release(ServiceAsks(code=CodeAsk(paths=(str(tmp_path),))), timeout="50ms")
    async with Reader(source) as reader:
        began = time.monotonic()
        await reader.read()
        assert time.monotonic() - began < 0.5
        assert reader.of(CodeScan)["payments"].trouble == "the scan is under way"
        await reader.read_until(lambda: reader.of(CodeScan)["payments"].trouble != "the scan is under way", within_s=20)


async def test_a_scan_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    found = await scanned(CodeAsk(paths=(str(tmp_path),)), 0.05)
    assert found.trouble == "the scan took longer than 0.05 s"


async def test_a_scan_that_nobody_asks_for_any_more_is_ended(tmp_path: Path) -> None:
    source = release(ServiceAsks(code=CodeAsk(paths=(str(tmp_path),))), timeout="50ms")
    async with Reader(source) as reader:
        await reader.read()
        source.ask(Asks())
        assert not (await reader.read()).records
        await asyncio.sleep(0.1)
        scans = [task for task in asyncio.all_tasks() if task.get_name().startswith("scan ")]
        assert not scans


async def test_asked_for_nothing_it_reads_nothing() -> None:
    source = Release("source", ReleaseSettings(kind="release"))
    assert isinstance(source, Askable)
    async with Reader(source) as reader:
        assert not (await reader.read()).records
