"""E-mail by SMTP, encrypted and logged in; what belongs to one incident is one thread."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from typing import TYPE_CHECKING

from prodtui.model.cause import CauseClass
from prodtui.model.errors import NotifyError
from prodtui.model.notice import Notice
from prodtui.model.text import neutralise, neutralise_name
from prodtui.oncall.channels.configured import rules_of
from prodtui.oncall.rules import Rules
from prodtui.settings.notify import EmailSettings
from prodtui.sources.http_causes import reason, source_error

if TYPE_CHECKING:
    from aiosmtplib import SMTPException

PORTS = {"starttls": 587, "implicit": 465, "none": 25}
LONGEST = 20_000
"""Characters of a mail's text."""
_NO_ATOM = re.compile(r"[^A-Za-z0-9.+-]+")
"""What is not in the left side of a Message-ID."""
_MUST_STARTTLS = 530
"""RFC 3207: "Must issue a STARTTLS command first"; also "authentication required" (RFC 4954)."""


class Email:
    """One mail server, and those it takes messages to. A connection for each message: they are few."""

    kind = "email"
    shared = True
    needs: tuple[str, ...] = ("aiosmtplib", "httpx")

    def __init__(self, name: str, settings: EmailSettings) -> None:
        self.name = name
        self._port = settings.port or PORTS[settings.tls]
        self.where = f"{', '.join(settings.to)} by {settings.host}:{self._port}"
        self.rules: Rules = rules_of(settings)
        self._settings = settings

    async def send(self, notice: Notice, told: Sequence[Notice] = ()) -> str:
        """Hands it to the server. Raises NotifyError."""
        from aiosmtplib import SMTPException

        what = f"mail server {self._settings.host}:{self._port}"
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._handed_over(message(notice, told, self._settings))
        except SMTPException as error:
            raise refusal(error, what) from error
        except (OSError, TimeoutError, ValueError) as error:
            cause = source_error(error, what).cause
            raise NotifyError(cause.cause_class, cause.message) from error

    async def close(self) -> None:
        """Nothing is open between two messages."""

    async def _handed_over(self, mail: EmailMessage) -> str:
        from aiosmtplib import SMTP

        settings = self._settings
        client = SMTP(
            hostname=settings.host,
            port=self._port,
            timeout=settings.timeout,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            local_hostname=_greeting(),
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            # In a thread: loading the host's certificates takes 20 ms.
            tls_context=None if settings.tls == "none" else await asyncio.to_thread(_context, settings.ca_file),
        )
        async with client:
            refused, said = await client.send_message(mail)
        told = neutralise_name(said)
        if refused:
            told += f"; not taken for {', '.join(f'{to} ({answer.code})' for to, answer in refused.items())}"
        return neutralise_name(told)


def message(notice: Notice, told: Sequence[Notice], settings: EmailSettings) -> EmailMessage:
    """The mail. A header can't hold a line's end: the policy refuses it, and texts have none."""
    domain = parseaddr(settings.sender)[1].rpartition("@")[2]
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Subject"] = neutralise_name(f"[{notice.environment}] {_called(notice)}: {notice.title}")
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = _message_id(notice, domain)
    before = [_message_id(one, domain) for one in told if one.id != notice.id]
    if before:
        mail["In-Reply-To"] = before[-1]
        mail["References"] = " ".join(before)
    mail["Auto-Submitted"] = "auto-generated"
    lines = (notice.title, "", *notice.lines, "", f"environment: {notice.environment}", f"incident: {notice.incident}")
    mail.set_content(neutralise("\n".join(lines), longest=LONGEST) + "\n")
    return mail


def _called(notice: Notice) -> str:
    return "over" if notice.recovered else notice.severity.value


def _message_id(notice: Notice, domain: str) -> str:
    """The same for a message that is sent twice, so that a mail reader shows it once."""
    return f"<{_NO_ATOM.sub('-', notice.id)}@prodtui.{domain}>"


def _greeting() -> str:
    """Our name for EHLO. The full one would be asked of a name server, which may be what is broken."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def _context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def refusal(error: SMTPException, what: str) -> NotifyError:
    """Any failure of a mail server in its cause class. A 4xx is of this moment, a 5xx for good (RFC 5321 §4.2.1)."""
    import aiosmtplib

    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
            later = any(one.code < 500 for one in refused)
            told = "; ".join(f"{one.recipient}: {one.code} {one.message}" for one in refused)
            cause_class = CauseClass.OVERLOAD if later else CauseClass.NOT_FOUND
            return NotifyError(cause_class, f"{what}: takes it for nobody: {told}")
        case aiosmtplib.SMTPResponseException(code=code, message=said):
            return NotifyError(_by_code(error, code), f"{what}: {code} {said}", final=code >= 500)
        case aiosmtplib.SMTPTimeoutError():
            return NotifyError(CauseClass.TIMEOUT, f"{what}: no answer within the time limit")
        case aiosmtplib.SMTPConnectError() if error.__cause__ is not None and isinstance(error.__cause__, Exception):
            cause = source_error(error.__cause__, what).cause
            return NotifyError(cause.cause_class, cause.message)
        case aiosmtplib.SMTPServerDisconnected():
            return NotifyError(CauseClass.PROTOCOL, f"{what}: closed the connection: {reason(error)}")
    said = reason(error)
    if "STARTTLS" in said:
        return NotifyError(CauseClass.TLS, f'{what}: offers no STARTTLS; is another port meant, or tls = "implicit"?')
    if "auth" in said.lower():
        return NotifyError(CauseClass.AUTH, f"{what}: offers no way to log in that we know: {said}")
    return NotifyError(CauseClass.PROTOCOL, f"{what}: {said}")


def _by_code(error: SMTPException, code: int) -> CauseClass:
    import aiosmtplib

    if code < 500:
        return CauseClass.OVERLOAD
    if code == _MUST_STARTTLS:
        return CauseClass.AUTH
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return CauseClass.AUTH
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return CauseClass.PERMISSION
    return CauseClass.PROTOCOL
