"""Forged and malformed tokens as data: each a name, a kind and the changes of a good token.

The families are those of RFC 8725 and of what went wrong in validators before: algorithms, key
names and key places, kinds of tokens, times, issuers that look alike, audiences, types, names that
occur twice, and JSON and base64 that readers disagree on.
"""

import json

KINDS = ("ias", "xsuaa", "aws")

_AWS_OWN = {"aws_account": "{account}", "org_id": "o-abc123", "principal_id": "{role}"}
GOOD_AWS = {
    "header": {"alg": "RS256", "kid": "RSA_0", "typ": "JWT"},
    "claims": {
        "iss": "{aws}", "aud": "s3-catalog", "sub": "{role}", "iat": "{now}", "exp": "{now+300}",
        "jti": "0e5b6f1d", "https://sts.amazonaws.com/": _AWS_OWN,
    },
}
TENANT_CLAIM = {"ias": "app_tid", "xsuaa": "zid"}


def attacks():
    """(name, kind, changes) of every attack."""
    for kind in KINDS:
        for family in (_algorithms, _key_names, _key_places, _headers, _times, _types, _json, _base64):
            for name, changes in family(kind):
                yield f"{kind} {name}", kind, changes
    for kind, claim, issuers in (
        ("ias", "iss", _look_alikes("tenant", "accounts.test", "")),
        ("ias", "ias_iss", _look_alikes("tenant", "accounts.test", "")),
        ("xsuaa", "iss", _look_alikes("my-subaccount", "authentication.landscape.test", "/oauth/token")),
        ("aws", "iss", _look_alikes("5c2f0a1b", "tokens.test", "")),
    ):
        for issuer in issuers:
            yield f"{kind} {claim} {issuer!r}", kind, [["claim", claim, issuer]]
    yield from _audiences()
    yield from _principals()


def _algorithms(kind):
    for spelling in ("none", "None", "NONE", "nOnE", "none ", " none", "non\u0000e", "", "null"):
        for how in ("nothing", "one zero", "trusted"):
            yield f"alg {spelling!r} {how}", [["header", "alg", spelling], ["sign", how]]
    for secret in ("with the public key", "with the trimmed public key", "with nothing", "with a guess"):
        for alg in ("HS256", "HS384", "HS512"):
            yield f"alg {alg} {secret}", [["header", "alg", alg], ["sign", f"hs256 {secret}"]]
    for alg, how in (("RS384", "rs384"), ("RS512", "rs512"), ("PS256", "ps256"), ("ES256", "psychic"),
                     ("ES384", "psychic"), ("ES512", "psychic"), ("EdDSA", "one zero"), ("RS1", "trusted"),
                     ("rs256", "trusted"), ("RS256 ", "trusted"), ("dir", "trusted"), ("A256GCM", "trusted")):
        yield f"alg {alg} {how}", [["header", "alg", alg], ["sign", how]]
    for how in ("foreign", "nothing", "zeros", "one zero", "psychic", "rs512", "ps256", "es384"):
        yield f"RS256 signed {how}", [["sign", how]]
    for alg in (1, True, None, ["RS256"], {"RS256": 1}):
        yield f"alg {alg!r}", [["header", "alg", alg]]


def _key_names(_):
    for name in ("k2", "K1", "k1 ", " k1", "k1\u0000", "", "../k1", "../../../../etc/passwd", "/dev/null",
                 "k1'--", "k1|id", "$(id)", "http://canary.test/k", "a" * 257, "\u043a1", "0", "*"):
        yield f"kid {name[:20]!r}", [["header", "kid", name]]
    for name in (1, None, True, ["k1"], {"k1": 1}):
        yield f"kid {name!r}", [["header", "kid", name]]
    yield "no kid", [["no header", "kid"]]


def _key_places(_):
    own = {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}
    for name, value in (("jku", "https://canary.test/jku"), ("x5u", "https://canary.test/x5u"),
                        ("jwk", own), ("x5c", ["MIIB"]), ("x5t", "AAAA"), ("x5t#S256", "AAAA")):
        yield f"{name} and another's signature", [["header", name, value], ["sign", "foreign"]]
        yield f"{name} and a secret", [["header", name, value], ["header", "alg", "HS256"],
                                       ["sign", "hs256 with a guess"]]
    yield "iss in the header", [["header", "iss", "https://canary.test"], ["sign", "foreign"]]


def _headers(_):
    for name, value in (("crit", []), ("crit", ["exp"]), ("crit", ["b64"]), ("b64", False), ("b64", True),
                        ("zip", "DEF"), ("enc", "A256GCM"), ("crit", "x"), ("crit", None)):
        yield f"{name} {value!r}", [["header", name, value]]
    for typ in ("logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", "JOSE", "at", "application/jwt", "", 1, None):
        yield f"typ {typ!r}", [["header", "typ", typ]]
    for cty in ("JWT", "jwt", "application/jwt"):
        yield f"cty {cty!r}", [["header", "cty", cty]]


def _times(_):
    odd = ('"{now+300}"', '"soon"', "null", "true", "[4102444800]", '{"a":1}', "1e400", "-1e400", "NaN", "Infinity",
           "0x7fffffff", "04102444800", "4102444800.", '""')
    for claim in ("exp", "nbf", "iat"):
        for value in odd:
            yield f"{claim} {value}", [["no claim", claim], ["claims text", f'"{claim}":{value}']]
    for value in (0, -1, "{now-61}", "{now-3600}", -(2**63)):
        yield f"exp {value}", [["claim", "exp", value]]
    for claim in ("nbf", "iat"):
        for value in ("{now+70}", "{now+86400}", 2**53, 2**64):
            yield f"{claim} {value}", [["claim", claim, value]]
    yield "no exp", [["no claim", "exp"]]


def _types(kind):
    wrong = (1, True, None, ["x"], {"x": 1})
    texts = {"ias": ("iss", "sub", "app_tid", "azp", "sap_id_type"), "xsuaa": ("iss", "sub", "zid", "azp"),
             "aws": ("iss", "sub")}
    for claim in texts[kind]:
        for value in wrong:
            yield f"{claim} {value!r}", [["claim", claim, value]]
    for claim in ("iss", "sub", "aud") if kind != "xsuaa" else ("iss", "sub"):
        yield f"no {claim}", [["no claim", claim]]
    for claim in texts[kind]:
        yield f"{claim} twice", [["claims text", f'"{claim}":"x"']]
    for claim in ("aud", "exp", "iat", "jti"):
        yield f"{claim} twice", [["claims text", f'"{claim}":1']]
    yield "a name twice deep inside", [["claims text", '"x":{"a":1,"a":2}']]
    yield "a name twice, once with an escape", [["claims text", '"\\u0073ub":"x"']]
    for name in ("alg", "kid", "typ"):
        yield f"header {name} twice", [["header text", f'"{name}":"k1"']]
    yield "subject too long", [["claim", "sub", "a" * 2000]]
    yield "subject with a line end", [["claim", "sub", "a\nb"]]


def _json(_):
    for name, text in (("empty", ""), ("a list", "[]"), ("a text", '"x"'), ("null", "null"), ("a number", "1"),
                       ("nothing in it", "{}"), ("two objects", "{}{}"), ("text behind", "{} x"),
                       ("a comment", '{"a":1/*x*/}'), ("a comma too many", '{"a":1,}'), ("single quotes", "{'a':1}"),
                       ("a broken surrogate", '{"a":"\\ud800"}'), ("a raw line end", '{"a":"\n"}'),
                       ("deep", "[" * 5000), ("deep objects", '{"a":' * 3000), ("a zero byte", '{"a":"\u0000"}'),
                       ("a byte order mark", '\ufeff{"a":1}')):
        yield f"claims: {name}", [["claims are", text or " "]]
        yield f"header: {name}", [["header is", text or " "]]
    for name, text in (("broken UTF-8", '"x":"\\xff"'), ("overlong UTF-8", '"x":"\\xc0\\xaf"'),
                       ("UTF-16", '"x":"\\xff\\xfe"'), ("a broken surrogate", '"x":"\\ud800"'),
                       ("a raw line end", '"x":"\n"'), ("NaN", '"x":NaN'), ("deep", '"x":' + "[" * 3000)):
        yield f"claims with {name}", [["claims text", text]]
    yield "claims of 20 KB", [["claim", "x", "a" * 20000]]
    yield "a header of 20 KB", [["header", "x", "a" * 20000]]


def _base64(_):
    yield "padding", [["after signing", "append", "="]]
    yield "loose bits", [["after signing", "loose bits"]]
    yield "no signature", [["after signing", "drop signature"]]
    yield "two parts", [["after signing", "drop part"]]
    yield "flipped signature", [["after signing", "flip signature"]]
    for text in (".", "..", ".AAAA", ".AAAA.AAAA", "+", "/", "%3D", "\u00e4", ",x", ";", "~"):
        yield f"behind it {text!r}", [["after signing", "append", text]]
    for text in (".", "x.", "Bearer", '"', "{"):
        yield f"before it {text!r}", [["after signing", "prepend", text]]
    yield "a dot less", [["after signing", "replace", ".", ""]]
    yield "a blank in it", [["after signing", "replace", ".", ". "]]
    yield "another subject", [["after signing", "claim", "sub", "x"]]


def _look_alikes(label, domain, path):
    host = f"{label}.{domain}"
    evil = "canary.test"
    return [
        f"http://{host}{path}", f"https://evil{domain}{path}", f"https://{label}.evil-{domain}{path}",
        f"https://a.{host}{path}", f"https://{host}.{evil}{path}", f"https://{host}:8443{path}",
        f"https://{host}:443{path}", f"https://{host}@{evil}{path}", f"https://{evil}@{host}{path}",
        f"https://{evil}/?{host}{path}", f"https://{evil}/{host}{path}", f"https://{evil}#{host}{path}",
        f"https://{evil}\\{host}{path}", f"https://{evil}%2e{domain}{path}", f"https://{evil}%00.{domain}{path}",
        f"https://{evil}%23.{domain}{path}", f"https://{label}%2e{domain}{path}", f"https://{host}/x{path}",
        f"https://{host}{path}?x", f"https://{host}{path}#x", f"https://{host}{path} ", f" https://{host}{path}",
        f"https://{host}{path}\n", f"https://{host}{path}\u0000", f"https://{host}.{path}", f"https://.{domain}{path}",
        f"https://{label}..{domain}{path}", f"https://{label}\u3002{domain}{path}", f"https://{label}_{domain}{path}",
        f"https://{label.upper()}.{domain}{path}", f"HTTPS://{host}{path}", f"//{host}{path}", f"ftp://{host}{path}",
        f"https:{host}{path}", f"https://\u0435vil.{domain[1:]}{path}", f"https://[::1]{path}",
        f"https://127.0.0.1{path}", f"file:///etc/passwd", "", "null", "*",
    ]


def _audiences():
    own = {"ias": "{client}", "xsuaa": "{app}", "aws": "s3-catalog"}
    for kind, audience in own.items():
        nobody = [["no claim", "azp", "cid", "client_id"]] if kind == "xsuaa" else []
        scopes = [["claim", "scope", ["openid"]]] if kind == "xsuaa" else []
        for value in ("", "*", f"{audience}x", f"x{audience}", f" {audience}", f"{audience} ",
                      f"{audience},other", f"{audience}/", [], [""], ["other"], [[audience]], [audience, 1],
                      {"a": audience}, 1, True, None):
            yield f"{kind} aud {value!r}", kind, [["claim", "aud", value], *nobody, *scopes]
    for kind, claim in TENANT_CLAIM.items():
        for value in ("", "*", "99999999-0000-0000-0000-000000000000", "{tenant}x", "x&zid={zone}", "../x"):
            yield f"{kind} {claim} {value!r}", kind, [["claim", claim, value]]
        yield f"{kind} no {claim}", kind, [["no claim", claim]]


def _principals():
    own = "https://sts.amazonaws.com/"
    for arn in ("arn:aws:iam::{account}:root", "arn:aws:iam::{account}:user/x", "arn:aws:iam::999999999999:role/jobs/x",
                "arn:aws:sts::{account}:assumed-role/jobs/x", "arn:aws:iam:{account}:role/jobs/x", "role/jobs/x",
                "arn:aws:iam::{account}:role/other", "arn:evil:iam::{account}:role/jobs/x", "*",
                "arn:aws:iam::{account}:role/jobs/" + "x" * 700, "arn:aws:iam::{account}:group/jobs/x"):
        yield f"aws sub {arn[:50]!r}", "aws", [["claim", "sub", arn]]
    for value in ({}, {"aws_account": 123456789012}, {"aws_account": "999999999999"}, {"aws_account": ""}, [], "x", None):
        yield f"aws account {json.dumps(value)}", "aws", [["claim", own, value]]
    yield "aws tags as rights", "aws", [["claim", "sub", "arn:aws:iam::{account}:role/other"],
                                        ["claim", own, {**_AWS_OWN, "request_tags": {"scope": "Admin"}}]]
    yield "aws too old", "aws", [["claim", "iat", "{now-4000}"], ["claim", "exp", "{now+60}"]]
    yield "aws too long a life", "aws", [["claim", "exp", "{now+3700}"]]
