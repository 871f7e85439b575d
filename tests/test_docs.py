"""The reference pages say what the code says; every link of every page leads somewhere, and its commands are some."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodtui.cli.main import run
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


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one_with_the_options_that_it_shows(page: Path) -> None:
    for line in _commands(page):
        assert run([*shlex.split(line, comments=True), "--help"]) == 0, line


def _commands(page: Path) -> Iterator[str]:
    """What follows `prodtui` on each line of the page's shell blocks, up to a pipe or a file."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines() if not language else ():
            if found := re.match(r"(?:\S*/)?prodtui (.*)", line):
                yield re.split(r" [|>] ", found[1])[0]


def _sections(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
