"""A webhook: JSON by POST, signed so that the other side can tell that it is ours, whole and of now.

Prodtui-Signature: t=UNIX_SECONDS,v1=HEX, where HEX is the HMAC-SHA256 of `UNIX_SECONDS.BODY` under the secret. Whoever
receives it compares in constant time and refuses what is older than five minutes; Idempotency-Key is the notice's id,
by which a message that comes twice is known.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from string import Template
from urllib.parse import urlsplit

import msgspec

from prodtui.model.notice import Notice
from prodtui.oncall.channels.configured import rules_of
from prodtui.oncall.channels.posting import Poster, bearer, secret_parts
from prodtui.oncall.rules import Rules
from prodtui.reports.notice_document import document
from prodtui.settings.http_url import whole_url
from prodtui.settings.notify import PLACEHOLDERS, WebhookSettings

SIGNATURE = "Prodtui-Signature"


class Webhook:
    """One address that takes JSON."""

    kind = "webhook"
    shared = True
    needs: tuple[str, ...] = ("httpx",)

    def __init__(self, name: str, settings: WebhookSettings) -> None:
        url = whole_url(settings.url.get_secret_value())
        parts = urlsplit(url)
        self.name = name
        # Chats' addresses hold their token in the path.
        self.where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"
        self.rules: Rules = rules_of(settings)
        self._secret = settings.secret.get_secret_value() if settings.secret else None
        token = settings.token.get_secret_value() if settings.token else ""
        self._headers = bearer(token)
        self._template = Template(settings.template) if settings.template else None
        self._poster = Poster(
            url,
            f"webhook {name} at {self.where}",
            timeout_s=settings.timeout,
            ca_file=settings.ca_file,
            secrets=(*secret_parts(url), token),
        )

    async def send(self, notice: Notice, told: Sequence[Notice] = ()) -> str:  # noqa: ARG002 — each is told by itself
        """Posts it. Raises NotifyError."""
        body = filled(self._template, notice) if self._template else msgspec.json.encode(document(notice))
        headers = {"Idempotency-Key": notice.id, **self._headers}
        if self._secret is not None:
            headers[SIGNATURE] = signature(self._secret, body, int(time.time()))
        return await self._poster.post(body, headers)

    async def close(self) -> None:
        await self._poster.close()


def filled(template: Template, notice: Notice) -> bytes:
    """The template with what it names, each value escaped for the inside of a JSON string."""
    values = {
        **msgspec.structs.asdict(document(notice)),
        "text": "\n".join((notice.title, *notice.lines)),
        "services": ", ".join(notice.services),
    }
    escaped = {name: json.dumps(values[name])[1:-1] for name in PLACEHOLDERS}
    return template.substitute(escaped).encode()


def signature(secret: str, body: bytes, at: int) -> str:
    """What the other side computes again."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
