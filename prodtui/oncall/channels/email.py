"""E-mail by SMTP, encrypted and logged in; what belongs to one incident is one thread."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
    from aiosmtplib import SMTP, SMTPException, SMTPResponse

PORTS = {"starttls": 587, "implicit": 465, "none": 25}
LONGEST = 20_000
"""Characters of a mail's text."""
FAREWELL_S = 1.0
"""A server that has the mail may take so long to say goodbye."""
PARTLY = 100
"""Messages of which it is remembered who has them, the newest."""
_NO_ATOM = re.compile(r"[^A-Za-z0-9.+-]+")
"""What is not in the left side of a Message-ID."""
_FOR_GOOD = 500
"""From this code on it is refused for good, below for the moment (RFC 5321 §4.2.1)."""
_MUST_STARTTLS = 530
"""RFC 3207: "Must issue a STARTTLS command first"; also "authentication required" (RFC 4954)."""


class Email:
    """One mail server, and those it takes messages to. A connection for each message: they are few."""

    kind = "email"
    shared = True
    needs: tuple[str, ...] = ("aiosmtplib", "httpx")

    def __init__(self, name: str, settings: EmailSettings, *, farewell_s: float = FAREWELL_S) -> None:
        self.name = name
        self._port = settings.port or PORTS[settings.tls]
        self.where = f"{', '.join(settings.to)} by {settings.host}:{self._port}"
        self.rules: Rules = rules_of(settings)
        self._settings = settings
        self._farewell_s = farewell_s
        self._to = tuple(dict.fromkeys(parseaddr(to)[1] for to in settings.to))
        self._settled: dict[Notice, frozenset[str]] = {}
        """For whom it was taken, or never will be, while others are to be asked again."""

    async def send(self, notice: Notice, told: Sequence[Notice] = ()) -> str:
        """Hands it to the server, for those who do not have it yet. Raises NotifyError."""
        from aiosmtplib import SMTPException

        what = f"mail server {self._settings.host}:{self._port}"
        settled = self._settled.get(notice, frozenset())
        try:
            refused, said = await self._handed_over(
                message(notice, told, self._settings), [one for one in self._to if one not in settled]
            )
        except SMTPException as error:
            raise refusal(error, what) from error
        except (OSError, TimeoutError, ValueError) as error:
            cause = source_error(error, what).cause
            raise NotifyError(cause.cause_class, cause.message) from error
        answer = neutralise_name(f"{said}{_not_for(refused)}")
        later = [to for to, one in refused.items() if one.code < _FOR_GOOD]
        self._settled.pop(notice, None)
        if later:
            self._settled[notice] = frozenset(self._to) - set(later)
            self._settled = dict(list(self._settled.items())[-PARTLY:])
            raise NotifyError(CauseClass.OVERLOAD, f"{what}: {answer}")
        return answer

    async def close(self) -> None:
        """Nothing is open between two messages."""

    async def _handed_over(self, mail: EmailMessage, to: Sequence[str]) -> tuple[Mapping[str, SMTPResponse], str]:
        """Who was refused, and what was said to the mail. Raises SMTPException, OSError, ValueError."""
        from aiosmtplib import SMTPRecipientsRefused, SMTPResponse

        settings = self._settings
        # In a thread: loading the host's certificates takes 20 ms.
        context = None if settings.tls == "none" else await asyncio.to_thread(_context, settings.ca_file)
        client = self._client(context)
        try:
            async with asyncio.timeout(settings.timeout):
                await client.connect()
                answered = await client.send_message(mail, recipients=to)
            # What was taken is sent, whatever comes of this.
            await _farewell(client, self._farewell_s)
        except SMTPRecipientsRefused as error:
            if len(to) == len(self._to):
                raise
            return {one.recipient: SMTPResponse(one.code, one.message) for one in error.recipients}, "taken before"
        finally:
            client.close()
        return answered

    def _client(self, context: ssl.SSLContext | None) -> SMTP:
        from aiosmtplib import SMTP

        settings = self._settings
        return SMTP(
            hostname=settings.host,
            port=self._port,
            timeout=settings.timeout,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            local_hostname=_greeting(),
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=context,
        )


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


def _not_for(refused: Mapping[str, SMTPResponse]) -> str:
    return f"; not taken for {', '.join(f'{to} ({one.code})' for to, one in refused.items())}" if refused else ""


async def _farewell(client: SMTP, within_s: float) -> None:
    from aiosmtplib import SMTPException

    with suppress(SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(within_s):
            await client.quit()


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
    """Any failure of a mail server in its cause class."""
    import aiosmtplib

    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
            later = any(one.code < _FOR_GOOD for one in refused)
            told = "; ".join(f"{one.recipient}: {one.code} {one.message}" for one in refused)
            cause_class = CauseClass.OVERLOAD if later else CauseClass.NOT_FOUND
            return NotifyError(cause_class, f"{what}: takes it for nobody: {told}")
        case aiosmtplib.SMTPResponseException(code=code, message=said):
            return NotifyError(_by_code(error, code), f"{what}: {code} {said}", final=code >= _FOR_GOOD)
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

    if code < _FOR_GOOD:
        return CauseClass.OVERLOAD
    if code == _MUST_STARTTLS:
        return CauseClass.AUTH
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return CauseClass.AUTH
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return CauseClass.PERMISSION
    return CauseClass.PROTOCOL
