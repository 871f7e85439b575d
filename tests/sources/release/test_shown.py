"""What stands in a certificate, held against an independent reader of certificates."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from prodtui.sources.release.shown import MOST_NAMES, distinguished_name, shown

NAMES = {
    "commonName": NameOID.COMMON_NAME,
    "organizationName": NameOID.ORGANIZATION_NAME,
    "organizationalUnitName": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "localityName": NameOID.LOCALITY_NAME,
    "domainComponent": NameOID.DOMAIN_COMPONENT,
}
PARTS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(sorted(NAMES)), st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    max_size=4,
)


@given(PARTS)
def test_a_name_is_written_as_rfc_4514_has_it(parts: list[list[tuple[str, str]]]) -> None:
    peer = x509.Name(
        [x509.RelativeDistinguishedName([x509.NameAttribute(NAMES[k], v) for k, v in part]) for part in parts]
    )
    assert distinguished_name(parts) == peer.rfc4514_string()


def _read(**changes: object) -> dict[str, object]:
    return {
        "subject": ((("commonName", "payments.lab"),),),
        "issuer": ((("commonName", "CA"),),),
        "notBefore": "Nov 25 16:32:16 2026 GMT",
        "notAfter": "Feb  3 16:32:16 2027 GMT",
        **changes,
    }


def test_times_are_those_of_the_certificate() -> None:
    found = shown(_read())
    assert found.not_before == datetime(2026, 11, 25, 16, 32, 16, tzinfo=UTC).timestamp()
    assert found.not_after == datetime(2027, 2, 3, 16, 32, 16, tzinfo=UTC).timestamp()


def test_host_names_come_before_addresses_and_all_else_is_left_out() -> None:
    alternatives = (("IP Address", "0:0:0:0:0:0:0:1"), ("URI", "spiffe://lab/payments"), ("DNS", "payments.lab"))
    assert shown(_read(subjectAltName=alternatives)).names == ("payments.lab", "::1")


def test_names_without_end_are_cut() -> None:
    many = tuple(("DNS", f"n{number}.lab") for number in range(MOST_NAMES + 5))
    assert len(shown(_read(subjectAltName=many)).names) == MOST_NAMES


@pytest.mark.parametrize("read", [{}, _read(notAfter="Bad time value")])
def test_what_is_no_certificate_is_refused(read: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"without|time"):
        shown(read)


def test_openssl_still_reads_a_chain_that_is_not_verified() -> None:
    """Private in Python: a version without it must show here, and not on call."""
    held = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a")
    assert callable(held._sslobj.get_unverified_chain)  # type: ignore[attr-defined]
