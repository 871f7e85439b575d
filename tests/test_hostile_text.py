"""What a health check says is never carried out: not by the terminal, not by the screens, not in a report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.prodtui import prodtui
from tests.sources.registry import agents
from tests.terminal import terminal

TITLE = "\x1b]0;owned\x07"
OUTPUT = f"{TITLE}\x1b[31mred\x1b[2J\x1b[5n \x9b31m [bold]not bold[/bold] [link=x] nul\x00 \u202egnp.exe line\r\nnext"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment of one real Consul whose one service says hostile things."""
    folder = tmp_path_factory.mktemp("hostile")
    with agents.consul(folder) as agent:
        agents.register(agent, "shop")
        agents.tell(agent, "ttl:shop-1", "critical", OUTPUT)
        path = folder / "prodtui.toml"
        path.write_text(f'[environments.test.sources.registry]\nkind = "consul"\nurl = "{agent.url}"\n')
        yield path


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "--format", "json"),
        ("check",),
        ("check", "--format", "json"),
        ("explain", "shop"),
        ("explain", "shop", "--format", "json"),
    ],
)
def test_no_report_carries_a_control_character(config: Path, words: tuple[str, ...]) -> None:
    done = prodtui(*words, "--config", config)
    assert "shop" in done.stdout
    controls = {c for c in done.stdout if (ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c == "\u202e"}
    assert controls == set()


def test_the_screen_shows_it_inert(config: Path) -> None:
    with terminal((sys.executable, "-m", "prodtui", "--config", config)) as shown:
        shown.until("shop")
        shown.press("g", "Enter")
        shown.until("› shop")
        shown.until("passing")
        shown.press("g", "Enter")
        screen = shown.until("not bold")
        assert "␛[31mred" in screen
        assert "[bold]not bold[/bold]" in screen
        assert "owned" not in shown.tmux("display-message", "-p", "-t", "t", "#{pane_title}")
        shown.press("q")
        shown.until("[exit 0]")
