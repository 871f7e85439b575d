"""What stands in a certificate, as OpenSSL read it at the handshake: by any other parser it costs 7 MB more."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from prodtui.model.text import neutralise_name

MOST_NAMES = 100
_SHORT = {
    "commonName": "CN",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "streetAddress": "STREET",
    "domainComponent": "DC",
    "userId": "UID",
}
"""RFC 4514 §3; any other attribute keeps OpenSSL's name."""
_ESCAPED = str.maketrans({character: f"\\{character}" for character in '\\"+,;<>'} | {"\0": "\\00"})

Name = Sequence[Sequence[tuple[str, str]]]


class Shown(NamedTuple):
    """Names and times, fit to be shown."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: float
    not_after: float


def shown(read: Mapping[str, Any]) -> Shown:
    """From ssl's dictionary (SSLSocket.getpeercert). Raises ValueError where something is missing or no time."""
    try:
        return Shown(
            subject=neutralise_name(distinguished_name(read["subject"])),
            issuer=neutralise_name(distinguished_name(read["issuer"])),
            names=tuple(map(neutralise_name, [*_names(read.get("subjectAltName", ()))][:MOST_NAMES])),
            not_before=ssl.cert_time_to_seconds(read["notBefore"]),
            not_after=ssl.cert_time_to_seconds(read["notAfter"]),
        )
    except KeyError as error:
        raise ValueError(f"a certificate without {error}") from error


def distinguished_name(name: Name) -> str:
    """As RFC 4514 writes it: the last part first."""
    return ",".join(
        "+".join(f"{_SHORT.get(kind, kind)}={_escaped(value)}" for kind, value in part) for part in name[::-1]
    )


def _escaped(value: str) -> str:
    escaped = value.translate(_ESCAPED)
    if escaped[:1] in ("#", " "):
        escaped = f"\\{escaped}"
    # A value of one blank is escaped by now.
    return f"{escaped[:-1]}\\ " if len(value) > 1 and value.endswith(" ") else escaped


def _names(alternatives: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Host names, then addresses."""
    yield from (value for kind, value in alternatives if kind == "DNS")
    yield from (_address(value) for kind, value in alternatives if kind == "IP Address")


def _address(value: str) -> str:
    try:
        return str(ip_address(value.strip()))
    except ValueError:
        return value  # OpenSSL's words for bytes that are no address
