"""The reference pages say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodtui.cli.reference import pages

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == pages()[name], f"docs/{name} is behind the code: run `make docs`"
