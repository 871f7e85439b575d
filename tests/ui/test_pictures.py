"""Every screen is as it was looked at: of a recorded incident or a rollout, at three sizes, with its colours."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterator

import pytest

from tests.ui.pictures import NAMES, PICTURES, SIZES, Film, anywhere, draw, file_of


@pytest.fixture(scope="module")
def film() -> Iterator[Film]:
    with anywhere():
        opened = asyncio.run(Film.opened())
        yield opened
        asyncio.run(opened.close())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", NAMES)
async def test_the_screen_is_as_it_was_kept(film: Film, name: str, size: tuple[int, int]) -> None:
    """Where it is another on purpose: `python -m tests.ui.pictures [NAME…]` keeps it anew; look at its diff.

    Below the screen's lines stand the same lines in letters, a run of cells of one colour as `12d`: good, warn, bad,
    unknown, accent, dim, rule, `.` ink, in capitals where selected, # a badge.
    """
    file = file_of(name, size)
    kept = file.read_text()
    seen = await draw(film, name, size, kept=kept)
    difference = "\n".join(
        difflib.unified_diff(kept.splitlines(), seen.splitlines(), file.name, "now", n=1, lineterm="")
    )
    assert not difference, f"{difference}\n\nas intended? python -m tests.ui.pictures {name}"


def test_no_picture_is_left_of_a_scene_that_is_gone() -> None:
    assert {file.name for file in PICTURES.glob("*")} == {file_of(n, s).name for n in NAMES for s in SIZES}
