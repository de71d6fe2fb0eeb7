"""Tokens for judges: a good one of each kind, and changes that are written down as data.

A change is a list: what is done, and with what. Texts may hold {now}, {now+60} (a number when that
is all of the text), {issuer}, {client} and the other names of the `names` that a maker is given.
"""

import base64
import hashlib
import hmac
import json
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

_TIME = re.compile(r"\{now([+-]\d+)?\}")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value):
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Keys:
    """The issuer's keys, somebody else's, and the set that the issuer publishes."""

    def __init__(self):
        self.trusted = rsa.generate_private_key(65537, 2048)
        self.foreign = rsa.generate_private_key(65537, 2048)
        self.curve = ec.generate_private_key(ec.SECP384R1())

    def published(self):
        numbers = self.trusted.public_key().public_numbers()
        rsa_key = {"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256"}
        return {"keys": [{**rsa_key, "n": _number(numbers.n), "e": _number(numbers.e)}]}

    def published_by_aws(self):
        """AWS names no algorithm with its RSA key."""
        rsa_key = {name: value for name, value in self.published()["keys"][0].items() if name != "alg"}
        point = self.curve.public_key().public_numbers()
        curve = {"kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": "EC384_0"}
        x, y = (encoded(value.to_bytes(48, "big")) for value in (point.x, point.y))
        return {"keys": [{**rsa_key, "kid": "RSA_0"}, {**curve, "x": x, "y": y}]}

    def pem(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.trusted.public_key().public_bytes(serialization.Encoding.PEM, form)

    def signature(self, how, message):
        """The signature over `message`, made in the way that `how` names."""
        rsa_ways = {
            "trusted": (self.trusted, padding.PKCS1v15(), hashes.SHA256()),
            "foreign": (self.foreign, padding.PKCS1v15(), hashes.SHA256()),
            "rs384": (self.trusted, padding.PKCS1v15(), hashes.SHA384()),
            "rs512": (self.trusted, padding.PKCS1v15(), hashes.SHA512()),
            "ps256": (self.trusted, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
        }
        if how in rsa_ways:
            key, pad, digest = rsa_ways[how]
            return key.sign(message, pad, digest)
        if how == "es384":
            r, s = utils.decode_dss_signature(self.curve.sign(message, ec.ECDSA(hashes.SHA384())))
            return r.to_bytes(48, "big") + s.to_bytes(48, "big")
        secrets = {
            "hs256 with the public key": self.pem(),
            "hs256 with the trimmed public key": self.pem().strip(),
            "hs256 with nothing": b"",
            "hs256 with a guess": b"secret",
        }
        if how in secrets:
            return hmac.new(secrets[how], message, hashlib.sha256).digest()
        fixed = {"nothing": b"", "one zero": b"\0", "zeros": bytes(256), "psychic": bytes(96)}
        return fixed[how]


class Draft:
    """A token that is good until something is changed."""

    def __init__(self, keys, names, header, claims):
        self.keys, self.names = keys, names
        self.header, self.claims = self._filled(header), self._filled(claims)
        self.signed_by = "trusted"
        self.raw_header = self.raw_claims = None
        self.after = []

    def _filled(self, value):
        if isinstance(value, dict):
            return {name: self._filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        now = self.names["now"]
        whole = _TIME.fullmatch(value)
        if whole:
            return now + int(whole[1] or 0)
        value = _TIME.sub(lambda found: str(now + int(found[1] or 0)), value)
        for name, known in self.names.items():
            value = value.replace("{" + name + "}", str(known))
        return value

    def change(self, what, *arguments):
        """One change; see the methods below for what there is."""
        getattr(self, "_" + what.replace(" ", "_"))(*[self._filled(it) for it in arguments])

    def _claim(self, name, value):
        self.claims[name] = value

    def _no_claim(self, *names):
        for name in names:
            self.claims.pop(name, None)

    def _header(self, name, value):
        self.header[name] = value

    def _no_header(self, name):
        self.header.pop(name, None)

    def _sign(self, how):
        self.signed_by = how

    def _claims_text(self, text):
        """More text before the closing brace: what no writer of JSON would write."""
        self.raw_claims = json.dumps(self.claims)[:-1].encode() + b"," + _bytes(text) + b"}"

    def _header_text(self, text):
        self.raw_header = json.dumps(self.header)[:-1].encode() + b"," + _bytes(text) + b"}"

    def _claims_are(self, text):
        self.raw_claims = _bytes(text)

    def _header_is(self, text):
        self.raw_header = _bytes(text)

    def _after_signing(self, what, *arguments):
        self.after.append((what, arguments))

    def token(self):
        parts = [
            encoded(self.raw_header or json.dumps(self.header).encode()),
            encoded(self.raw_claims or json.dumps(self.claims).encode()),
        ]
        message = ".".join(parts)
        parts.append(encoded(self.keys.signature(self.signed_by, message.encode())))
        token = ".".join(parts)
        for what, arguments in self.after:
            token = _AFTER[what](token, *arguments)
        return token


def _bytes(text):
    """`\\xff` in a text stands for that byte, so that data in JSON can hold broken UTF-8."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode())


def _other_claims(token, name, value):
    header, claims, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
    claims[name] = value
    return ".".join([header, encoded(json.dumps(claims).encode()), signature])


def _loose_bits(token):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    return token[:-1] + alphabet[last ^ 1]


_AFTER = {
    "append": lambda token, text: token + text,
    "prepend": lambda token, text: text + token,
    "claim": _other_claims,
    "loose bits": _loose_bits,
    "drop signature": lambda token: token.rpartition(".")[0] + ".",
    "drop part": lambda token: token.rpartition(".")[0],
    "replace": lambda token, old, new: token.replace(old, new, 1),
    "flip signature": lambda token: token[:-8] + token[-8:].swapcase(),
}
