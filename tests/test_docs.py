"""The reference pages say what the code says, and every link of every page leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prodtui.cli.reference import pages

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
READ = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == pages()[name], f"docs/{name} is behind the code: run `make docs`"


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        name, _, section = link.partition("#")
        if "://" in link:
            continue
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not section or section in _sections(target), link


def _sections(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
