"""Certificates for the judge: a trust anchor, chains of any length, leaves of every key type."""

import datetime
import secrets

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_TYPES = {
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-3072": lambda: rsa.generate_private_key(65537, 3072),
    "RSA-4096": lambda: rsa.generate_private_key(65537, 4096),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
}
DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def name(common_name, unit="Catalogue"):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example SE"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


class Authority:
    """A certification authority; `issuer` None makes it a self-signed root."""

    def __init__(self, common_name, issuer=None, key_type="P-256"):
        self.key = KEY_TYPES[key_type]()
        self.issuer = issuer
        subject = name(common_name, "Authorities")
        builder = _builder(subject, self.key.public_key(), -DAY, 365 * DAY, None)
        builder = builder.issuer_name(issuer.certificate.subject if issuer else subject)
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        builder = builder.add_extension(_usage(certificates=True), critical=True)
        self.certificate = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())

    def below(self, count):
        """The authority at the end of `count` intermediates below this one."""
        authority = self
        for number in range(count):
            authority = Authority(f"Intermediate {number + 1}", authority)
        return authority

    def chain(self):
        """The certificates from this authority up to the root, which comes last."""
        above = self.issuer.chain() if self.issuer else []
        return [self.certificate, *above]


class Identity:
    """A leaf certificate with its key and the chain above it, root included."""

    def __init__(
        self, issuer, key_type="P-256", serial=None, begins=-DAY, ends=30 * DAY, common_name="btp-s3-catalog"
    ):
        self.key = KEY_TYPES[key_type]()
        serial = serial or secrets.randbits(158) | 1 << 157
        builder = _builder(name(common_name), self.key.public_key(), begins, ends, serial)
        builder = builder.issuer_name(issuer.certificate.subject)
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        builder = builder.add_extension(_usage(certificates=False), critical=True)
        client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        self.certificate = builder.add_extension(client, critical=False).sign(issuer.key, hashes.SHA256())
        self.chain = issuer.chain()

    @property
    def intermediates(self):
        return self.chain[:-1]


def _builder(subject, public_key, begins, ends, serial):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now() + begins)
        .not_valid_after(now() + ends)
    )


def _usage(certificates):
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
