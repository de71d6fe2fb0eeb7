"""Abuses of HTTP and OData as data: (family, name, request bytes, may it be cut off).

`{token}` in a request stands for a good token. Every request asks to close the connection unless
it is about keeping it.
"""

import itertools
import json
import urllib.parse

HEAD = b"Host: x\r\nAuthorization: Bearer {token}\r\n"
CLOSE = b"Connection: close\r\n"


def request(line, headers=b"", body=b"", length=True):
    """A request with a good token; `line` is without the version."""
    if body and length:
        headers += b"Content-Length: %d\r\n" % len(body)
    return line + b" HTTP/1.1\r\n" + HEAD + CLOSE + headers + b"\r\n" + body


def get(target, headers=b""):
    return request(b"GET " + target, headers)


def abuses():
    """(family, name, bytes) of every abuse."""
    for family in (request_lines, headers, framing, methods, paths, options, keys, negotiation, batches, forwarding):
        for name, data in family():
            yield family.__name__, name, data


def request_lines():
    for version in (b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/9", b"HTTPS/1.1", b"http/1.1", b"", b"HTTP/1.1 x"):
        yield repr(version), b"GET /catalog/ " + version + b"\r\n" + HEAD + CLOSE + b"\r\n"
    for line in (b"", b"\r\n", b"GET", b"GET  /catalog/ HTTP/1.1", b"GET\t/catalog/\tHTTP/1.1", b" GET /catalog/ HTTP/1.1",
                 b"GET /catalog/\x00 HTTP/1.1", b"GET /cat alog HTTP/1.1", b"\xff\xfe /catalog/ HTTP/1.1", b"G" * 9000,
                 b"PRI * HTTP/2.0", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2"):
        yield repr(line[:30]), line + b"\r\n" + HEAD + CLOSE + b"\r\n"
    for target in (b"*", b"catalog/", b"http://evil.example/catalog/", b"https://evil.example:1/catalog/Buckets", b"//catalog/",
                   b"///catalog/Buckets", b"/catalog//Buckets", b"http://", b"http:///catalog/", b"/#/catalog", b"/catalog/#x",
                   b"ftp://x/catalog/", b"\\catalog\\", b"/catalog\\Buckets", b"/\xc3\xa4", b"/\xff\xff", b"/" + b"a/" * 4000):
        yield repr(target[:40]), get(target)


def headers():
    for count in (90, 101, 120, 400, 2000):
        yield f"{count} fields", get(b"/catalog/", b"".join(b"x-%d: 1\r\n" % n for n in range(count)))
    for size in (8_000, 65_000, 70_000, 140_000, 400_000):
        yield f"a value of {size}", get(b"/catalog/", b"x: " + b"a" * size + b"\r\n")
        yield f"a name of {size}", get(b"/catalog/", b"a" * size + b": x\r\n")
    for line in (b"x", b": x", b"x : y", b"x\x00: y", b"x: \x00", b"x: \x01", b"x: \x7f", b"x: \xff\xfe", b"x\xc3\xa4: y", b"x: a\rb",
                 b"x: a\nb: c", b" x: folded", b"x: a\r\n folded", b"x: a\r\n\tfolded", b"x(y): z", b"x\"y\": z", b"Host: y", b"Host:",
                 b"Host: x\r\nHost: y", b"Content-Type: " + b"a/" * 900, b"Expect: 100-continue", b"Expect: nonsense",
                 b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
                 b"Upgrade: websocket\r\nConnection: Upgrade", b"Connection: keep-alive, close, x", b"TE: trailers, deflate;q=0.5",
                 b"Range: bytes=0-0", b"Range: bytes=" + b"0-0," * 900, b"Range: nonsense", b"If-None-Match: *", b"If-Match: *",
                 b"If-None-Match: " + b'"a",' * 2000, b"If-Modified-Since: yesterday", b"Cookie: " + b"a=b; " * 900,
                 b"Accept-Encoding: gzip, br, x", b"Content-Encoding: gzip", b"Max-Forwards: 0", b"Content-MD5: x"):
        yield repr(line[:40]), get(b"/catalog/Buckets?$top=1", line + b"\r\n")
    for value in ("a b", "a\tb", "\u00e4", "{}", "a" * 65, "a" * 9000, "../x", "<script>", "%0d%0aX: 1", "\"", "'", "x,y", "-", "."):
        yield f"correlation id {value[:12]!r}", get(b"/health/live", b"x-correlation-id: " + value.encode() + b"\r\n")


def framing():
    """Behind each body whose end two readers may see at two places, another request is hidden."""
    smuggled = b"GET /health/live?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    post = b"POST /catalog/$batch HTTP/1.1\r\n" + HEAD + b"Content-Type: application/json\r\n"
    for value in (b"-1", b"+5", b"5 ", b" 5", b"0x5", b"5,5", b"5, 6", b"5;x", b"1e1", b"99999999999999999999", b"", b"five", b"\xc2\xb2", b"5.0"):
        hidden = b"" if value.strip(b" ") == b"5" else smuggled
        yield f"length {value!r}", post + b"Content-Length: " + value + b"\r\n\r\n" + b"{}   " + hidden
    for pair in ((b"5", b"6"), (b"5", b"5"), (b"0", b"5"), (b"5", b"")):
        yield f"two lengths {pair!r}", post + b"Content-Length: %s\r\nContent-Length: %s\r\n\r\n{}   " % pair + smuggled
    for value in (b"chunked", b"Chunked", b"chunked ", b" chunked", b"\tchunked", b"xchunked", b"chunked, identity", b"identity, chunked",
                  b"gzip, chunked", b"chunked, chunked", b"identity", b"gzip", b"", b"chunked\x00", b"\x0bchunked", b"chunked;x", b"\"chunked\""):
        chunks = b"0\r\n\r\n" + smuggled
        alone = b"0\r\n\r\n" if value.strip(b" \t").lower() == b"chunked" else chunks
        yield f"coding {value!r}", post + b"Transfer-Encoding: " + value + b"\r\n\r\n" + alone
        yield f"coding {value!r} and a length", post + b"Content-Length: 4\r\nTransfer-Encoding: " + value + b"\r\n\r\n" + chunks
        yield f"a length and coding {value!r}", post + b"Transfer-Encoding: " + value + b"\r\nContent-Length: 4\r\n\r\n" + chunks
    for name in (b"Transfer-Encoding ", b" Transfer-Encoding", b"Transfer-encoding", b"Transfer-Encoding\t"):
        yield f"name {name!r}", post + b"Content-Length: 4\r\n" + name + b": chunked\r\n\r\n0\r\n\r\n" + smuggled
    for chunks in (b"", b"\r\n", b"x\r\n", b"-1\r\n", b"5\r\nab", b"ffffffffffffffffff\r\n", b"2;ext=" + b"x" * 9000 + b"\r\n{}\r\n0\r\n\r\n",
                   b"2\n{}\n0\n\n", b"2\r\n{}0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"0\r\n" + b"a: b\r\n" * 500 + b"\r\n", b"0x2\r\n{}\r\n0\r\n\r\n",
                   b"00000000000000000002\r\n{}\r\n0\r\n\r\n", b" 2\r\n{}\r\n0\r\n\r\n", b"2 \r\n{}\r\n0\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"):
        yield f"chunks {chunks[:20]!r}", post + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE"):
        yield f"{method.decode()} with a body", method + b" /catalog/ HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled
    yield "lines that end with LF", b"GET /catalog/ HTTP/1.1\nHost: x\nAuthorization: Bearer {token}\nConnection: close\n\n"
    yield "lines that end with CR", b"GET /catalog/ HTTP/1.1\rHost: x\r\r"


def methods():
    targets = (b"/catalog/", b"/catalog/Buckets", b"/catalog/$metadata", b"/catalog/$batch", b"/catalog/$openapi", b"/health/live", b"/", b"/nope",
               b"/catalog/Buckets('none')/objects", b"/catalog/Buckets('none')/objects('a')/content", b"/catalog/getBuckets()")
    for target, method in itertools.product(targets, (b"PUT", b"POST", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"MERGE", b"PROPFIND", b"get", b"X" * 40)):
        yield f"{method[:10].decode()} {target.decode()}", request(method + b" " + target)


def paths():
    for path in ("%", "%2", "%zz", "%00", "%ff", "%c0%af", "%ed%a0%80", "..", "%2e%2e", "..%2f", "%2e%2e%2fhealth", ".", "%2e", "Buckets/", "Buckets//",
                 "Buckets%2f", "Buckets%3f", "Buckets%23", "Buckets;x=1", "Buckets;jsessionid=1", "buckets", "BUCKETS", "Buckets ", "%20Buckets",
                 "Buckets/$count/", "Buckets/$count/$count", "Buckets/$value", "Buckets/$ref", "Buckets/$links", "Buckets/objects", "Buckets/name",
                 "$metadata/", "$metadata/x", "$metadata#x", "$Metadata", "$all", "$entity", "$crossjoin(Buckets,Objects)", "$batch/x", "$root/Buckets",
                 "getBuckets", "getBuckets(", "getBuckets(x=1)", "getBuckets()/x", "getBuckets()()", "CatalogService.getBuckets()", "Nope", "Nope('x')",
                 "Buckets/CatalogService.Buckets", "Buckets/Default.x()", "__proto__", "constructor", "WEB-INF/web.xml", ".git/config", "..;/admin",
                 "Buckets" + "/objects" * 200, "Buckets('" + "a" * 3000 + "')", "(" * 3000, "Buckets" + "('a')" * 500, "a" * 15000, "%61" * 4000,
                 "Objects", "Objects('a')", "Objects(bucket_id='a')", "Objects(bucket_id='a',objectKey='b')/bucket/objects/bucket", "\u00fc", "\U0001f4a9"):
        yield path[:40], get(b"/catalog/" + path.encode())


def options():
    odd = ("", " ", "'", "\"", "(", ")", "()", ",", "/", "$", "@", "@x", "null", "-1", "1.5", "1e9", "99999999999999999999", "%", "%00", "%ff", "%ed%a0%80",
           "a" * 5000, "(" * 3000, "((((" + "a" * 10, "*", "name eq", "name eq 'a", "name eq 'a' and", "not", "name,", "name desc desc", "nope", "nope/x",
           "name/nope", "$it", "$root/Buckets", "name eq name eq name", "1 eq '1'", "[]", "{}", "{\"a\":1}", "<xml/>", "' or 1=1--", "contains(name", "contains()",
           "objects($top=1", "objects($expand=objects($expand=bucket))", "any()", "x:x", "name eq @p", "now() add duration'P1D'", "true", "INF", "-INF", "NaN")
    for option in ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$search", "$skiptoken", "$format", "$apply", "$compute", "$index",
                   "$deltatoken", "$levels", "$nope", "@x"):
        for value in odd:
            quoted = value if value.startswith("%") else urllib.parse.quote(value, safe="$'(),/:@")
            yield f"{option}={value[:20]}", get(f"/catalog/Buckets?{option}={quoted}".encode())
    for query in ("$top=1&$top=2", "$filter=true&$filter=false", "$filter", "&&&&", "=x", "?$top=1", "$top=1?$top=2", "$top=1;$skip=1", "&".join(["a=b"] * 3000),
                  "$filter=" + " and ".join(["true"] * 1500), "$filter=" + "not " * 900 + "true", "$orderby=" + ",".join(["name"] * 900),
                  "$select=" + ",".join(["name"] * 900), "$filter=name in (" + ",".join(["'a'"] * 1200) + ")", "$search=" + "NOT " * 900 + "a",
                  "$search=" + "\"" * 999, "$filter=matchesPattern(name,'(a*)*$')", "$filter=matchesPattern(name,'" + "(" * 400 + "')",
                  "$filter=concat(" * 70 + "name", "@a=@b&@b=@a&$filter=name eq @a", "@a=@a&$filter=@a", "$apply=" + "filter(true)/" * 300 + "aggregate($count as x)",
                  "sap-client=100&sap-language=DE&_=1", "$format=xml", "$format=application/json;odata.metadata=nope", "$format=" + "a" * 9000):
        yield query[:40], get(b"/catalog/Buckets?" + urllib.parse.quote(query, safe="$'(),/:@=&?;").encode())


def keys():
    for key in ("", "'", "''", "'a", "a'", "'a''", "'a'b'", "1", "null", "true", "@p", "id='a'", "id='a',id='b'", "name='a'", "id=", "id=1", "'a','b'", "id='a',name='b'",
                "'%00'", "'%0d%0aX:1'", "'a%2Fb'", "'..'", "'%2e%2e'", "'A'", "'" + "a" * 64 + "'", "'\u00e4'", "'a b'", "'a+b'", "'a%2Bb'", "'*'", "'a?b'", "'a%3Fb'",
                "'169.254.169.254'", "'-'", "'a..b'", "'xn--a'", "$it", "now()", "concat('a','b')", "'a' eq 'a'", " 'a' ", "'a',"):
        for tail in ("", "/objects", "/objects('x')", "/objects('..%2F..%2Fetc%2Fpasswd')", "/$count"):
            yield f"({key[:20]}){tail[:12]}", get(f"/catalog/Buckets({key}){tail}".replace(" ", "%20").encode())


def negotiation():
    for value in ("", "*", "*/*", "text/html", "application/xml", "application/atom+xml", "application/json;q=0", "application/json;odata.metadata=full",
                  "application/json;odata.metadata=verbose", "application/json;IEEE754Compatible=true", "application/json;odata.streaming=true", ";", ",", ",,,,",
                  "a/b;" * 500, "application/json;q=2", "application/json;q=x", "\"", "application/json;x=\"", "multipart/mixed", "a" * 9000):
        yield f"Accept {value[:30]}", get(b"/catalog/Buckets?$top=1", b"Accept: " + value.encode() + b"\r\n")
        yield f"Accept {value[:30]} for $metadata", get(b"/catalog/$metadata", b"Accept: " + value.encode() + b"\r\n")
    for name in ("OData-Version", "OData-MaxVersion"):
        for value in ("", "3.0", "4", "4.00", "4.02", "5.0", "-4", "4.0,4.01", "x", "4" * 500):
            yield f"{name} {value[:10]}", get(b"/catalog/", f"{name}: {value}\r\n".encode())
    for value in ("", ",", "odata.maxpagesize", "odata.maxpagesize=", "odata.maxpagesize=0", "odata.maxpagesize=-1", "odata.maxpagesize=x", "maxpagesize=99999999999",
                  "odata.maxpagesize=1,odata.maxpagesize=2", "respond-async", "odata.track-changes", "x=" + "y" * 9000, "\"", "return=minimal;x=\""):
        yield f"Prefer {value[:20]}", get(b"/catalog/Buckets", f"Prefer: {value}\r\n".encode())


def batches():
    def batch(body, content_type="application/json", more=b""):
        headers = (b"Content-Type: " + content_type.encode() + b"\r\n" if content_type is not None else b"") + more
        return request(b"POST /catalog/$batch", headers, body)

    good = {"id": "1", "method": "GET", "url": "Buckets"}
    for body in (b"", b"x", b"null", b"[]", b"{}", b'{"requests":null}', b'{"requests":{}}', b'{"requests":[]}', b'{"requests":[null]}', b'{"requests":[1]}',
                 b'{"requests":[{}]}', b"[" * 20000, b'{"requests":' + b"[" * 9000, b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"requests":[],"requests":[]}', b'{"a":1e999}'):
        yield f"JSON {body[:20]!r}", batch(body)
    changes = ({"id": ""}, {"id": 1}, {"id": None}, {"method": "FOO"}, {"method": ""}, {"method": 1}, {"url": ""}, {"url": 1}, {"url": "http://evil.example/catalog/Buckets"},
               {"url": "//evil.example/Buckets"}, {"url": "/other/Buckets"}, {"url": "../health/live"}, {"url": "$batch"}, {"url": "$1"}, {"url": "$1/$1"},
               {"url": "Buckets\r\nX: 1"}, {"url": "Buckets?" + "a" * 17000}, {"dependsOn": ["1"]}, {"dependsOn": ["2"]}, {"dependsOn": "1"}, {"dependsOn": [None]},
               {"atomicityGroup": "1"}, {"atomicityGroup": "g"}, {"atomicityGroup": 1}, {"if": "$1"}, {"headers": None}, {"headers": []}, {"headers": {"a\r\nb": "c"}},
               {"headers": {"x": "a\r\nb"}}, {"headers": {"x": 1}}, {"headers": {"Authorization": "Bearer x"}}, {"headers": {"x": "a" * 70000}}, {"body": {"a": 1}},
               {"body": "x" * 1000}, {"x": "y"}, {"method": "POST", "body": {}}, {"method": "DELETE"}, {"method": "PATCH", "body": {}})
    for change in changes:
        body = json.dumps({"requests": [{**good, **change}]}).encode()
        yield f"part {json.dumps(change)[:40]}", batch(body)
    for name, requests in (("an id twice", [good, good]), ("201 parts", [{**good, "id": str(n)} for n in range(201)]),
                           ("10000 parts", [{**good, "id": str(n)} for n in range(10000)]),
                           ("a circle", [{**good, "id": "1", "dependsOn": ["2"]}, {**good, "id": "2", "dependsOn": ["1"]}]),
                           ("a long chain", [{**good, "id": str(n), "dependsOn": [str(n - 1)] if n else []} for n in range(150)]),
                           ("150 references", [{**good, "id": str(n), "url": f"${n - 1}" if n else "Buckets"} for n in range(150)]),
                           ("two changes in a group", [{**good, "id": str(n), "method": "DELETE", "atomicityGroup": "g"} for n in range(2)])):
        yield name, batch(json.dumps({"requests": requests}).encode())
    part = b"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET Buckets HTTP/1.1\r\n\r\n\r\n"
    for content_type in (None, "", "text/plain", "multipart/mixed", "multipart/mixed;boundary=", "multipart/mixed;boundary=\"", "multipart/mixed;boundary=" + "b" * 300,
                         "multipart/mixed;boundary=b;boundary=c", "multipart/form-data;boundary=b", "multipart/mixed;boundary=a b", "application/json;charset=utf-16",
                         "application/xml", "multipart/mixed;boundary=\"b\"", "MULTIPART/MIXED;BOUNDARY=b"):
        yield f"type {content_type}", batch(part + b"--b--", content_type)
    mixed = "multipart/mixed;boundary=b"
    change_set = b"--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n"
    for body in (b"", b"x", b"--b", b"--b--", b"--b\r\n", b"--b\r\n\r\n", part, part + b"--b", part * 201 + b"--b--", part * 10000 + b"--b--", b"--c\r\n" + part, b"\r\n" * 9000 + part + b"--b--",
                 b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", b"--b\r\nContent-Type: application/http\r\n\r\n\r\n--b--",
                 b"--b\r\nContent-Type: application/http\r\n\r\nGET\r\n\r\n--b--", b"--b\r\nContent-Type: application/http\r\n\r\nGET Buckets\r\n\r\n--b--",
                 b"--b\r\nContent-Type: application/http\r\n\r\nGET Buckets HTTP/9\r\n\r\n--b--", b"--b\r\nContent-Type: application/http\r\n\r\n" + b"G" * 99999 + b"\r\n--b--",
                 b"--b\r\nContent-Type: application/http\r\n\r\nGET Buckets HTTP/1.1\r\n" + b"x: y\r\n" * 5000 + b"\r\n--b--", change_set + b"--c--\r\n--b--", change_set * 200 + b"--c--",
                 change_set + (b"--c\r\nContent-Type: application/http\r\n\r\nDELETE Buckets('a') HTTP/1.1\r\n\r\n\r\n" * 2) + b"--c--\r\n--b--",
                 change_set + part.replace(b"--b", b"--c") + b"--c--\r\n--b--", b"--b\r\n" + b"x" * 200000 + b"\r\n--b--", b"--b\r\nContent-Length: 99999999\r\nContent-Type: application/http\r\n\r\nGET Buckets HTTP/1.1\r\n\r\n--b--"):
        yield f"multipart {body[:24]!r} {len(body)}", batch(body, mixed)
    yield "5 MB", batch(b" " * 5_000_000)
    yield "a length of 100 GB", request(b"POST /catalog/$batch", b"Content-Type: application/json\r\nContent-Length: 100000000000\r\n")
    yield "gzip", batch(b"\x1f\x8b\x08\x00" + b"\0" * 50, "application/json", b"Content-Encoding: gzip\r\n")


def forwarding():
    """Headers with which others are led astray: none of them changes anything here."""
    for line in (b"X-HTTP-Method-Override: DELETE", b"X-HTTP-Method: DELETE", b"X-Method-Override: PUT", b"X-Original-URL: /admin", b"X-Rewrite-URL: /admin",
                 b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: javascript", b"X-Forwarded-Prefix: //evil.example",
                 b"Forwarded: for=127.0.0.1;host=evil.example", b"X-Real-IP: 127.0.0.1", b"X-Host: evil.example", b"X-Custom-IP-Authorization: 127.0.0.1",
                 b"X-Forwarded-Client-Cert: Hash=x", b"X-CSRF-Token: Fetch", b"Origin: null", b"Origin: https://evil.example", b"Referer: javascript:alert(1)"):
        yield line.decode(), get(b"/catalog/Buckets?$top=1", line + b"\r\n")
