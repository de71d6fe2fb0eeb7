"""Keys and signatures of the gate that proves the attacks: which key, and whether it signed."""

import base64
import hmac
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from ci.judges.token_keys import CURVES, SECRETS

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
RSA_WAYS = {
    **{f"RS{size}": (padding.PKCS1v15(), digest) for size, digest in _HASHES.items()},
    **{f"PS{size}": (padding.PSS(padding.MGF1(digest), digest.digest_size), digest) for size, digest in _HASHES.items()},
    "RS1": (padding.PKCS1v15(), hashes.SHA1()),
}
_SPELLINGS_OF_NONE = ("none", "", "null")


class Signatures:
    """The issuers' keys as a validator sees them, and the wicked one's wherever else he looks."""

    def __init__(self, keys, names, weak):
        self.keys, self.names, self.weak = keys, names, weak
        own = {"k1": keys.trusted.public_key()}
        aws = {"RSA_0": keys.trusted.public_key(), "EC384_0": keys.curve.public_key()}
        foreign, curve = keys.foreign.public_key(), keys.foreign_curve.public_key()
        self.wicked = {"k1": foreign, "k2": foreign, "RSA_0": foreign, "EC384_0": curve}
        self.published = {"ias": own, "xsuaa": own, "aws": aws}

    def fit(self, header, issuer, message, signature):
        if self.weak("signatures are not checked") or (not signature and self.weak("a token without a signature is good")):
            return True
        alg = header.get("alg")
        if self.weak("none is an algorithm") and str(alg).strip(" \0").replace("\0", "").lower() in _SPELLINGS_OF_NONE:
            return True
        if self._is_keyed_with_something_known(header, message, signature):
            return True
        key = self._key(header, issuer)
        if self._is_zero(key, alg, signature):
            return True
        return any(_verifies(key, way, message, signature) for way in self._ways(alg, key, signature, issuer))

    def _key(self, header, issuer):
        keys = self.published.get(issuer, self.wicked)
        if carried := self._carried(header):
            return carried
        if self._leads_away(header):
            keys = self.wicked
        kid = header.get("kid")
        if self.weak("the algorithm chooses the key"):
            wanted = ec.EllipticCurvePublicKey if str(header.get("alg")).startswith("ES") else rsa.RSAPublicKey
            return next((key for key in keys.values() if isinstance(key, wanted)), None)
        if self.weak("any key of the issuer will do"):
            return next(iter(keys.values()))
        if self.weak("names of keys are compared loosely"):
            plain = {re.sub(r"\W", "", name).lower(): key for name, key in keys.items()}
            cleaned = re.sub(r"\W", "", re.split(r"[|'\0,;]", str(kid))[0].lower().replace("\u043a", "k"))
            return plain[cleaned]
        if not isinstance(kid, str):
            raise TypeError("kid")
        return keys[kid]

    def _carried(self, header):
        """A key in the token itself."""
        if "jwk" in header and self.weak("a key in the token is taken"):
            if header["jwk"]["kty"] == "EC":
                return self.keys.foreign_curve.public_key()
            return self.keys.foreign.public_key()
        if "x5c" in header and self.weak("a certificate in the token is taken"):
            return x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()
        return None

    def _leads_away(self, header):
        places = (("jku", "jku is followed"), ("x5u", "x5u is followed"), ("iss", "an issuer in the header is followed"))
        return any(name in header and self.weak(weakness) for name, weakness in places)

    def _is_keyed_with_something_known(self, header, message, signature):
        """Whether it is an HMAC with what everybody knows."""
        alg = str(header.get("alg"))
        secrets = [self.keys.secrets()[name] for name in SECRETS if self.weak(f"an HMAC may be keyed with {name}")]
        if self.weak("names of keys are files") and header.get("kid") in ("/dev/null", "../../../../dev/null"):
            secrets.append(b"")
        if "jwk" in header and self.weak("a key in the token is taken") and header["jwk"]["kty"] == "oct":
            secrets.append(b"secret")
        sizes = [size for size in _HASHES if alg in (f"HS{size}", "RS256", "ES384")]
        return any(
            hmac.compare_digest(hmac.new(secret, message, f"sha{size}").digest(), signature)
            for secret in secrets
            for size in sizes
        )

    def _is_zero(self, key, alg, signature):
        """r = s = 0 solves the equation of ECDSA for any key: CVE-2022-21449."""
        if not self.weak("ECDSA takes zeros") or not str(alg).startswith("ES"):
            return False
        return isinstance(key, ec.EllipticCurvePublicKey) and signature == bytes(CURVES[alg.lower()])

    def _ways(self, alg, key, signature, issuer):
        """How the signature may have been made; none if the algorithm is not on the list."""
        curve = isinstance(key, ec.EllipticCurvePublicKey)
        if curve:
            if alg == "ES384" or self.weak("the algorithm in the header is overlooked"):
                if len(signature) != 96 and not self.weak("ECDSA signatures may be DER"):
                    raise ValueError("not r and s")
                yield "ES384"
            return
        if alg == "RS256" or self.weak("the algorithm in the header is overlooked"):
            yield "RS256"
        if alg == "RS256" and self.weak("paddings and hashes are tried out"):
            yield from RSA_WAYS
        if alg in RSA_WAYS and self.weak("all algorithms of RSA are good"):
            yield alg


def _verifies(key, way, message, signature):
    try:
        if way == "ES384":
            if len(signature) == 96:
                parts = (int.from_bytes(signature[:48]), int.from_bytes(signature[48:]))
                signature = utils.encode_dss_signature(*parts)
            key.verify(signature, message, ec.ECDSA(hashes.SHA384()))
        else:
            pad, digest = RSA_WAYS[way]
            key.verify(signature, message, pad, digest)
    except InvalidSignature:
        return False
    return True
