"""Mail by a real server: encrypted, logged in, threaded; and every way in which a server can refuse it."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from prodtui.model.cause import CauseClass
from prodtui.model.errors import NotifyError
from prodtui.model.notice import Severity
from prodtui.oncall.channels.email import Email, message
from prodtui.settings.notify import EmailSettings
from tests.oncall.notices import notice
from tests.oncall.receiving import PASSWORD, USER, Mailbox, mail_server
from tests.sources.lying import babbles, closes, hangs, lying, refused_port
from tests.sources.release.certificates import Authority

# Of aiosmtpd: it warns that a login in the clear is wanted, which is what a test without TLS wants.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.serving("127.0.0.1")


def settings(port: int, **more: Any) -> EmailSettings:
    return EmailSettings(
        **{
            "kind": "email",
            "host": "127.0.0.1",
            "port": port,
            "sender": "prodtui <prodtui@example.com>",
            "to": ("On call <on-call@example.com>",),
            "timeout": 5.0,
            **more,
        }
    )


def channel(port: int, authority: Authority, **more: Any) -> Email:
    login = {"user": USER, "password": PASSWORD}
    return Email("mail", settings(port, ca_file=str(authority.file), **{**login, **more}), farewell_s=0.2)


async def failure(channel: Email) -> NotifyError:
    with pytest.raises(NotifyError) as raised:
        await channel.send(notice())
    assert PASSWORD not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_mail_goes_encrypted_and_logged_in(
    authority: Authority, tls: ssl.SSLContext, *, implicit: bool
) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, tls, implicit=implicit, login=True) as port:
        mail = channel(port, authority, tls="implicit" if implicit else "starttls")
        assert "taken" in await mail.send(notice())
    (got,) = mailbox.mails
    assert mailbox.encrypted == [True]
    assert got["Subject"] == "[prod-eu] critical: pool:payments-db 34 waiting → payments p99 2.3 s"
    assert got["Auto-Submitted"] == "auto-generated"
    assert "began: 16:00:00Z" in got.get_content()


async def test_what_belongs_to_an_incident_is_one_thread(authority: Authority, tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, tls, login=True) as port:
        mail = channel(port, authority)
        first, worse = notice(severity=Severity.ERROR), notice()
        await mail.send(first)
        await mail.send(worse, [first])
        await mail.send(notice(recovered=True), [first, worse])
    ids = [got["Message-ID"] for got in mailbox.mails]
    assert len(set(ids)) == 3
    assert [got["In-Reply-To"] for got in mailbox.mails] == [None, ids[0], ids[1]]
    assert mailbox.mails[2]["References"].split() == ids[:2]
    assert mailbox.mails[2]["Subject"].startswith("[prod-eu] over: ")


async def test_the_same_message_sent_twice_has_the_same_id(authority: Authority, tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, tls, login=True) as port:
        for _ in range(2):
            await channel(port, authority).send(notice())
    assert len({got["Message-ID"] for got in mailbox.mails}) == 1


@pytest.mark.parametrize(
    "hostile", ["x\r\nBcc: all@example.com", "x\nBcc: a@b", "x\r\n\r\n<body>", "\x1b[31m\0", "\u2028"]
)
def test_no_text_from_outside_becomes_a_header(hostile: str) -> None:
    bad = notice(title=hostile, environment=hostile, id=hostile, incident=hostile)
    before = notice(id=f"{hostile}.1")
    mail = message(bad, [before], settings(25))
    raw = mail.as_bytes()
    assert message_from_bytes(raw).keys() == message(notice(), [notice(severity=Severity.ERROR)], settings(25)).keys()
    assert b"\x1b" not in raw
    assert b"\0" not in raw


async def test_a_certificate_of_another_authority_is_not_accepted(tmp_path: Path, tls: ssl.SSLContext) -> None:
    other = Authority(tmp_path, "Other CA")
    mailbox = Mailbox()
    async with mail_server(mailbox, tls, login=True) as port:
        error = await failure(channel(port, other))
    assert error.cause.cause_class is CauseClass.TLS
    assert not error.retry
    assert "certificate" in str(error)
    assert mailbox.mails == []


async def test_a_wrong_password_is_told_and_not_tried_again(authority: Authority, tls: ssl.SSLContext) -> None:
    async with mail_server(Mailbox(), tls, login=True) as port:
        error = await failure(channel(port, authority, password="wrong"))
    assert error.cause.cause_class is CauseClass.AUTH
    assert "535" in str(error)
    assert not error.retry


async def test_a_server_without_starttls_gets_no_password(authority: Authority) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as port:
        error = await failure(channel(port, authority))
    assert error.cause.cause_class is CauseClass.TLS
    assert not error.retry
    assert "STARTTLS" in str(error)
    assert mailbox.mails == []


async def test_a_server_that_demands_starttls_refuses_what_comes_in_the_clear(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    async with mail_server(Mailbox(), tls) as port:
        error = await failure(channel(port, authority, tls="none", user=None, password=None))
    assert "STARTTLS" in str(error)
    assert not error.retry


async def test_a_server_that_wants_a_login_refuses_who_has_none(authority: Authority, tls: ssl.SSLContext) -> None:
    async with mail_server(Mailbox(), tls, login=True) as port:
        error = await failure(channel(port, authority, user=None, password=None))
    assert error.cause.cause_class is CauseClass.AUTH
    assert not error.retry


async def test_a_refusal_of_the_moment_is_tried_again_and_one_for_good_is_not(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    mailbox = Mailbox(["451 4.7.1 greylisted, try again later", "554 5.7.1 looks like spam"])
    async with mail_server(mailbox, tls, login=True) as port:
        mail = channel(port, authority)
        later = await failure(mail)
        never = await failure(mail)
    assert later.cause.cause_class is CauseClass.OVERLOAD
    assert later.retry
    assert "451" in str(later)
    assert not never.retry


async def test_one_of_two_recipients_that_is_not_known_is_told_with_what_was_sent(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, tls, login=True) as port:
        both = channel(port, authority, to=("on-call@example.com", "nobody@example.com"))
        assert "not taken for nobody@example.com (550)" in await both.send(notice())
        error = await failure(channel(port, authority, to=("nobody@example.com",)))
    assert len(mailbox.mails) == 1
    assert error.cause.cause_class is CauseClass.NOT_FOUND
    assert "550" in str(error)
    assert not error.retry


async def test_whom_the_server_puts_off_is_asked_again_and_nobody_else(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, tls, login=True) as port:
        three = channel(port, authority, to=("on-call@example.com", "later@example.com", "nobody@example.com"))
        error = await failure(three)
        assert error.retry
        assert error.cause.cause_class is CauseClass.OVERLOAD
        assert "not taken for later@example.com (451), nobody@example.com (550)" in str(error)
        assert await three.send(notice()) == "2.0.0 taken"
        assert await three.send(notice("pool:other")) == "2.0.0 taken; not taken for nobody@example.com (550)"
    assert mailbox.taken_for == [
        ["on-call@example.com"],
        ["later@example.com"],
        ["on-call@example.com", "later@example.com"],
    ]
    assert mailbox.mails[0]["To"] == mailbox.mails[1]["To"]


async def test_a_mail_that_was_taken_is_sent_though_the_server_never_says_goodbye(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    mailbox = Mailbox(parts=False)
    async with mail_server(mailbox, tls, login=True) as port:
        assert "taken" in await channel(port, authority).send(notice())
    assert len(mailbox.mails) == 1


async def test_a_server_that_hangs_is_left_after_the_deadline(authority: Authority) -> None:
    async with lying(hangs) as server:
        error = await failure(channel(server.port, authority, timeout=0.3))
    assert error.cause.cause_class is CauseClass.TIMEOUT
    assert error.retry


async def test_a_server_that_is_not_there_is_tried_again(authority: Authority) -> None:
    error = await failure(channel(refused_port(), authority))
    assert error.cause.cause_class is CauseClass.REFUSED
    assert error.retry


@pytest.mark.parametrize("behaviour", [closes, babbles])
async def test_a_server_that_is_none_is_tried_again(authority: Authority, behaviour: Any) -> None:
    async with lying(behaviour) as server:
        error = await failure(channel(server.port, authority, timeout=0.5))
    assert error.retry


async def test_a_name_that_does_not_resolve_is_told_as_one(authority: Authority) -> None:
    error = await failure(channel(25, authority, host="mx.invalid"))
    assert error.cause.cause_class is CauseClass.DNS
