"""The `[journal]` table: where readings are kept, how long and how many."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.size import UNITS, bytes_of
from prodtui.settings.loaded import JournalPlace
from prodtui.settings.show import show
from prodtui.settings.written import size
from tests.settings.configurations import PROD, complaint, loaded


def test_by_default_a_week_is_kept_and_256_megabytes(tmp_path: Path) -> None:
    assert loaded(tmp_path, PROD).environment().journal == JournalPlace(None, 7 * 86_400.0, 256_000_000)


def test_a_directory_is_relative_to_the_file_and_a_url_is_a_secret(tmp_path: Path) -> None:
    text = PROD + '[journal]\npath = "kept"\nkeep = "2d"\nmost = "64MiB"\n'
    assert loaded(tmp_path, text).environment().journal == JournalPlace(
        str(tmp_path / "kept"), 2 * 86_400.0, 64 * 2**20
    )
    url = "postgresql://me:hunter2@db/prodtui"
    team = loaded(tmp_path, PROD + f'[journal]\npath = "{url}"\n')
    journal = team.environment().journal
    assert journal is not None
    assert journal.path == url
    assert "hunter2" not in show(team)
    shown = tomllib.loads(show(team))["journal"]
    assert shown == {"enabled": True, "path": "********", "keep": "7d", "most": "256MB"}


def test_it_can_be_left_out_and_set_by_variables(tmp_path: Path) -> None:
    assert loaded(tmp_path, PROD, {"PRODTUI_JOURNAL__ENABLED": "false"}).environment().journal is None
    journal = loaded(tmp_path, PROD, {"PRODTUI_JOURNAL__MOST": "1GB"}).environment().journal
    assert journal is not None
    assert journal.most_bytes == 10**9


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('most = "much"', 'a size such as "256MB"'),
        ('most = "1MB"', "at least 8MB"),
        ('keep = "soon"', "a duration such as"),
        ('keeps = "7d"', 'did you mean "keep"?'),
    ],
)
def test_what_is_no_size_or_duration_is_said_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    told = complaint(tmp_path, f"{PROD}[journal]\n{line}\n")
    assert said in told
    assert "prodtui.toml:10" in told


@given(st.integers(1, 10**15))
def test_a_size_is_written_as_it_is_read(number: int) -> None:
    assert bytes_of(size(number)) == number
    assert bytes_of(number) == number


@pytest.mark.parametrize("unit", UNITS)
def test_a_size_may_have_a_fraction(unit: str) -> None:
    assert bytes_of(f"1.5 {unit}") == int(1.5 * UNITS[unit])
