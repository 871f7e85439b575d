"""The file of heads: only appended to, whole or told apart from what is half, and its user's own."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from prodtui.audit.heads import TAIL_BYTES, Head, Heads, gathered, heads_file
from prodtui.model.errors import UsageError
from tests.audit.trails import AT, chain_of

LINKS = [Head(link.number, link.hash) for link in chain_of(200)]
FILL = """
import sys
from pathlib import Path
from prodtui.audit.heads import Head, Heads
for number in range(1, 100):
    try:
        Heads(Path(sys.argv[1])).add([Head(number, "a" * 64)], 0.0)
    except OSError as error:
        print(number, error.strerror)
        break
"""


def test_what_was_added_is_there_a_line_an_entry(heads: Heads) -> None:
    assert (heads.newest(), heads.all()) == (None, {})
    heads.add(LINKS[:1], AT)
    heads.add(LINKS[1:3], AT)
    assert heads.newest() == LINKS[2]
    assert heads.all() == dict(LINKS[:3])
    assert heads.path.read_text().splitlines()[0] == f"1 {LINKS[0].hash} 2026-09-21T14:13:20.000Z"


def test_the_file_and_its_directory_are_the_users_own(heads: Heads) -> None:
    heads.add(LINKS[:1], AT)
    assert heads.path.stat().st_mode & 0o777 == 0o600
    assert heads.path.parent.stat().st_mode & 0o777 == 0o700


def test_the_newest_is_found_among_the_last_lines_of_a_long_file_also_out_of_order(heads: Heads) -> None:
    heads.add(LINKS, AT)
    assert heads.path.stat().st_size > 2 * TAIL_BYTES
    heads.add([LINKS[150]], AT)
    assert heads.newest() == LINKS[-1]


@pytest.mark.parametrize("left", [1, 30, 67, 80])
def test_half_a_line_is_no_head_and_the_next_begins_a_new_one(heads: Heads, left: int) -> None:
    heads.add(LINKS[:2], AT)
    text = heads.path.read_bytes()
    lines = text.splitlines(keepends=True)
    heads.path.write_bytes(lines[0] + lines[1][:left])
    assert heads.newest() == LINKS[1 if left > 67 else 0]
    heads.add(LINKS[2:3], AT)
    assert heads.all()[3] == LINKS[2].hash
    assert heads.all().keys() >= {1, 3}


def test_of_two_hashes_of_one_entry_the_first_that_was_written_counts(heads: Heads) -> None:
    heads.add(LINKS[:2], AT)
    heads.add([Head(2, "f" * 64)], AT)
    assert heads.all()[2] == LINKS[1].hash


def test_a_disk_without_room_is_an_error_and_what_was_kept_stays(tmp_path: Path) -> None:
    path = tmp_path / "store.heads"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (940, 940))

    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        preexec_fn=limited,
    )
    number = int(done.stdout.split()[0])
    assert set(Heads(path).all()) == set(range(1, number))


def test_each_store_has_a_file_of_its_own_and_no_password_in_its_name(tmp_path: Path) -> None:
    urls = [f"postgresql://prodtui:hunter2@db/{name}" for name in ("one", "two", "one?search_path=three")]
    files = {heads_file(tmp_path, store) for store in ("/var/lib/a/prodtui.db", "/var/lib/b/prodtui.db", *urls)}
    assert len(files) == 5
    assert heads_file(tmp_path, urls[0]) == heads_file(tmp_path, urls[0].replace("hunter2", "hunter3"))
    assert heads_file(tmp_path, "/var/lib/a/prodtui.db").name.startswith("prodtui.db-")


def test_heads_that_somebody_names_are_read_together(tmp_path: Path) -> None:
    mine, theirs = Heads(tmp_path / "mine"), Heads(tmp_path / "theirs")
    mine.add(LINKS[:3], AT)
    theirs.add(LINKS[2:5], AT)
    assert gathered([mine.path, theirs.path]) == dict(LINKS[:5])
    theirs.add([Head(1, "f" * 64)], AT)
    for path, said in (
        (theirs.path, "differ on entry 1"),
        (tmp_path, "can't be read"),
        (tmp_path / "none", "no heads"),
    ):
        with pytest.raises(UsageError, match=said):
            gathered([mine.path, path])
