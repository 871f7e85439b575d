"""A system's HTTP address as people write it, and as it may be shown."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def http_url(text: str) -> str:
    """The address with its scheme (http unless given) and no trailing slash. Raises ValueError."""
    return whole_url(text).rstrip("/")


def whole_url(text: str) -> str:
    """The address as it was given, with its scheme (http unless given). Raises ValueError."""
    url = text.strip()
    if "://" not in url:
        url = f"http://{url}"
    parts = urlsplit(url)  # its `port` raises ValueError where that is no number
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError('an address such as "http://127.0.0.1:8500" or "https://consul.internal:8501"')
    return url


def http_urls(text: str) -> str:
    """Several addresses of one system, separated by commas. Raises ValueError."""
    return ",".join(http_url(part) for part in text.split(","))


def shown(url: str) -> str:
    """The URL without the user and password that it may carry, for messages."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


HttpUrl = Annotated[str, AfterValidator(http_url)]
"""An http or https address."""
HttpUrls = Annotated[str, AfterValidator(http_urls)]
"""One or several, separated by commas."""
