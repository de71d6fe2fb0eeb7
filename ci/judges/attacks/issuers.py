"""Attacks on the issuer: names that only look like one that is trusted.

CVE-2023-49583 and its sisters CVE-2023-50422, 50423 and 50424 trusted an IAS host by its end and
fetched keys from whatever the token named. So whoever such a name leads to answers here, with a
discovery document and keys of his own, and has signed; where it leads to the true issuer after all,
the true key has.
"""

from ci.judges.weak_claims import leads_to

_PLACES = {
    "ias": ("tenant", "accounts.test", ""),
    "xsuaa": ("my-subaccount", "authentication.landscape.test", "/oauth/token"),
    "aws": ("5c2f0a1b", "tokens.test", ""),
}
_EVIL = "canary.test"


def look_alikes(label, domain, path):
    """(weakness that it is made for, issuer)."""
    host = f"{label}.{domain}"
    by_end = (
        f"https://evil{domain}{path}", f"https://{label}.evil-{domain}{path}", f"https://evil-{domain}{path}", f"https://{_EVIL}/{domain}",
        f"https://{_EVIL}#{domain}", f"https://{_EVIL}?x={domain}", f"https://{_EVIL}/?.{domain}{path}", f"https://{_EVIL}#.{domain}{path}",
        f"https://{_EVIL}\\.{domain}{path}", f"https://{_EVIL}/.{domain}{path}", f"https://{_EVIL};.{domain}{path}",
        f"http://{_EVIL}/.{domain}{path}", f"http://{_EVIL}:80/{host}{path}", f"https://{_EVIL}:443/.{domain}{path}",
        f"https://a:b@{_EVIL}/{host}{path}", f"https://{_EVIL}\t.{domain}{path}", f"https://127.0.0.1/.{domain}{path}",
        f"ftp://{_EVIL}/{host}{path}", f"file:///{host}{path}", f"javascript:{host}{path}", f"//{_EVIL}/.{domain}{path}",
        f"https://{_EVIL}%2f.{domain}{path}", f"https://{_EVIL}%00.{domain}{path}", f"https://{_EVIL}%23.{domain}{path}",
        f"https://{_EVIL}&.{domain}{path}", f"https://{_EVIL}\n.{domain}{path}", f"https://{_EVIL}\r\nHost: x.{domain}{path}",
    )
    by_beginning = (
        f"https://{host}.{_EVIL}{path}", f"https://{host}@{_EVIL}{path}", f"https://{host}:x@{_EVIL}{path}", f"https://{host}-{_EVIL}{path}",
        f"https://{host}evil.test{path}", f"https://{host}%2e{_EVIL}{path}", f"https://{host}:8443{path}", f"https://{host}:443{path}",
        f"https://{host}:{path}", f"https://{host}/x{path}", f"https://{host}//{path}", f"https://{host}{path}?x", f"https://{host}{path}#x",
        f"https://{host}{path}/../..", f"https://{host}\\@{_EVIL}{path}", f"https://{host}\u2024{_EVIL}{path}", f"https://{host},https://{_EVIL}",
        f"https://{host} https://{_EVIL}", f"https://{host}&{_EVIL}", f"https://{host};{_EVIL}",
    )
    contains = (
        f"https://{_EVIL}/?{host}", f"https://{_EVIL}/{host}/x", f"https://{_EVIL}/#{host}/", f"https://x{host}.{_EVIL}",
        f"https://{_EVIL}?https://{host}&x", f"data:{host},x", f"https://[{host}]@{_EVIL}",
    )
    by_host = (
        f"https://{_EVIL}@{host}{path}", f"https://user:pass@{host}{path}", f"http://{host}{path}", f"ftp://{host}{path}",
        f"https://{host}:8443{path}", f"https://a.{host}{path}", f"https://{host.upper()}{path}", f"//{host}{path}", f"HTTPS://{host}{path}",
        f"https://{host}/{_EVIL}", f"gopher://{host}{path}",
    )
    cleaned = (
        f"https://{label}%2e{domain}{path}", f"https://%{ord(label[0]):02x}{label[1:]}.{domain}{path}", f"https://{label}\u3002{domain}{path}",
        f"https://{label}\uff0e{domain}{path}", f"https://{host}.{path}", f" https://{host}{path}", f"https://{host}{path} ",
        f"https://{host}{path}\n", f"\thttps://{host}{path}", f"https://{host}{path}\u0000", f"https://{label}\t.{domain}{path}",
        f"https://{label.upper()}.{domain.upper()}{path}", f"Https://{host}{path}", f"https://\uff54{host[1:]}{path}" if label[0] == "t" else "",
    )
    groups = {
        "issuers are compared by their end": by_end,
        "issuers are compared by their beginning": by_beginning,
        "issuers are compared by what they contain": contains,
        "issuers are compared by their host": by_host,
        "issuers are cleaned first": cleaned,
        "schemes of issuers are overlooked": (f"http://{host}{path}", f"https:{host}{path}", f"///{host}{path}", f"ws://{host}{path}"),
    }
    for weakness, issuers in groups.items():
        yield from ((weakness, issuer) for issuer in issuers if issuer)
    if domain.startswith("tokens"):
        return  # AWS's issuers are compared as a whole, not by a domain
    for below in (f"a.{host}", f"a.b.c.{domain}", f"{_EVIL.partition('.')[0]}.x.{domain}"):
        yield "many labels below the domain are good", f"https://{below}{path}"
    for odd in (f"a_b.{domain}", f".{domain}", f"*.{domain}", f"a b.{domain}", f"{'x' * 64}.{domain}", f"\u00fc.{domain}", f"Evil.{domain}",
                f"a,b.{domain}", f"a\u200b.{domain}", f"{_EVIL.partition('.')[0]}:1.{domain}", f"a%00.{domain}", f"a@b.{domain}"):
        yield "labels of issuers are not looked at", f"https://{odd}{path}"


def issuers(kind):
    label, domain, path = _PLACES[kind]
    own = f"{label}.{domain}"
    for claim in ("iss", "ias_iss") if kind == "ias" else ("iss",):
        for weakness, issuer in look_alikes(label, domain, path):
            there = kind == "xsuaa" or leads_to(issuer) == own
            yield weakness, f"{claim} {issuer!r}", [["claim", claim, issuer], ["sign", "trusted" if there else "foreign"]]
            if not there:
                yield "issuers are not looked at", f"{claim} {issuer!r}, true key", [["claim", claim, issuer]]
        for issuer in ("https://canary.test", "", "/", "null", "*", "https://", "https://[::1]", "http://169.254.169.254/latest", "file:///etc/passwd"):
            yield "issuers are not looked at", f"{claim} {issuer!r}", [["claim", claim, issuer]]
        good = f"https://{own}{path}"
        for value in ([good], [good, "https://canary.test"], ["https://canary.test", good], {"a": good}, {good: 1}):
            yield "types of claims are overlooked", f"{claim} {str(value)[:60]}", [["claim", claim, value]]
        for value in (1, True, None, [], {}):
            yield "issuers are not looked at", f"{claim} {value!r}", [["claim", claim, value]]
    yield None, "no iss", [["no claim", "iss"]]
    yield None, "iss under another name", [["no claim", "iss"], ["claim", "ISS", f"https://{own}{path}"]]
    if kind == "ias":
        for issuer in ("http://tenant.accounts.test", "https://a:1", "https://a/b", "", "https://a@b", "https://a?b", "https://a#b", "https://a b", "*"):
            yield "iss is overlooked beside ias_iss", f"iss {issuer!r} beside a good ias_iss", [
                ["claim", "iss", issuer], ["claim", "ias_iss", "{issuer}"]]


def kinds(kind):
    """A token of one kind that says that it is of another."""
    if kind != "xsuaa":
        yield None, "marked as XSUAA's", [["claim", "ext_attr", {"enhancer": "XSUAA"}]]
    else:
        for mark in ({}, {"enhancer": "xsuaa"}, {"enhancer": ["XSUAA"]}, [], None, "XSUAA"):
            yield None, f"ext_attr {mark!r}", [["claim", "ext_attr", mark]]
    if kind == "ias":
        yield None, "marked as AWS's", [["claim", "https://sts.amazonaws.com/", {"aws_account": "{account}"}]]


FAMILIES = (issuers, kinds)
