"""What a person may see of a setting."""

from __future__ import annotations

import re

REDACTED = "********"

_CREDENTIALS = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/?#\s\"'@:]*):[^/?#\s]*@")
_PARAMETER = re.compile(r"(?P<name>[?&;](?:[A-Za-z_-]*(?:password|passwd|secret|token|api_?key))=)[^&;#\s\"']*", re.I)
_NAME = re.compile(r"password|passwd|secret|token|api_?key|credential|authorization", re.I)


def redact_url(text: str) -> str:
    """The text with passwords and tokens in URLs made unreadable; users stay."""
    text = _CREDENTIALS.sub(rf"\g<scheme>\g<user>:{REDACTED}@", text)
    return _PARAMETER.sub(rf"\g<name>{REDACTED}", text)


def without_password(url: str) -> str:
    """The url as it may be written to a file: its user stays, its password is left out."""
    return _CREDENTIALS.sub(r"\g<scheme>\g<user>@", url)


def secret_name(name: str) -> bool:
    """Whether a key of this name (also a misspelt one) holds a secret, rather than the path of a file with it."""
    return bool(_NAME.search(name)) and not name.endswith("_file")
