"""The lab's own certificate authority, and the certificates that it issues to instances."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from prodtui.lab import files
from prodtui.lab.network import LOOPBACK

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LIFETIME = timedelta(days=90)
# The authority was there before any certificate: one that is about to expire was issued long ago.
_AUTHORITY_AGE = timedelta(days=365)
_AUTHORITY_LIFETIME = timedelta(days=3650)
_CLOCKS_DIFFER_BY = timedelta(minutes=5)


def authority(directory: Path) -> Path:
    """The file with the authority's certificate (PEM): what whoever asks a service over TLS trusts."""
    return directory / "tls" / "ca.pem"


def certificate(directory: Path, instance: str) -> Path:
    """The file with an instance's key and certificate (PEM): in one, it is replaced in one step."""
    return directory / "tls" / f"{instance}.pem"


def create_authority(directory: Path) -> None:
    """A new key and a certificate signed with it, for ten years."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("prodtui lab CA")
    begins = datetime.now(UTC) - _AUTHORITY_AGE
    signed = (
        _builder(name, name, key, begins, begins + _AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    files.folder(directory / "tls")
    files.write(_authority_key(directory), _key_text(key))
    files.write(authority(directory), _certificate_text(signed))


def issue(directory: Path, instance: str, host_name: str, *, expires_in: timedelta = LIFETIME) -> None:
    """A new key and certificate for an instance, by its service's host name and the loopback address.

    It is valid for 90 days in all, of which `expires_in` are left.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.load_pem_x509_certificate(authority(directory).read_bytes())
    written = _authority_key(directory).read_bytes()
    issuer_key = cast("EllipticCurvePrivateKey", serialization.load_pem_private_key(written, password=None))
    key = ec.generate_private_key(ec.SECP256R1())
    ends = datetime.now(UTC) + expires_in
    names = [x509.DNSName(host_name), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    signed = (
        _builder(_name(host_name), issuer.subject, key, ends - LIFETIME - _CLOCKS_DIFFER_BY, ends)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    files.write(certificate(directory, instance), _key_text(key) + _certificate_text(signed))


def _authority_key(directory: Path) -> Path:
    return directory / "tls" / "ca.key"


def _name(common_name: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_text(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _certificate_text(signed: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return signed.public_bytes(Encoding.PEM).decode()
