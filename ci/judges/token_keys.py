"""Keys of judges of tokens: the issuer's, those of somebody wicked, and all the ways to sign.

Whoever knows only what is published can make the signatures `… with …`: an HMAC whose secret is the
public key in one of the forms in which validators keep it.
"""

import base64
import hashlib
import hmac
import json
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from ci.judges.pki import DAY, name, now

# sizes of r and s together
CURVES = {"es256": 64, "es384": 96, "es512": 132}
# what HMAC's secret may be; see `Keys.secrets`
SECRETS = (
    "the public key", "the trimmed public key", "the public key with CRLF", "the public key in one line",
    "the body of the public key", "the PKCS1 key", "the trimmed PKCS1 key", "the key in DER", "the PKCS1 key in DER",
    "the modulus", "the modulus in base64url", "the JWK", "the key set", "nothing", "a guess", "the key name",
    "the client", "the client secret",
)


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Keys:
    """The issuer's keys, somebody else's, and the sets that each of them publishes."""

    def __init__(self):
        self.trusted = rsa.generate_private_key(65537, 2048)
        self.foreign = rsa.generate_private_key(65537, 2048)
        self.curve = ec.generate_private_key(ec.SECP384R1())
        self.foreign_curve = ec.generate_private_key(ec.SECP384R1())
        self._secrets = self._certificate = None

    def published(self):
        return {"keys": [self._rsa(self.trusted, "k1")]}

    def published_by_aws(self):
        """AWS names no algorithm with its RSA key."""
        key = {name: value for name, value in self._rsa(self.trusted, "RSA_0").items() if name != "alg"}
        return {"keys": [key, self._ec(self.curve, "EC384_0")]}

    def published_by_the_wicked(self):
        """Somebody else's keys under the names of the issuers' own."""
        names = ("k1", "k2", "RSA_0")
        return {"keys": [*(self._rsa(self.foreign, name) for name in names), self._ec(self.foreign_curve, "EC384_0")]}

    def carried(self, how):
        """A key that a token brings along."""
        ways = {
            "foreign": lambda: self._rsa(self.foreign, "k1"),
            "foreign under another name": lambda: self._rsa(self.foreign, "k2"),
            "foreign on a curve": lambda: self._ec(self.foreign_curve, "k1"),
            "a secret": lambda: {"kty": "oct", "kid": "k1", "k": encoded(b"secret")},
        }
        return ways[how]()

    def certificate(self):
        """Somebody else's certificate for his own key, in DER."""
        if self._certificate is None:
            subject = name("tenant.accounts.test")
            builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            builder = builder.public_key(self.foreign.public_key()).serial_number(1)
            builder = builder.not_valid_before(now() - DAY).not_valid_after(now() + DAY)
            certificate = builder.sign(self.foreign, hashes.SHA256())
            self._certificate = certificate.public_bytes(serialization.Encoding.DER)
        return self._certificate

    def pem(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.trusted.public_key().public_bytes(serialization.Encoding.PEM, form)

    def secrets(self):
        """What an HMAC's secret may be, by name."""
        if self._secrets is None:
            key, pem = self.trusted.public_key(), self.pem()
            pkcs1 = serialization.PublicFormat.PKCS1
            old = key.public_bytes(serialization.Encoding.PEM, pkcs1)
            jwk = self._rsa(self.trusted, "k1")
            modulus = key.public_numbers().n.to_bytes(256, "big")
            body = b"".join(pem.split(b"\n")[1:-2])
            found = (
                pem, pem.strip(), pem.replace(b"\n", b"\r\n"), pem.replace(b"\n", b""), body, old, old.strip(),
                base64.b64decode(body), key.public_bytes(serialization.Encoding.DER, pkcs1), modulus,
                encoded(modulus).encode(), _compact(jwk), _compact(self.published()), b"", b"secret", b"k1",
                b"1aa234ca-faed-4fb2-966e-7c86262ba93c", b"s",
            )
            self._secrets = dict(zip(SECRETS, found, strict=True))
        return self._secrets

    def signature(self, how, message):
        """The signature over `message`, made in the way that `how` names."""
        ways = {
            **_rsa_ways(self.trusted),
            "trusted": (self.trusted, padding.PKCS1v15(), hashes.SHA256()),
            "foreign": (self.foreign, padding.PKCS1v15(), hashes.SHA256()),
        }
        if how in ways:
            key, pad, digest = ways[how]
            return key.sign(message, pad, digest)
        if hmac_ := re.fullmatch(r"hs(\d+) with (.+)", how):
            return hmac.new(self.secrets()[hmac_[2]], message, f"sha{hmac_[1]}").digest()
        if how in ("es384", "es384 foreign", "es384 in DER"):
            key = self.foreign_curve if "foreign" in how else self.curve
            signature = key.sign(message, ec.ECDSA(hashes.SHA384()))
            if "DER" in how:
                return signature
            return b"".join(part.to_bytes(48, "big") for part in utils.decode_dss_signature(signature))
        if how.startswith("zeros for "):
            return bytes(CURVES[how.removeprefix("zeros for ")])
        fixed = {
            "nothing": b"", "one zero": b"\0", "zeros": bytes(256), "ones": b"\xff" * 256,
            "the message": message, "the digest": hashlib.sha256(message).digest(),
        }
        return fixed[how]

    @staticmethod
    def _rsa(key, name):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "kid": name, "use": "sig", "alg": "RS256", "n": number(numbers.n), "e": number(numbers.e)}

    @staticmethod
    def _ec(key, name):
        point = key.public_key().public_numbers()
        x, y = (encoded(value.to_bytes(48, "big")) for value in (point.x, point.y))
        return {"kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": name, "x": x, "y": y}


def _rsa_ways(key):
    """All algorithms of RFC 7518 for RSA, and the one of old with SHA-1."""
    sizes = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
    ways = {f"rs{size}": (key, padding.PKCS1v15(), digest) for size, digest in sizes.items()}
    for size, digest in sizes.items():
        ways[f"ps{size}"] = (key, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    ways["rs1"] = (key, padding.PKCS1v15(), hashes.SHA1())
    return ways


def _compact(document):
    return json.dumps(document, separators=(",", ":")).encode()
