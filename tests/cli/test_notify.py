"""`prodtui notify`: one message now, and what became of the last ones."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
from pathlib import Path

from tests.cli.prodtui import prodtui
from tests.oncall.receiving import PASSWORD, USER, Mailbox, mail_server, posts
from tests.sources.lying import refused_port
from tests.sources.release.certificates import Authority

ENVIRONMENT = '[environments.prod.sources.registry]\nkind = "consul"\nurl = "http://127.0.0.1:1"\n'


async def run(folder: Path, config: str, *words: str) -> subprocess.CompletedProcess[str]:
    file = folder / "prodtui.toml"
    file.write_text(ENVIRONMENT + config)
    state = str(folder / "state")
    return await asyncio.to_thread(prodtui, "--config", file, *words, XDG_STATE_HOME=state)


async def test_a_test_mail_arrives_and_its_result_is_said_and_kept(tmp_path: Path) -> None:
    authority, mailbox = Authority(tmp_path), Mailbox()
    tls: ssl.SSLContext = authority.serving("127.0.0.1")
    (tmp_path / "password").write_text(PASSWORD)
    async with mail_server(mailbox, tls, login=True) as port:
        config = (
            f'[notify.mail]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\nca_file = "{authority.file}"\n'
            f'user = "{USER}"\npassword_file = "password"\nsender = "p@example.com"\nto = ["o@example.com"]\n'
        )
        done = await run(tmp_path, config, "notify", "test", "mail")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"mail: sent to o@example.com by 127.0.0.1:{port}: 2.0.0 taken")
    assert "test of prodtui's notifications" in mailbox.mails[0]["Subject"]
    listed = await run(tmp_path, config, "notify", "list", "--format", "json")
    (channel,) = json.loads(listed.stdout)["channels"]
    assert channel["last"][0]["result"].startswith("sent: ")
    assert PASSWORD not in listed.stdout
    audited = await run(tmp_path, config, "audit", "list")
    assert re.search(r"notification\s+mail\s+sent: 2\.0\.0 taken", audited.stdout), audited.stdout
    assert PASSWORD not in audited.stdout


async def test_what_could_not_be_sent_is_said_on_stderr_and_exits_1(tmp_path: Path) -> None:
    config = f'[notify.chat]\nkind = "webhook"\nurl = "http://127.0.0.1:{refused_port()}/s3cret"\n'
    done = await run(tmp_path, config, "notify", "test", "chat")
    assert (done.returncode, done.stdout) == (1, "")
    assert "connection refused (it would be tried again)" in done.stderr
    assert "s3cret" not in done.stderr
    listed = await run(tmp_path, config, "notify", "list")
    assert listed.returncode == 0
    assert "refused: webhook chat" in listed.stdout


async def test_a_channel_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    config = '[notify.chat]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n[notify.here]\nkind = "terminal"\n'
    done = await run(tmp_path, config, "notify", "test", "cat")
    assert done.returncode == 2
    assert 'no channel "cat" for prod; did you mean "chat"? Channels: chat, here' in done.stderr
    assert (await run(tmp_path, "", "notify", "test", "chat")).stderr.rstrip().endswith("Channels: none")


async def test_a_store_that_can_not_be_used_keeps_no_test_from_being_sent(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"not a database at all" * 100)
    async with posts() as server:
        channel = f'[notify.chat]\nkind = "webhook"\nurl = "{server.url}"\n'
        (tmp_path / "prodtui.toml").write_text(f'store = "{foreign}"\n{ENVIRONMENT}{channel}')
        words = ("--config", tmp_path / "prodtui.toml", "notify", "test", "chat")
        done = await asyncio.to_thread(prodtui, *words, XDG_STATE_HOME=str(tmp_path / "state"))
    assert done.returncode == 0
    assert "its result is not kept" in done.stdout
    assert len(server.heard) == 1


async def test_help_says_what_it_does_and_its_exit_codes(tmp_path: Path) -> None:
    shown = (await run(tmp_path, "", "notify", "test", "--help")).stdout
    assert "Sends one test message now" in shown
    assert "Exit codes: 0 sent; 1 not sent; 2 configuration, or no such channel." in shown
