"""A TLS handshake with one instance: its certificate, whether that can be trusted, and which protocols it speaks.

One handshake of OpenSSL's tells the first thing that is wrong. To know of chain, name and protocols each by itself,
and of the certificate in any case, several are made.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from prodtui.model.evidence import Certificate
from prodtui.model.text import neutralise_name
from prodtui.sources.http_causes import source_error
from prodtui.sources.release.shown import shown

PROTOCOLS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2)
"""Oldest first; that a server speaks a newer one shows by itself."""
_WEAK = "ALL:@SECLEVEL=0"
"""Takes whatever a server has: here what is weak is to be seen, not avoided."""
_NOT_ITS_NAME = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH (openssl/x509_vfy.h)."""
_OUT_OF_TIME = frozenset({9, 10})
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED: OpenSSL looks at the time after the name."""
_REFUSED = (ssl.SSLError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
"""How a server refuses a handshake: by an alert, or by hanging up before that arrives."""
_OURS = frozenset({"NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE"})
"""Reasons for which it was our OpenSSL that could not."""


class Peer(NamedTuple):
    """Whom to shake hands with."""

    service: str
    instance: str
    host: str
    port: int
    server_name: str

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Shaken(NamedTuple):
    certificate: bytes
    """DER."""
    read: Mapping[str, Any]
    """What stands in it, as OpenSSL read it."""
    version: str


def authorities(ca_file: str) -> ssl.SSLContext:
    """Trusts whom the file (PEM), else the host's store trusts, whatever their name. Takes 20 ms. Raises OSError."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.check_hostname = False
    return context


def unanswered(peer: Peer, trouble: str) -> Certificate:
    """The record where there was no handshake, and why."""
    return Certificate(
        service=peer.service,
        instance=peer.instance,
        address=neutralise_name(peer.address),
        server_name=neutralise_name(peer.server_name),
        trouble=trouble,
    )


async def certificate(peer: Peer, trusting: ssl.SSLContext, limit_s: float) -> Certificate:
    """What the instance shows, within twice `limit_s`. Never raises for what the instance does."""
    try:
        async with asyncio.timeout(limit_s):
            shaken, trusted, distrust = await _chain(peer, trusting)
            name_matches = await _name_matches(peer, shaken.certificate)
        told = shown(shaken.read)
    except (OSError, ValueError) as error:
        return unanswered(peer, source_error(error, f"TLS with {peer.address}").cause.message)
    return Certificate(
        service=peer.service,
        instance=peer.instance,
        address=neutralise_name(peer.address),
        server_name=neutralise_name(peer.server_name),
        subject=told.subject,
        issuer=told.issuer,
        names=told.names,
        not_before=told.not_before,
        not_after=told.not_after,
        version=shaken.version,
        oldest=await _oldest(peer, shaken.version, limit_s),
        name_matches=name_matches,
        trusted=trusted,
        distrust=neutralise_name(distrust),
    )


async def _shake(peer: Peer, context: ssl.SSLContext) -> Shaken:
    """One handshake. Raises OSError, ValueError."""
    try:
        _, writer = await asyncio.open_connection(peer.host, peer.port, ssl=context, server_hostname=peer.server_name)
    except OSError as error:
        # asyncio's frames hold it and it holds them: with them a buffer of 256 kB for each refusal, until a collection.
        raise error.with_traceback(None)  # noqa: B904 — the same error
    try:
        agreed: ssl.SSLObject = writer.get_extra_info("ssl_object")
        # getpeercert() has these words for a trusted certificate only, and no public name leads to another's.
        chain = agreed._sslobj.get_unverified_chain() or ()  # type: ignore[attr-defined]  # noqa: SLF001
        read = chain[0].get_info() if chain else {}
        return Shaken(agreed.getpeercert(binary_form=True) or b"", read, agreed.version() or "")
    finally:
        writer.transport.abort()  # a goodbye would wait for the peer's


async def _chain(peer: Peer, trusting: ssl.SSLContext) -> tuple[Shaken, bool | None, str]:
    """The handshake, whether its chain is trusted, and why not; None where an old protocol kept us from judging it."""
    try:
        return await _shake(peer, trusting), True, ""
    except ssl.SSLCertVerificationError as error:
        return await _shake(peer, _anybody()), False, error.verify_message
    except _REFUSED as refused:
        try:
            return await _shake(peer, _anybody()), None, ""
        except _REFUSED:
            raise refused from None


async def _name_matches(peer: Peer, der: bytes) -> bool | None:
    """Whether the certificate bears the name (RFC 9525), as OpenSSL judges it: with the certificate itself as its
    authority nothing but name and time can be wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _lenient(context, ssl.TLSVersion.TLSv1)
    context.load_verify_locations(cadata=der)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        await _shake(peer, context)
    except ssl.SSLCertVerificationError as error:
        return False if error.verify_code in _NOT_ITS_NAME else True if error.verify_code in _OUT_OF_TIME else None
    return True


async def _oldest(peer: Peer, agreed: str, limit_s: float) -> str:
    """The oldest protocol that it accepts; empty where that could not be found out."""
    try:
        async with asyncio.timeout(limit_s):
            for version in PROTOCOLS:
                try:
                    return (await _shake(peer, _only(version))).version
                except _REFUSED as error:
                    if isinstance(error, ssl.SSLError) and error.reason in _OURS:
                        return ""
    except (OSError, ValueError):
        return ""
    return agreed


@cache
def _anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _lenient(context, ssl.TLSVersion.TLSv1)
    return context


@cache
def _only(version: ssl.TLSVersion) -> ssl.SSLContext:
    """Speaks this protocol only. Raises ValueError where our OpenSSL does not have it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _lenient(context, version, version)
    return context


def _lenient(
    context: ssl.SSLContext, oldest: ssl.TLSVersion, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> None:
    context.set_ciphers(_WEAK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old protocols are what is looked for
        context.minimum_version, context.maximum_version = oldest, newest
