"""Tokens for judges: a good one of each kind, and changes that are written down as data.

A change is a list: what is done, and with what. Texts may hold {now}, {now+60} (a number when that
is all of the text), {issuer}, {client} and the other names of the `names` that a maker is given.
"""

import base64
import json
import re

from ci.judges.token_keys import encoded

_TIME = re.compile(r"\{now([+-]\d+)?\}")


class Draft:
    """A token that is good until something is changed."""

    def __init__(self, keys, names, header, claims):
        self.keys, self.names = keys, names
        self.header, self.claims = self._filled(header), self._filled(claims)
        self.signed_by = "trusted"
        self.raw_header = self.raw_claims = None
        self.spelling = {}
        self.after = []

    def _filled(self, value):
        if isinstance(value, dict):
            return {self._filled(name): self._filled(inner) for name, inner in value.items()}
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

    def _claim_again(self, name):
        """The same claim with the same value once more, so that either of the two would do."""
        self._claims_text(f"{json.dumps(name)}: {json.dumps(self.claims[name])}")

    def _header_again(self, name):
        self._header_text(f"{json.dumps(name)}: {json.dumps(self.header[name])}")

    def _claim_of_size(self, name, size):
        self.claims[name] = "a" * size

    def _claim_of_depth(self, name, depth):
        self._claims_text(f"{json.dumps(name)}: {'[' * depth}{']' * depth}")

    def _claims_within(self, before, behind):
        self.raw_claims = _bytes(before) + json.dumps(self.claims).encode() + _bytes(behind)

    def _header_within(self, before, behind):
        self.raw_header = _bytes(before) + json.dumps(self.header).encode() + _bytes(behind)

    def _jwk(self, how):
        """Brings the verifying key along, in the header."""
        self.header["jwk"] = self.keys.carried(how)

    def _x5c(self):
        self.header["x5c"] = [base64.b64encode(self.keys.certificate()).decode()]

    def _spelled(self, part, how):
        """Another spelling of a part in base64, and the signature is over that one."""
        self.spelling[part] = how

    def _claims_are(self, text):
        self.raw_claims = _bytes(text)

    def _header_is(self, text):
        self.raw_header = _bytes(text)

    def _after_signing(self, what, *arguments):
        self.after.append((what, arguments))

    def token(self):
        header = self.raw_header or json.dumps(self.header).encode()
        claims = self.raw_claims or json.dumps(self.claims).encode()
        parts = [self._spelt("header", header), self._spelt("claims", claims)]
        signature = self.keys.signature(self.signed_by, ".".join(parts).encode())
        token = ".".join([*parts, self._spelt("signature", signature)])
        for what, arguments in self.after:
            token = _AFTER[what](token, *arguments)
        return token

    def _spelt(self, part, data):
        how = self.spelling.get(part)
        if how and part != "signature":
            # blanks behind JSON change nothing, and leave bits or padding to play with
            data += b" " * (-len(data) % 3 + 1)
        return _SPELLINGS[how](data)


def _bytes(text):
    """`\\xff` in a text stands for that byte, so that data in JSON can hold broken UTF-8."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode())


def _other_claims(token, name, value):
    """Claims are changed, the signature is not."""
    header, claims, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
    claims[name] = value
    return ".".join([header, encoded(json.dumps(claims).encode()), signature])


def _loose_bits(text):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(text[-1])
    return text[:-1] + alphabet[last ^ 1]


_SPELLINGS = {
    None: encoded,
    "loose bits": lambda data: _loose_bits(encoded(data)),
    "padded": lambda data: base64.urlsafe_b64encode(data).decode(),
    "standard": lambda data: base64.b64encode(data).decode().rstrip("="),
    "with a blank": lambda data: encoded(data)[:8] + " " + encoded(data)[8:],
    "with a tab": lambda data: encoded(data)[:8] + "\t" + encoded(data)[8:],
    "with a tilde": lambda data: encoded(data)[:8] + "~" + encoded(data)[8:],
    "in hexadecimal": lambda data: data.hex(),
}


_AFTER = {
    "append": lambda token, text: token + text,
    "prepend": lambda token, text: text + token,
    "claim": _other_claims,
    "loose bits": _loose_bits,
    "drop signature": lambda token: token.rpartition(".")[0] + ".",
    "drop part": lambda token: token.rpartition(".")[0],
    "replace": lambda token, old, new: token.replace(old, new, 1),
    "flip signature": lambda token: token[:-9] + ("B" if token[-9] == "A" else "A") + token[-8:],
}
