"""Attacks on claims: times, names that occur twice, types, audiences, tenants and rights.

Each is (weakness that it is made for, name, changes of a good token).
"""

import json

from ci.judges.weak_claims import AWS_OWN

_OWN = {"aws_account": "{account}", "org_id": "o-abc123", "principal_id": "{role}"}
_AUDIENCE = {"ias": "{client}", "xsuaa": "{app}", "aws": "s3-catalog"}
_TENANT = {"ias": ("app_tid", "{tenant}"), "xsuaa": ("zid", "{zone}")}
# an XSUAA token is also ours when our client got it
_OF_ANOTHER_CLIENT = [["no claim", "cid", "client_id"], ["claim", "azp", "sb-other!t1"]]


def _spelt(claim, text):
    return [["no claim", claim], ["claims text", f'"{claim}":{text}']]


def times(kind):
    for value in ("{now-61}", "{now-3600}", 0, 1, -1, -(2**63), 1e-300):
        yield "the end is not looked at", f"exp {value}", [["claim", "exp", value]]
    yield "clocks may differ by an hour", "ended two minutes ago", [["claim", "exp", "{now-120}"]]
    needs_end = None if kind == "aws" else "a token needs no end"
    yield needs_end, "no exp", [["no claim", "exp"]]
    yield needs_end, "exp under another name", [["no claim", "exp"], ["claim", "EXP", "{now+300}"]]
    for claim, weakness in (("nbf", "the beginning is not looked at"), ("iat", "the issue date is not looked at")):
        for later in (70, 3600, 86400, 2**53, 2**63, 2**64):
            # what lives longer than it may is refused for that
            end = [["claim", "exp", f"{{now+{later + 300}}}"]] if kind == "aws" and claim == "iat" else []
            yield weakness, f"{claim} {later} s ahead", [["claim", claim, f"{{now+{later}}}"], *end]
    for claim in ("exp", "nbf", "iat"):
        for text in ('"{now+300}"', '"{now+300}.0"', '" {now+300} "', "[{now+300}]"):
            if claim == "exp":
                yield "times are converted", f"exp {text}", _spelt("exp", text)
        for text in ('"soon"', '"{now-10}"', "null", "true", "false", '""', "[]", "{}", "[{now-10}]"):
            if kind == "aws" and claim != "nbf":
                continue  # a life is computed of these two: see `lives`
            yield "times of another type count as absent", f"{claim} {text}", _spelt(claim, text)
        for text in ("1e400", "Infinity", "NaN"):
            if not (claim == "nbf" and text != "NaN") and not (kind == "aws" and claim != "nbf"):
                yield "numbers may be infinite", f"{claim} {text}", _spelt(claim, text)
        for text in ("0x7fffffff", "04102444800", "4102444800.", "+4102444800", "4_102_444_800", "4102444800L", "4e"):
            yield None, f"{claim} {text}", _spelt(claim, text)


def twice(kind):
    """The same value both times, so that whichever counts would do; and two that differ."""
    tenant = _TENANT.get(kind, ("jti", ""))[0]
    for weakness in ("the last of two with the same name counts", "the first of two with the same name counts"):
        side = weakness.split()[1]
        for claim in ("iss", "sub", "aud", "exp", "iat", tenant):
            yield weakness, f"{claim} twice ({side})", [["claim again", claim]]
        for name in ("alg", "kid", "typ"):
            yield weakness, f"header {name} twice ({side})", [["header again", name]]
        yield weakness, f"jti twice, different ({side})", [["claims text", '"jti":"other"']]
        yield weakness, f"a name twice within ({side})", [["claims text", '"x":{"a":1,"a":2}']]
        yield weakness, f"a name twice within a list ({side})", [["claims text", '"x":[[{"a":1,"a":1}]]']]
        yield weakness, f"a name twice within the header ({side})", [["header text", '"x":{"a":1,"a":2}']]
    yield "the last of two with the same name counts", "jti once more with an escape", [["claims text", '"\\u006ati":"other"']]
    yield "the last of two with the same name counts", "kid: wrong, then right", [
        ["header is", '{"alg":"RS256","kid":"k2","kid":"RSA_0"}' if kind == "aws" else '{"alg":"RS256","kid":"k2","kid":"k1"}']]
    yield "the first of two with the same name counts", "exp: right, then long ago", [["claims text", '"exp":1']]
    yield "the first of two with the same name counts", "aud: right, then another", [["claims text", '"aud":"other"']]
    yield "the first of two with the same name counts", "alg: right, then none", [["header text", '"alg":"none"']]


def types(kind):
    for value in (["x"], [], None, 1, True, {"x": 1}, "", "a\nb", "a\u0000b", "a\u007fb", "a\u0085b", "a" * 2000):
        if kind == "aws":
            break  # its subject is an ARN: see `roles`
        yield "the subject is not looked at", f"sub {str(value)[:20]!r}", [["claim", "sub", value]]
    if kind != "aws":
        yield "the subject is not looked at", "no sub", [["no claim", "sub"]]
    if kind == "ias":
        for value in ("a\nb", "a b", "\u00fc", "", "a" * 129, 1, None, ["{client}"], {"a": 1}, "x\r\nx-app_tid: y"):
            yield "the application is not looked at", f"azp {str(value)[:20]!r}", [["claim", "azp", value]]
        for value in ("admin", "USER", "user ", "", 1, None, ["user"], True):
            yield "the kind of caller is not looked at", f"sap_id_type {value!r}", [["claim", "sap_id_type", value]]
    if kind == "xsuaa":
        for name in ("azp", "cid", "client_id"):
            for value in ("sb-other!t1", 1, None, ["{xsclient}"], {"a": 1}):
                yield "clients may contradict each other", f"{name} {value!r}", [["claim", name, value]]


def audiences(kind):
    own = _AUDIENCE[kind]
    only = _OF_ANOTHER_CLIENT if kind == "xsuaa" else []
    for value in ("", "*", "other", ["other"], "openid", "{user}", [""], ["*"]):
        if kind == "xsuaa":
            break  # nothing in XSUAA's audience is looked at alone: see the table
        yield "aud is not looked at", f"aud {value!r}", [["claim", "aud", value]]
    for value, way in ((f"{own}x", "by its beginning"), (f"{own}/", "by its beginning"), (f"x{own}", "by its end"),
                       (f"other {own}", "by its end"), (f"x{own}x", "by what it contains"), (f"other,{own},x", "by what it contains"),
                       (f"https://{own}/x", "by what it contains"), (f" {own}", "without case and blanks"),
                       (f"{own} ", "without case and blanks"), (f"{own}\u0000", "without case and blanks")):
        for listed in (value, [value], ["x", value]):
            yield f"aud is compared {way}", f"aud {listed!r}", [["claim", "aud", listed], *only]
    upper = {"ias": "1AA234CA-FAED-4FB2-966E-7C86262BA93C", "xsuaa": "CATALOG!T4711", "aws": "S3-Catalog"}[kind]
    yield "aud is compared without case and blanks", "aud in upper case", [["claim", "aud", upper], *only]
    if kind != "xsuaa":
        for value in ([[own]], [own, 1], [own, None], {"a": own}, {own: 1}, 1, True, [[own], "x"]):
            yield "types of claims are overlooked", f"aud {value!r}", [["claim", "aud", value]]
        yield "a token may be meant for nobody", "aud []", [["claim", "aud", []]]
        yield "a token may be meant for nobody", "no aud", [["no claim", "aud"]]
        yield "a token may be meant for nobody", "aud under another name", [["no claim", "aud"], ["claim", "AUD", own]]
    else:
        for value in ("x!b1|{app}", "{app}|x", "x.{app}.Read", "{app}2.Read"):
            yield None, f"aud {value!r}", [["claim", "aud", [value]], *only]


def tenants(kind):
    if kind not in _TENANT:
        return
    claim, own = _TENANT[kind]
    for value in ("", "*", "99999999-0000-0000-0000-000000000000", "../x", "default", "{client}"):
        yield "tenant is not looked at", f"{claim} {value!r}", [["claim", claim, value]]
    for value, way in ((f"{own}x", "by its beginning"), ("1" if kind == "ias" else "2", "by its beginning"), (f"x{own}", "by its end"),
                       (f"x&zid={own}&a=b", "by what it contains"), (f"x#{own}#", "by what it contains"),
                       (f" {own}", "without case and blanks"), (f"{own}\n", "without case and blanks"), (f"{own}/", "without case and blanks")):
        yield f"tenant is compared {way}", f"{claim} {value!r}", [["claim", claim, value]]
    for value in ([own], {"a": own}, [[own]], [own, "x"]):
        yield "types of claims are overlooked", f"{claim} {value!r}", [["claim", claim, value]]
    yield "a token may be of no tenant", f"no {claim}", [["no claim", claim]]
    yield "a token may be of no tenant", f"{claim} under another name", [["no claim", claim], ["claim", "tenant", own]]


def rights(kind):
    """Good tokens of callers who may nothing."""
    if kind == "aws":
        return
    claim, own = {"ias": ("groups", "S3CatalogReader"), "xsuaa": ("scope", "{app}.Read")}[kind]
    for value in ([], "", ["x"], ["*"], [own[:-1]], "admin"):
        yield "everybody may read", f"{claim} {value!r}", [["claim", claim, value]]
    yield "everybody may read", f"no {claim}", [["no claim", claim]]
    for value in (own.lower() if kind == "ias" else "{app}.READ", f" {own}", f"{own} ", f"{own}\n"):
        yield "rights are compared without case and blanks", f"{claim} {value!r}", [["claim", claim, [value]]]
    for value in (f"{own}x", f"x{own}", f"x{own}x", f"other.{own}", f"{own}.Read"):
        yield "rights are compared by what they contain", f"{claim} {value!r}", [["claim", claim, [value]]]
    for value in (f"x {own}", f"x,{own}", f"{own};x"):
        yield "lists may be one text", f"{claim} {value!r}", [["claim", claim, value]]
    if kind == "ias":
        yield "rights of users and applications are the same", "a user with an API", [
            ["no claim", "groups"], ["claim", "ias_apis", ["read-catalog", "admin-catalog"]]]
        yield "rights of users and applications are the same", "an application in a group", [
            ["claim", "sap_id_type", "app"], ["claim", "sub", "{client}"]]
    else:
        for value in ("Read", "other!t1.Read", "catalog!t4711x.Read", "catalog.Read", "$XSAPPNAME.Read", "uaa.Read"):
            yield "rights are compared by what they contain", f"scope {value!r}", [["claim", "scope", [value]]]


def roles(kind):
    """Principals of AWS that no entry of `aws_callers` lets in, and ARNs that are none."""
    if kind != "aws":
        return
    for arn in ("arn:aws:iam::{account}:root", "arn:aws:iam::{account}:role/other", "arn:aws:iam::{account}:group/jobs/x",
                "arn:aws:iam:{account}:role/jobs/x", "role/jobs/x", "*", "", "arn:evil:iam::{account}:role/jobs/x", "arn:aws:iam::{account}:*"):
        yield "roles are not looked at", f"sub {arn[:50]!r}", [["claim", "sub", arn or "x"]]
    for arn in ("arn:aws:iam::{account}:role/other/role/jobs/x", "xarn:aws:iam::{account}:role/jobs/x", "arn:aws:iam::{account}:role/x/jobs/",
                "arn:aws:iam::{account}:role/JOBS/x", "arn:aws:iam::{account}:role/../role/jobs/x"):
        yield "roles are compared by what they contain", f"sub {arn[:60]!r}", [["claim", "sub", arn]]
    for arn in ("arn:aws:iam::999999999999:role/jobs/x", "arn:aws:iam::{account}1:role/jobs/x", "arn:aws:iam::0{account}:role/jobs/x",
                "arn:aws:sts::{account}:assumed-role/jobs/x", "arn:aws:iam::{account}:user/jobs/x", "arn:aws:iam:::role/jobs/x"):
        yield "the account in the role is not looked at", f"sub {arn[:50]!r}", [["claim", "sub", arn]]
    for value in ({}, {"aws_account": 123456789012}, {"aws_account": "999999999999"}, {"aws_account": ""}, {"aws_account": ["{account}"]},
                  {"aws_account": "{account} "}, {"AWS_ACCOUNT": "{account}"}, [], "x", None):
        yield "the account in the claim is not looked at", f"account {json.dumps(value)}", [["claim", AWS_OWN, value]]
    for tags in ({"scope": "Admin"}, {"aws_account": "{account}"}, ["Admin"]):
        yield "tags of the request are rights", f"tags {json.dumps(tags)}", [
            ["claim", "sub", "arn:aws:iam::{account}:role/other"], ["claim", AWS_OWN, {**_OWN, "request_tags": tags}]]
    for value in ([], 1, None, True, {"a": "{role}"}):
        yield None, f"sub {value!r}", [["claim", "sub", value]]
    yield None, "a role too long for AWS", [["claim", "sub", "arn:aws:iam::{account}:role/jobs/" + "x" * 700]]


def lives(kind):
    if kind != "aws":
        return
    for issued, end in (("{now-4000}", "{now+60}"), ("{now}", "{now+3700}"), ("{now-86400}", "{now+300}"), (0, "{now+300}"), ("{now}", 2**53)):
        yield "a life may be of any length", f"from {issued} to {end}", [["claim", "iat", issued], ["claim", "exp", end]]
    yield "a life may be of any length", "no iat", [["no claim", "iat"]]
    for claim in ("exp", "iat"):
        for text in ('"soon"', "null", "true", "[]", "{}", "1e400", "NaN", "Infinity"):
            yield None, f"{claim} {text}", _spelt(claim, text)


FAMILIES = (times, twice, types, audiences, tenants, rights, roles, lives)
