"""The dashboard as a person runs it, in a real terminal: edits of its configuration, environments, copies, history."""

from __future__ import annotations

import shlex
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodtui.cli.documents import written
from prodtui.cli.history import keep, kept
from prodtui.model.errors import UsageError
from tests.cli.prodtui import prodtui
from tests.terminal import Terminal, terminal

PRODTUI = (sys.executable, "-m", "prodtui")


@pytest.fixture
def hung() -> Iterator[str]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def configuration(tmp_path: Path, url: str, more: str = "") -> Path:
    """Two environments: nobody listens in `near`, nobody answers in `dead`."""
    file = tmp_path / "prodtui.toml"
    file.write_text(
        f"""default_environment = "near"
{more}
[environments.near]
colour = "green"
[environments.near.sources.metrics]
kind = "prometheus"
url = "http://127.0.0.1:1"
[environments.dead]
colour = "red"
[environments.dead.sources.registry]
kind = "consul"
url = "{url}"
"""
    )
    return file


def shown(tmp_path: Path, file: Path, *words: str, **environment: str) -> tuple[tuple[str | Path, ...], dict[str, str]]:
    return (*PRODTUI, "--config", file, *words), {"XDG_STATE_HOME": str(tmp_path / "state"), **environment}


def until_refused(opened: Terminal) -> None:
    opened.until("metrics never read refused")


def test_a_wrong_edit_is_told_with_its_place_and_a_right_one_takes_effect(tmp_path: Path, hung: str) -> None:
    file = configuration(tmp_path, hung)
    command, environment = shown(tmp_path, file)
    with terminal(command, size=(160, 40), environment=environment) as opened:
        until_refused(opened)
        right = file.read_text()
        file.write_text(right.replace('kind = "prometheus"', 'kind = "promtheus"'))
        screen = opened.until("unknown kind")
        assert "prodtui.toml:6: environments.near.sources.metrics.kind" in screen
        assert "metrics never read refused" in screen  # the old settings are in force
        file.write_text(right.replace("sources.metrics]", "sources.numbers]"))
        opened.until("numbers never read refused")
        file.write_text(file.read_text().replace("\n[env", '\nkeys = { pause = "p" }\n[env', 1))
        opened.until("keys and theme are in force")
        opened.press("p")
        opened.until("PAUSED")
        file.unlink()
        opened.until("no longer there")
        assert "numbers" in opened.screen()


def test_an_edit_of_the_policy_takes_effect_and_a_wrong_one_is_told(tmp_path: Path, hung: str) -> None:
    policy = tmp_path / "readiness.toml"
    policy.write_text('schema = "prodtui.readiness/1"\n')
    command, environment = shown(tmp_path, configuration(tmp_path, hung))
    with terminal(command, size=(160, 40), environment=environment) as opened:
        until_refused(opened)
        policy.write_text('schema = "prodtui.readiness/1"\n[checks.performance.latency]\nweight = 3\n')
        opened.until("readiness.toml:2")
        policy.write_text('schema = "prodtui.readiness/1"\n[checks.performance.latency_p99]\nweight = 3\n')
        opened.until("readiness.toml was edited: all sources are read anew")


def test_switching_waits_for_no_dead_environment(tmp_path: Path, hung: str) -> None:
    command, environment = shown(tmp_path, configuration(tmp_path, hung))
    with terminal(command, environment=environment) as opened:
        until_refused(opened)
        opened.type(":env dead\r")
        opened.until("dead")
        opened.until("registry")
        started = time.monotonic()
        opened.type(":env near\r")
        until_refused(opened)
        assert time.monotonic() - started < 3
        opened.press("E")
        opened.until("Environments 2")
        opened.press("Escape")
        opened.until(lambda screen: "Environments" not in screen)
        opened.press("q")
        opened.until("[exit 0]")


def test_wrong_keys_are_no_configuration(tmp_path: Path, hung: str) -> None:
    file = configuration(tmp_path, hung, '[keys]\npuase = "p"\nsort = "j"')
    done = prodtui("config", "validate", "--config", file)
    assert done.returncode == 2
    assert 'prodtui.toml:3: keys.puase: unknown action; did you mean "pause"?' in done.stderr
    assert 'prodtui.toml:4: keys.sort: "j" is the key of down already' in done.stderr
    command, environment = shown(tmp_path, file)
    with terminal(command, environment=environment, size=(160, 40)) as opened:
        assert "prodtui.toml:3: keys.puase" in opened.until("[exit 2]")


def test_what_was_typed_comes_back_in_the_next_run(tmp_path: Path, hung: str) -> None:
    command, environment = shown(tmp_path, configuration(tmp_path, hung))
    with terminal(command, environment=environment) as opened:
        until_refused(opened)
        opened.type(":env near\r")
        opened.type(":quit\r")
        opened.until("[exit 0]")
    history = tmp_path / "state" / "prodtui" / "history"
    assert history.read_text() == "env near\nquit\n"
    assert history.stat().st_mode & 0o777 == 0o600
    with terminal(command, environment=environment) as opened:
        until_refused(opened)
        opened.type(":")
        opened.press("Up", "Up")
        opened.until(":env near")


def test_history_on_disk_is_merged_bounded_and_inert(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    assert kept(path) == []
    keep(["pools", "svc a"], path)
    keep(["at 14:02", "pools"], path)
    assert kept(path) == ["svc a", "at 14:02", "pools"]
    keep([f"svc {n}" for n in range(2_000)], path)
    assert len(kept(path)) == 500
    path.write_text("svc \x1b]52;c;x\x07\n")
    assert kept(path) == ["svc ␛]52;c;x␇"]
    keep(["live"], tmp_path / "state" / "history" / "below")  # a file stands where a directory should: told to the log


def test_a_copy_reaches_the_clipboard_through_tmux(tmp_path: Path, hung: str) -> None:
    command, environment = shown(tmp_path, configuration(tmp_path, hung))
    with terminal(command, environment=environment) as opened:
        opened.tmux("set", "-s", "set-clipboard", "on")
        until_refused(opened)
        opened.type("?y")
        opened.until("copied")
        assert "half a page down" in opened.tmux("show-buffer")


def test_a_copy_passes_through_a_tmux_inside_of_another(tmp_path: Path, hung: str) -> None:
    command, environment = shown(tmp_path, configuration(tmp_path, hung))
    # The inner one takes no clipboard itself: only what is wrapped for it gets out.
    settings = tmp_path / "tmux.conf"
    settings.write_text("set -s set-clipboard off\nset -g allow-passthrough on\n")
    inside = shlex.join(["env", *(f"{name}={value}" for name, value in environment.items()), *map(str, command)])
    inner: list[str | Path] = ["tmux", "-L", f"inner-{uuid.uuid4().hex[:8]}", "-f", settings, "new-session", inside]
    with terminal(inner, environment={"TMUX": ""}) as opened:
        opened.tmux("set", "-s", "set-clipboard", "on")
        until_refused(opened)
        opened.type("?y")
        opened.until("copied")
        assert "half a page down" in opened.tmux("show-buffer")
        opened.press("q")
        opened.until("[exit 0]")


def test_read_only_is_shown_and_a_theme_of_ones_own_taken(tmp_path: Path, hung: str) -> None:
    themes = tmp_path / "config" / "prodtui" / "themes"
    themes.mkdir(parents=True)
    (themes / "mine.toml").write_text('[colours]\nground = "#123456"\n')
    file = configuration(tmp_path, hung)
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "COLORTERM": "truecolor"}
    command, environment = shown(tmp_path, file, "--read-only", "--theme", "mine", **home)
    with terminal(command, environment=environment) as opened:
        opened.tmux("set", "-as", "terminal-overrides", ",*:RGB")
        until_refused(opened)
        assert "read-only" in opened.screen()
        assert "48;2;18;52;86" in opened.screen(colours=True)


def test_a_dumb_terminal_gets_the_status_once(tmp_path: Path, hung: str) -> None:
    command, environment = shown(tmp_path, configuration(tmp_path, hung), TERM="dumb")
    with terminal(command, environment=environment) as opened:
        screen = opened.until("[exit 3]")
        assert "metrics" in screen
        assert "LIVE" not in screen


def test_a_picture_never_overwrites_and_says_why_it_can_not_be_written(tmp_path: Path) -> None:
    first, second = (written("<svg/>", "screen", "svg", tmp_path) for _ in range(2))
    assert first != second
    assert first.read_text() == "<svg/>"
    with pytest.raises(UsageError, match="can't be written"):
        written("<svg/>", "screen", "svg", tmp_path / "none")
