"""A webhook on a real server: signed, templated, and every way in which it can be refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from pathlib import Path
from string import Template
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.cause import CauseClass
from prodtui.model.errors import NotifyError
from prodtui.model.notice import About
from prodtui.oncall.channels.webhook import Webhook, filled
from prodtui.reports.notice_document import json_schema
from prodtui.settings.notify import WebhookSettings
from prodtui.sources.http_causes import ERROR_BYTES
from tests.oncall.notices import notice
from tests.oncall.receiving import Post, posts
from tests.sources.lying import Connection, babbles, closes, drips, hangs, head, lying, refused_port, resets
from tests.sources.release.certificates import Authority

SECRET = "hunter22"


def webhook(url: str, **more: Any) -> Webhook:
    return Webhook("chat", WebhookSettings(**{"kind": "webhook", "url": url, "timeout": 5.0, **more}))


def is_signed(post: Post, secret: str, now: float) -> bool:
    """As whoever receives it checks it."""
    parts = dict(part.split("=", 1) for part in post.headers["prodtui-signature"].split(","))
    wanted = hmac.new(secret.encode(), parts["t"].encode() + b"." + post.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"]) and abs(now - int(parts["t"])) < 300


async def failure(channel: Webhook) -> NotifyError:
    with pytest.raises(NotifyError) as raised:
        await channel.send(notice())
    await channel.close()
    assert "s3cret" not in str(raised.value)
    assert SECRET not in str(raised.value)
    return raised.value


async def test_a_notice_is_posted_as_json_and_signed_with_its_time() -> None:
    async with posts() as server:
        channel = webhook(server.url, secret=SECRET, token="t0ken")
        assert await channel.send(notice()) == "200 OK"
        await channel.close()
    (post,) = server.heard
    assert post.path == "/hook/s3cret"
    assert is_signed(post, SECRET, time.time())
    assert not is_signed(post, "another", time.time())
    assert not is_signed(post, SECRET, time.time() + 301)
    assert not is_signed(Post(post.path, post.headers, post.body + b" "), SECRET, time.time())
    assert post.headers["idempotency-key"] == notice().id
    assert post.headers["authorization"] == "Bearer t0ken"
    assert post.json == {
        "schema": "prodtui.notice/1",
        "id": notice().id,
        "incident": notice().incident,
        "environment": "prod-eu",
        "about": "first cause",
        "severity": "critical",
        "state": "open",
        "at": "2025-11-25T16:00:00.000Z",
        "began_at": "2025-11-25T16:00:00.000Z",
        "title": "pool:payments-db 34 waiting → payments p99 2.3 s",
        "lines": ["began: 16:00:00Z"],
        "services": ["payments"],
        "tiers": ["A"],
    }


@pytest.mark.parametrize(
    ("fields", "state"),
    [({"recovered": True}, "over"), ({"about": About.ROLLOUT, "roots": ()}, "told"), ({"about": About.TEST}, "test")],
)
async def test_the_state_says_whether_it_goes_on(fields: dict[str, Any], state: str) -> None:
    async with posts() as server:
        channel = webhook(server.url)
        await channel.send(notice(**fields))
        await channel.close()
    assert server.heard[0].json["state"] == state
    jsonschema.validate(server.heard[0].json, json_schema())


async def test_a_template_makes_what_a_chat_wants() -> None:
    async with posts() as server:
        channel = webhook(server.url, template='{"text": "[$environment] $title ($$)", "channel": "#ops"}')
        await channel.send(notice(title='a "quoted" \\ title'))
        await channel.close()
    assert server.heard[0].json == {"text": '[prod-eu] a "quoted" \\ title ($)', "channel": "#ops"}


@given(st.text(), st.lists(st.text(), max_size=3))
def test_no_text_breaks_out_of_a_template(title: str, lines: list[str]) -> None:
    body = filled(Template('{"text": "$text", "t": "$title"}'), notice(title=title, lines=tuple(lines)))
    assert json.loads(body) == {"text": "\n".join((title, *lines)), "t": title}


@pytest.mark.parametrize(
    ("status", "cause", "retry"),
    [
        (400, CauseClass.PROTOCOL, False),
        (401, CauseClass.AUTH, False),
        (403, CauseClass.PERMISSION, False),
        (404, CauseClass.NOT_FOUND, False),
        (302, CauseClass.PROTOCOL, False),
        (429, CauseClass.OVERLOAD, True),
        (500, CauseClass.OVERLOAD, True),
        (503, CauseClass.OVERLOAD, True),
        (504, CauseClass.TIMEOUT, True),
    ],
)
async def test_a_refusal_is_tried_again_where_that_may_help(status: int, cause: CauseClass, *, retry: bool) -> None:
    async with posts(status) as server:
        error = await failure(webhook(server.url, secret=SECRET))
    assert error.cause.cause_class is cause
    assert error.retry is retry
    assert f"answered {status}" in str(error)


async def test_the_address_is_asked_as_it_was_written() -> None:
    async with posts() as server:
        channel = webhook(f"{server.url}/?thread=7/")
        await channel.send(notice())
        await channel.close()
    assert server.heard[0].path == "/hook/s3cret/?thread=7/"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (head(301, "location: https://chat.test/hook/s3cret/", "content-length: 0"), "https://chat.test/****/******/"),
        (head(404, "connection: close") + b"Cannot POST /hook/s3cret?key=hunter22", "Cannot POST /****/******?key=***"),
        (head(400, "connection: close") + b'{"error": "no S3CRET\\/ there"}', '"no ******\\/ there"'),
        (head(403, "connection: close") + b"-" * (ERROR_BYTES - 3) + b"s3cret is long", "answered 403: ---"),
        (b"POST /hook/s3cret?key=hunter22 HTTP/1.1\r\n\r\n", "speaks no proper HTTP"),
    ],
)
async def test_no_answer_that_quotes_the_address_tells_it(answer: bytes, told: str) -> None:
    async def quotes(connection: Connection) -> None:
        await connection.request()
        await connection.send(answer)

    async with lying(quotes) as server:
        message = str(await failure(webhook(f"{server.url}/hook/s3cret?key={SECRET}")))
    assert told in message
    assert f"webhook chat at {server.url}/…: " in message
    assert "s3c" not in message.lower()


@pytest.mark.parametrize("behaviour", [closes, resets, babbles])
async def test_a_server_that_misbehaves_is_tried_again(behaviour: Any) -> None:
    async with lying(behaviour) as server:
        assert (await failure(webhook(server.url, timeout=1.0))).retry


async def test_a_server_that_hangs_is_left_after_the_deadline() -> None:
    async with lying(hangs) as server:
        error = await failure(webhook(server.url, timeout=0.3))
    assert error.cause.cause_class is CauseClass.TIMEOUT
    assert error.retry


async def test_an_answer_without_end_is_not_waited_for() -> None:
    async with lying(drips) as server:
        channel = webhook(server.url, timeout=2.0)
        assert await channel.send(notice()) == "200 OK"
        await channel.close()


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    error = await failure(webhook(f"http://127.0.0.1:{refused_port()}/s3cret"))
    assert error.cause.cause_class is CauseClass.REFUSED
    assert error.retry


async def test_a_certificate_that_is_not_accepted_is_told_as_one(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path), Authority(tmp_path, "Other CA")
    async with lying(hangs, tls=other.serving("127.0.0.1")) as server:
        error = await failure(webhook(server.url, ca_file=str(ours.file)))
    assert error.cause.cause_class is CauseClass.TLS
    assert not error.retry


async def test_a_file_of_certificates_that_is_not_there_is_told_as_one(tmp_path: Path) -> None:
    error = await failure(webhook("https://127.0.0.1:1/s3cret", ca_file=str(tmp_path / "missing.pem")))
    assert error.cause.cause_class is CauseClass.TLS
    assert "missing.pem" in str(error)
