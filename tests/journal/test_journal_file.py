"""A file that is no journal, or a damaged one, is one clear error; one that is written stays small and its own."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from prodtui.journal.database import StoreError
from prodtui.journal.ground import Limits
from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_in
from prodtui.model.mark import Looked
from tests.builders import NOW
from tests.journal.keeping import (
    event,
    kept,
    mark,
    notice_of,
    output,
    reading,
    sqlite_journal,
)

HOSTILE = "\x1b]0;owned\x07\x1b[2J \u202egnp.exe\u202c [bold]&amp;\x00 \ud83d\ude92"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[KeptJournal]:
    opened = sqlite_journal(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the journal of `test` is."""
    return tmp_path / "test.journal"


async def _filled(journal: KeptJournal, batches: int = 60) -> None:
    """Closed again, so that all is in the file."""
    await kept(journal, mark())
    for second in range(batches):
        await kept(journal, reading(NOW + second, output=os.urandom(300).hex()), event(NOW + second))
    await journal.close()


async def test_a_truncated_file_is_said_and_left_alone(journal: KeptJournal, file: Path) -> None:
    await _filled(journal)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match=f"journal {file}: .*move it away, or give another journal"):
        await sqlite_journal(file.parent).newest()
    said = await notice_of(sqlite_journal(file.parent))
    assert "the file is damaged; move it away" in said
    assert file.read_bytes() == whole[: len(whole) // 2]


@pytest.mark.parametrize("content", [b"do not touch me, I am no database\n" * 40, b"\x7fELF" + bytes(4096)])
async def test_what_is_no_database_is_said_and_left_alone(journal: KeptJournal, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert "the file is no database; move it away, or give another journal" in await notice_of(journal)
    assert file.read_bytes() == content


async def test_another_programs_database_is_said_and_left_alone(journal: KeptJournal, file: Path) -> None:
    theirs = sqlite3.connect(file)
    theirs.execute("create table songs (name text)")
    theirs.close()
    before = file.read_bytes()
    assert "another program's database" in await notice_of(journal)
    assert file.read_bytes() == before


async def test_a_journal_of_a_newer_prodtui_is_said_and_left_alone(journal: KeptJournal, file: Path) -> None:
    await _filled(journal)
    newer = sqlite3.connect(file)
    newer.execute("pragma user_version = 99")
    newer.close()
    before = file.read_bytes()
    said = await notice_of(sqlite_journal(file.parent))
    assert "written by a newer prodtui (version 99" in said
    assert "upgrade prodtui, or give another journal" in said
    assert file.read_bytes() == before


async def test_an_empty_file_is_a_new_journal(journal: KeptJournal, file: Path) -> None:
    file.touch()
    with pytest.raises(StoreError, match="nothing is kept in it"):
        await journal_in(file)
    assert file.read_bytes() == b""
    await kept(journal, mark(), reading(NOW + 1, output="kept"))
    assert output(await journal.newest()) == "kept"


async def test_a_part_that_was_damaged_costs_only_itself(journal: KeptJournal, file: Path) -> None:
    for minute in range(3):
        await kept(journal, mark(NOW + 60 * minute), reading(NOW + 60 * minute + 1, output=f"{minute}"))
    damaged = sqlite3.connect(file)
    damaged.execute("update prodtui_journal set body = x'789c00ff' where number = 4")
    damaged.commit()
    damaged.close()
    with pytest.raises(StoreError, match=r"a part of it can't be read .*choose another time"):
        await journal.before(NOW + 62)
    assert output(await journal.before(NOW + 30)) == "0"
    assert output(await journal.newest()) == "2"


async def test_a_file_that_is_moved_away_is_whole_and_another_one_is_begun(journal: KeptJournal, file: Path) -> None:
    await kept(journal, mark(), reading(NOW + 1, output="first"))
    moved = file.rename(file.with_name("kept.journal"))
    await kept(journal, reading(NOW + 1.5))
    assert journal.due(NOW + 2)
    await kept(journal, mark(NOW + 2), reading(NOW + 3, output="second"))
    assert output(await journal.newest()) == "second"
    assert file.exists()
    recording = await journal_in(moved)
    assert output(await recording.newest()) == "first"
    await recording.close()


async def test_the_file_is_its_users_own(journal: KeptJournal, file: Path) -> None:
    await kept(journal, mark())
    beside = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert beside == dict.fromkeys(
        ("test.journal", "test.journal-wal", "test.journal-shm", "test.journal.lease"), 0o600
    )


async def test_hostile_text_is_kept_harmless(journal: KeptJournal) -> None:
    hostile = HOSTILE.encode("utf-16", "surrogatepass").decode("utf-16")
    await kept(journal, mark(), reading(NOW + 1, output=hostile), event(NOW + 2, hostile))
    shown = output(await journal.newest())
    assert "␛]0;owned" in shown
    assert "[bold]&amp;" in shown
    assert "🚒" in shown
    assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(shown)
    (told,) = await journal.events(NOW, NOW + 5)
    assert "\x1b" not in told.name


async def test_what_cannot_be_written_is_left_out_and_the_rest_goes_on(journal: KeptJournal) -> None:
    journal.append(mark())
    journal.append(reading(NOW + 1, output=object()))  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="what a source said can't be written"):
        await journal._writer.try_lease() and await journal._writer.write()
    assert journal.due(NOW + 2)
    await kept(journal, mark(NOW + 2), reading(NOW + 3, output="goes on"))
    assert output(await journal.newest()) == "goes on"


async def test_the_oldest_is_dropped_so_that_the_file_stays_small(tmp_path: Path, file: Path) -> None:
    most = 3_000_000
    journal = sqlite_journal(tmp_path, Limits(most_bytes=most))
    largest = 0
    for minute in range(60):
        at = NOW + 60 * minute
        journal.append(mark(at))
        for second in range(60):
            journal.append(reading(at + second, output=os.urandom(1000).hex()))
        await kept(journal, event(at))
        largest = max(largest, sum(path.stat().st_size for path in tmp_path.iterdir() if "-shm" not in path.name))
    assert largest <= most * 1.05
    span = await journal.span()
    assert span is not None
    assert span[1] == NOW + 59 * 60 + 59
    assert NOW < span[0] < NOW + 58 * 60
    assert await journal.turn(0.0, forward=True) == span[0]
    await journal.close()
    lower = sqlite_journal(tmp_path, Limits(most_bytes=most // 3))
    assert await lower.try_lease()
    await lower._writer.write()
    await lower.close()
    assert file.stat().st_size <= most // 3


async def test_what_is_too_old_is_dropped_once_the_clock_is_known_to_be_steady(tmp_path: Path) -> None:
    now = time.time()
    journal = sqlite_journal(tmp_path, Limits(keep_s=3600.0))
    await kept(journal, *(mark(now - 7200 + 600 * number) for number in range(12)), Looked(now))
    assert await journal.span() == (now - 7200, now)
    journal._writer._steady_since -= 3600.0
    journal._writer._more_to_drop = True
    await journal._writer.write()
    span = await journal.span()
    assert span is not None
    # The last mark before it stays, so that the whole time can be told.
    assert now - 4200 <= span[0] <= now - 3600
    await journal.close()
