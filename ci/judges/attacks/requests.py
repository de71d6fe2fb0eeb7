"""Attacks on the way in: a good token that is shown where or how none should be.

Each is (weakness that it is made for, name, header lines, target); a good token is `{}`.
"""

PATH = "/catalog/"


def requests(token, other):
    """`other` is a second good token, of somebody else."""
    bearer, second = b"Authorization: Bearer " + token, b"Authorization: Bearer " + other
    yield None, "no header", [], PATH
    for name, value in (
        ("Basic", b"Basic " + token), ("no scheme", token), ("Token", b"Token " + token), ("JWT", b"JWT " + token), ("DPoP", b"DPoP " + token),
        ("Negotiate", b"Negotiate " + token), ("Bearerx", b"Bearerx " + token), ("two blanks", b"Bearer  " + token), ("a tab", b"Bearer\t" + token),
        ("a colon", b"Bearer: " + token), ("an equals sign", b"Bearer=" + token), ("named", b"Bearer token=" + token), ("a comma behind", b"Bearer " + token + b", x"),
        ("quoted", b'Bearer "' + token + b'"'), ("in angle brackets", b"Bearer <" + token + b">"), ("two tokens", b"Bearer " + token + b" " + other),
        ("two values", b"Bearer " + token + b", Bearer " + other), ("twice Bearer", b"Bearer Bearer " + token), ("a line of JSON", b'{"token":"' + token + b'"}'),
        ("percent before", b"Bearer %20" + token), ("UTF-8 blank", b"Bearer\xc2\xa0" + token), ("stray bytes", b"Bearer \xff\xfe" + token),
    ):
        yield "the token is searched for in the header", name, [b"Authorization: " + value], PATH
    yield "the last of several headers counts", "Basic beside it", [b"Authorization: Basic eDp5", bearer], PATH
    yield "the last of several headers counts", "an empty one before", [b"Authorization:", bearer], PATH
    yield "the first of several headers counts", "Basic behind it", [bearer, b"Authorization: Basic eDp5"], PATH
    yield "the first of several headers counts", "an empty one behind", [bearer, b"Authorization:"], PATH
    yield "the first of several headers counts", "the same twice", [bearer, bearer], PATH
    yield "the last of several headers counts", "two people", [bearer, second.replace(b"A", b"a", 1)], PATH
    for name in (b"X-Authorization", b"Proxy-Authorization", b"X-Approuter-Authorization", b"X-Forwarded-Access-Token", b"X-Forwarded-Authorization",
                 b"X-Forwarded-Client-Cert", b"Authorisation", b"X-Amz-Security-Token", b"X-Original-Authorization", b"Sec-Websocket-Protocol", b"DPoP",
                 b"X-Access-Token", b"X-User-Token", b"X-Jwt-Assertion", b"Authentication"):
        yield "any header may hold the token", name.decode(), [name + b": Bearer " + token], PATH
    for value in (b"token=" + token, b"access_token=" + token, b"Authorization=Bearer " + token, b"JSESSIONID=" + token):
        yield "a cookie may hold the token", f"cookie {value.split(b'=')[0].decode()}", [b"Cookie: " + value], PATH
    for name in ("access_token", "token", "jwt", "Authorization", "id_token", "sap-token"):
        yield "the URL may hold the token", f"?{name}=", [], f"{PATH}?{name}={token.decode()}"
    for value in (b"", b"Bearer", b"Bearer ", b"Bearer .", b"Bearer ..", b"Bearer ...", b"Bearer null", b"Bearer undefined", b"Bearer {}", b"Bearer e30.e30.e30",
                  b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Bearer " + b"a" * 12_288, b"Bearer " + b"a" * 12_289, b"Bearer " + b"." * 12_000, b"Bearer " + b"e30." * 3000,
                  b"Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ",
                  b"Basic", b"Basic eDp5", b"bearer", b"\x01", b"AWS4-HMAC-SHA256 Credential=A/20260101/eu/s3/aws4_request, SignedHeaders=host, Signature=0"):
        yield None, f"value {value[:40]!r}", [b"Authorization: " + value], PATH
