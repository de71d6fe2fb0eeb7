"""Key stores as people upload them to the Destination service: PEM in many shapes, PKCS#12, JKS."""

import hashlib
import secrets
import struct
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

PASSWORD = "kein-Geheimnis-1ä"


def pem(identity, key_format=PrivateFormat.PKCS8, password=None, root=False):
    """Key first, then leaf and chain, as SAP generates it."""
    return private_key(identity.key, key_format, password) + certificates(identity, root)


def private_key(key, key_format=PrivateFormat.PKCS8, password=None):
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, key_format, encryption)


def certificates(identity, root=False):
    chain = identity.chain if root else identity.intermediates
    return b"".join(c.public_bytes(Encoding.PEM) for c in [identity.certificate, *chain])


def shuffled_pem(identity):
    """Chain upside down with the root, then the key, the leaf last; comments and CRLF between."""
    blocks = [c.public_bytes(Encoding.PEM) for c in reversed(identity.chain)]
    blocks += [private_key(identity.key), identity.certificate.public_bytes(Encoding.PEM)]
    text = b"Bag Attributes\n    friendlyName: catalog\n".join([b"# made by hand\n", *blocks])
    return text.replace(b"\n", b"\r\n")


def p12(identity, password=PASSWORD, root=True, legacy=False):
    """PKCS#12; `legacy` with the 3DES and SHA-1 that older tools write."""
    encryption = BestAvailableEncryption(password.encode())
    if legacy:
        encryption = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(2048)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())
            .build(password.encode())
        )
    chain = identity.chain if root else identity.intermediates
    return pkcs12.serialize_key_and_certificates(
        b"catalog", identity.key, identity.certificate, chain, encryption
    )


def jks(identity, password=PASSWORD, root=True):
    """Java's own format (sun.security.provider.JavaKeyStore), version 2, one private key entry."""
    secret = password.encode("utf-16-be")
    plain = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    # OID 1.3.6.1.4.1.42.2.17.1.1, Sun's key protector
    algorithm = bytes.fromhex("300e060a2b060104012a021101010500")
    protected = _sequence(algorithm + _der(0x04, _protect(plain, secret)))
    chain = identity.chain if root else identity.intermediates
    body = struct.pack(">III", 0xFEEDFEED, 2, 1)
    body += struct.pack(">I", 1) + _text("catalog") + struct.pack(">Q", int(time.time() * 1000))
    body += struct.pack(">I", len(protected)) + protected
    body += struct.pack(">I", 1 + len(chain))
    for certificate in [identity.certificate, *chain]:
        der = certificate.public_bytes(Encoding.DER)
        body += _text("X.509") + struct.pack(">I", len(der)) + der
    return body + hashlib.sha1(secret + b"Mighty Aphrodite" + body).digest()


def _protect(plain, secret):
    """Sun's key protector: a key stream of chained SHA-1 digests, and a check digest."""
    salt = secrets.token_bytes(20)
    stream, digest = b"", salt
    while len(stream) < len(plain):
        digest = hashlib.sha1(secret + digest).digest()
        stream += digest
    mixed = bytes(a ^ b for a, b in zip(plain, stream))
    return salt + mixed + hashlib.sha1(secret + plain).digest()


def _text(value):
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def _sequence(content):
    return _der(0x30, content)


def _der(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content
