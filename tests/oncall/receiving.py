"""Real servers that take notifications: one for webhooks, one for mail."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.sources.lying import Connection, LyingServer, head, lying

USER, PASSWORD = "prodtui", "hunter22"


@dataclass(frozen=True)
class Post:
    """One request as the server heard it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Posts:
    """An HTTP server that takes posts, and what it heard. It answers with these statuses, the last one ever after."""

    server: LyingServer
    statuses: list[int]
    heard: list[Post] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.server.url}/hook/s3cret"


@asynccontextmanager
async def posts(*statuses: int) -> AsyncIterator[Posts]:
    async def behaviour(connection: Connection) -> None:
        while True:
            request = (await connection.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = request.strip().split("\r\n")
            headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
            body = await connection.reader.readexactly(int(headers.get("content-length", "0")))
            taking.heard.append(Post(first.split(" ")[1], headers, body))
            status = taking.statuses.pop(0) if len(taking.statuses) > 1 else taking.statuses[0]
            await connection.send(head(status, "content-length: 2") + b"ok")

    async with lying(behaviour) as server:
        taking = Posts(server, list(statuses) or [200])
        yield taking


class Mailbox:
    """Takes mail for everybody but `nobody@…`, for `later…@…` from the second try on; keeps what it took."""

    def __init__(self, answers: Sequence[str] = (), *, parts: bool = True) -> None:
        """`answers`: what is said to a message instead of taking it, one after another. `parts`: answers a goodbye."""
        self.mails: list[EmailMessage] = []
        self.taken_for: list[list[str]] = []
        self.encrypted: list[bool] = []
        self._answers = list(answers)
        self._parts = parts
        self._put_off: set[str] = set()

    async def handle_RCPT(  # noqa: N802 — aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if address.startswith("later") and address not in self._put_off:
            self._put_off.add(address)
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._answers:
            return self._answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.taken_for.append(envelope.rcpt_tos)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("cipher") is not None)
        return "250 2.0.0 taken"

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if not self._parts:
            await asyncio.Event().wait()
        return "221 2.0.0 bye"


def knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    """Lets the one user in that there is."""
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)


@asynccontextmanager
async def mail_server(
    mailbox: Mailbox, tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
) -> AsyncIterator[int]:
    """A real SMTP server; its port. With `tls` it demands STARTTLS, or speaks TLS at once."""

    def serve() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mx.test",
            tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            auth_required=login,
            auth_require_tls=not implicit,
            authenticator=knows if login else None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=tls if implicit else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
