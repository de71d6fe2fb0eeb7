"""A gate that is strict, or strict but for one weakness: it proves that the attacks have teeth.

An independent reading of the rules in docs/explanation/security.md. An attack that no weakness lets in proves
nothing when the service refuses it; so every attack names the weakness that it is made for, and a
gate with that weakness must open. Each `weak("…")` below is a mistake that some validator made.
"""

import base64
import json
import math
import re

from ci.judges.token_keys import encoded
from ci.judges.weak_claims import Claims
from ci.judges.weak_signatures import Signatures


class Refused(Exception):
    """The gate stays shut."""


class Gate:
    """Opens to good tokens, and to those that its weakness lets in."""

    def __init__(self, keys, names, weakness=None):
        self.weakness, self.used = weakness, set()
        self.signatures = Signatures(keys, names, self.weak)
        self.rules = Claims(names, self.weak)

    def weak(self, weakness):
        self.used.add(weakness)
        return weakness == self.weakness

    def opens(self, lines, target="/catalog/"):
        """Whether a request with these header lines gets in."""
        try:
            return self._verify(self._bearer(lines, target))
        except (Refused, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            return False

    def _bearer(self, lines, target):
        pairs = [(name.strip().lower(), value.strip(b" \t")) for name, _, value in (it.partition(b":") for it in lines)]
        values = [value for name, value in pairs if name == b"authorization"]
        if self.weak("any header may hold the token"):
            values = [value for name, value in pairs if b"bearer ey" in value.lower()]
        if self.weak("a cookie may hold the token"):
            values += [b"Bearer " + it for it in re.findall(rb"ey[\w.-]+", dict(pairs).get(b"cookie", b""))][:1]
        if self.weak("the URL may hold the token"):
            values += [b"Bearer " + it.encode() for it in re.findall(r"ey[\w.-]+", target)]
        if self.weak("the first of several headers counts"):
            values = values[:1]
        if self.weak("the last of several headers counts"):
            values = values[-1:]
        (value,) = values
        token = re.compile(rb"bearer ([\w.-]+)", re.IGNORECASE | re.ASCII)
        if self.weak("the token is searched for in the header"):
            token = re.compile(rb".*?(ey[\w-]+[.][\w-]+[.][\w-]+).*", re.ASCII | re.DOTALL)
        if self.weak("base64 is read leniently"):
            token = re.compile(rb"bearer (.+)", re.IGNORECASE | re.DOTALL)
        found = token.fullmatch(value)
        if found is None:
            raise Refused("no bearer token")
        if len(found[1]) > 12 * 1024 and not self.weak("a token may be of any length"):
            raise Refused("too long")
        return found[1].decode("latin-1")

    def _verify(self, token):
        parts = token.split(".")
        if self.weak("more than three parts are cut off"):
            parts = parts[:3]
        if self.weak("a token without a signature is good"):
            parts = [*parts, ""][:3]
        header_text, claims_text, signature_text = parts
        header, claims = self._json(self._decoded(header_text)), self._json(self._decoded(claims_text))
        signature = self._decoded(signature_text)
        self._check_header(header)
        issuer = self.rules.issuer(claims)
        message = f"{header_text}.{claims_text}".encode("latin-1")
        return self.rules.fit(claims) and self.signatures.fit(header, issuer, message, signature)

    def _decoded(self, text):
        if self.weak("base64 is read leniently"):
            text = re.sub(r"[^A-Za-z0-9_-]", "", text.replace("+", "-").replace("/", "_"))
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if encoded(data) != text and not self.weak("loose bits in base64 are overlooked"):
            raise Refused("not canonical")
        return data

    def _json(self, data):
        text = data.decode(errors="replace" if self.weak("broken UTF-8 is replaced") else "strict")
        lenient = self.weak("JSON is read leniently")
        if lenient:
            text = text.removeprefix("\ufeff").replace("'", '"')
            text = re.sub(r"/\*.*?\*/|//[^\n\"]*\n", "", text)
            text = re.sub(r",\s*}", "}", text)
        reader = json.JSONDecoder(object_pairs_hook=self._members, parse_constant=self._constant, strict=not lenient)
        found, end = reader.raw_decode(text.lstrip(" \t\r\n"))
        if text.lstrip(" \t\r\n")[end:].strip(" \t\r\n") and not self.weak("what follows the JSON is overlooked"):
            raise Refused("more than one value")
        shown = json.dumps(found, ensure_ascii=False)
        if not self.weak("half a surrogate is a letter"):
            shown.encode()
        if "Infinity" in shown and not self.weak("numbers may be infinite"):
            raise Refused("a number beyond a double")
        if not isinstance(found, dict):
            raise Refused("no object")
        return found

    def _members(self, pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) == len(names) or self.weak("the last of two with the same name counts"):
            return dict(pairs)
        if self.weak("the first of two with the same name counts"):
            return dict(reversed(pairs))
        raise Refused("a name twice")

    def _constant(self, text):
        if self.weak("numbers may be infinite"):
            return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[text]
        raise Refused(text)

    def _check_header(self, header):
        for name in ("crit", "b64", "zip", "enc"):
            if name in header and not self.weak(f"{name} is overlooked"):
                raise Refused(name)
        if "typ" in header and not self.weak("typ is overlooked"):
            if header["typ"].lower() not in ("jwt", "at+jwt"):
                raise Refused("typ")
        if "cty" in header and not self.weak("cty is overlooked"):
            if "jwt" in header["cty"].lower():
                raise Refused("cty")
