"""Certificates for servers of the tests: an authority of one's own, and what it signs."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.process import HOST

_AUTHORITY = (
    x509.BasicConstraints(ca=True, path_length=None),
    x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    ),
)
"""What makes a certificate one that may sign others (RFC 5280, 4.2.1.3 and 4.2.1.9)."""


class Authority:
    """Signs certificates for the loopback address; `trust` is a context for clients that believe it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Estuary's tests")])
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        self._certificate = self._signed(self._name, self._key, tomorrow, *_AUTHORITY)
        self._pem = self._certificate.public_bytes(serialization.Encoding.PEM)

    def trust(self) -> ssl.SSLContext:
        """What a client uses that trusts this authority alone."""
        return ssl.create_default_context(cadata=self._pem.decode())

    @property
    def pem(self) -> bytes:
        """Its own certificate, for clients that are to trust it."""
        return self._pem

    def issued(self, until: datetime) -> bytes:
        """A certificate that ends at `until`, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
        certificate = self._signed(x509.Name([]), key, until, names)
        return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def serving(self, until: datetime) -> ssl.SSLContext:
        """What a server uses whose certificate ends at `until`."""
        path = self._folder / f"{uuid4()}.pem"
        path.write_bytes(self.issued(until))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        until: datetime,
        *extensions: x509.ExtensionType,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - timedelta(days=400))
            .not_valid_after(until)
            # Python 3.13 demands these of a chain (RFC 5280, 4.2.1.1 and 4.2.1.2).
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(self._key, hashes.SHA256())
