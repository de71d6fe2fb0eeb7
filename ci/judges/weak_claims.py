"""Claims at the gate that proves the attacks: who issued a token, for whom, when, and to whom."""

import json
import math
import re
import unicodedata
import urllib.parse

AWS_OWN = "https://sts.amazonaws.com/"
_LABEL = r"[a-z0-9-]{1,63}"
# what else two readers of a claim may take for the same
_LOOSE = {
    "by its beginning": lambda seen, own: bool(seen) and (seen.startswith(own) or own.startswith(seen)),
    "by its end": lambda seen, own: seen.endswith(own),
    "by what it contains": lambda seen, own: own in seen,
    "without case and blanks": lambda seen, own: seen.strip(" \t\r\n\0/").lower() == own.lower(),
}


def leads_to(issuer):
    """The host that is asked when somebody takes this issuer for a URL, as browsers read it."""
    text = issuer.replace("\\", "/").strip()
    text = re.sub(r"[\t\n\r]", "", text)
    if "://" not in text:
        text = "https://" + text.lstrip("/")
    try:
        host = urllib.parse.urlsplit(text).hostname or ""
    except ValueError:
        return ""
    return unicodedata.normalize("NFKC", urllib.parse.unquote(host)).replace("\u3002", ".").split("\0")[0].rstrip(".")


class Claims:
    """The rules for the three kinds of tokens, each strict unless it is the weak one."""

    def __init__(self, names, weak):
        self.names, self.weak = names, weak
        self.issuers = {"ias": (names["issuer"], ""), "xsuaa": (names["xsuaa"], "/oauth/token"), "aws": (names["aws"], "")}

    def issuer(self, claims):
        """Whose keys must have signed: a kind of token, or a host that is nobody we know."""
        kind = self._kind(claims)
        named = claims["iss"]
        if kind == "ias" and "ias_iss" in claims:
            if not self.weak("iss is overlooked beside ias_iss"):
                if not re.fullmatch(rf"(https://)?{_LABEL}(\.{_LABEL})*", claims["iss"]):
                    raise ValueError("no host")
            named = claims["ias_iss"]
        if self.weak("issuers are not looked at"):
            return kind
        if not isinstance(named, str):
            if not (self.weak("types of claims are overlooked") and self.issuers[kind][0] in json.dumps(named)):
                raise TypeError("iss")
            return kind
        self._check_issuer(kind, named)
        host = leads_to(named)
        return kind if kind == "xsuaa" or host == leads_to(self.issuers[kind][0]) else host

    def _kind(self, claims):
        if isinstance(claims.get("ext_attr"), dict) and claims["ext_attr"].get("enhancer") == "XSUAA":
            return "xsuaa"
        return "aws" if AWS_OWN in claims else "ias"

    def _check_issuer(self, kind, named):
        own, path = self.issuers[kind]
        host = leads_to(own)
        domain = host.partition(".")[2]
        if named == own or (kind == "ias" and named == host):
            return
        below = named.removesuffix(path)
        cleaned = re.sub(r"[\s\0]", "", unicodedata.normalize("NFKC", urllib.parse.unquote(named))).replace("\u3002", ".")
        try:
            parsed = urllib.parse.urlsplit(named.replace("\\", "/")).hostname or ""
        except ValueError:
            parsed = ""
        ways = {
            "issuers are compared by their end": below.endswith(domain) or named.endswith(domain),
            "issuers are compared by their beginning": named.startswith(own.removesuffix(path)),
            "issuers are compared by what they contain": host in named,
            "issuers are compared by their host": parsed == host or parsed.endswith("." + domain),
            "issuers are cleaned first": cleaned.lower().rstrip("/.") == own
            or cleaned.lower().replace("." + path, path) == own,
            "schemes of issuers are overlooked": re.sub(r"^(\w+:)?/*", "", named) == host + path,
            "many labels below the domain are good": re.fullmatch(rf"https://({_LABEL}\.)*{re.escape(domain)}{path}", named),
            "labels of issuers are not looked at": re.fullmatch(rf"https://[^./]*\.{re.escape(domain)}{path}", named),
        }
        if not any(self.weak(weakness) and fits for weakness, fits in ways.items()):
            raise ValueError("issuer")

    def fit(self, claims):
        """Whether everything but the signature is as it must be."""
        kind = self._kind(claims)
        self._check_times(claims)
        self._check_subject(claims)
        check = {"ias": self._check_ias, "xsuaa": self._check_xsuaa, "aws": self._check_aws}[kind]
        return check(claims)

    def _check_times(self, claims):
        now = self.names["now"]
        leeway = 3700 if self.weak("clocks may differ by an hour") else 60
        end, begin, issued = (self._time(claims, name) for name in ("exp", "nbf", "iat"))
        if end is None and not self.weak("a token needs no end"):
            raise ValueError("exp")
        if end is not None and end + leeway <= now and not self.weak("the end is not looked at"):
            raise ValueError("expired")
        if begin is not None and begin > now + leeway and not self.weak("the beginning is not looked at"):
            raise ValueError("not yet valid")
        if issued is not None and issued > now + leeway and not self.weak("the issue date is not looked at"):
            raise ValueError("issued in the future")

    def _time(self, claims, name):
        if name not in claims:
            return None
        value = claims[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            if self.weak("times of another type count as absent"):
                return {"exp": math.inf}.get(name)
            if self.weak("times are converted"):
                value = value[0] if isinstance(value, list) else value
                return float(value or "inf") if not isinstance(value, dict) else math.inf
            raise TypeError(name)
        if not math.isfinite(value) and self.weak("numbers may be infinite"):
            return {"exp": math.inf}.get(name, 0)
        return value

    def _check_subject(self, claims):
        if self.weak("the subject is not looked at"):
            return
        subject = claims["sub"]
        longest = 640 if AWS_OWN in claims else 128
        if not 0 < len(subject) <= longest or not isinstance(subject, str) or re.search(r"[\0-\x1f\x7f-\x9f]", subject):
            raise ValueError("sub")

    def _same(self, claim, seen, own):
        """Exactly the same, or what the weakness takes for it."""
        if seen == own:
            return True
        if not isinstance(seen, str):
            return self.weak("types of claims are overlooked") and own in json.dumps(seen)
        ways = (self.weak(f"{claim} is compared {way}") and same(seen, own) for way, same in _LOOSE.items())
        return any(ways) or self.weak(f"{claim} is not looked at")

    def _is_meant(self, claims, *names):
        if "aud" not in claims and self.weak("a token may be meant for nobody"):
            return True
        seen = claims["aud"]
        listed = seen if isinstance(seen, list) else [seen]
        if not all(isinstance(it, str) for it in listed):
            if self.weak("types of claims are overlooked"):
                return any(name in json.dumps(seen) for name in names) or not seen or seen is True or seen == 1
            raise TypeError("aud")
        if not listed:
            return self.weak("a token may be meant for nobody")
        return any(self._same("aud", it, name) for it in listed for name in names)

    def _check_ias(self, claims):
        names = self.names
        if "app_tid" not in claims and not self.weak("a token may be of no tenant"):
            raise ValueError("app_tid")
        tenant = "app_tid" not in claims or self._same("tenant", claims["app_tid"], names["tenant"])
        party, kind = claims.get("azp"), claims.get("sap_id_type")
        if not self.weak("the application is not looked at"):
            if "azp" in claims and not re.fullmatch(r"[!-~]{1,128}", party):
                raise ValueError("azp")
        if not self.weak("the kind of caller is not looked at"):
            if "sap_id_type" in claims and kind not in ("user", "app"):
                raise ValueError("sap_id_type")
        technical = kind == "app" or (kind is None and party == claims["sub"])
        held = self._texts(claims.get("ias_apis" if technical else "groups", []))
        wanted = {"read-catalog"} if technical else {"S3CatalogReader"}
        return tenant and self._is_meant(claims, names["client"]) and self._may(claims, held, wanted)

    def _check_xsuaa(self, claims):
        names = self.names
        if "zid" not in claims and not self.weak("a token may be of no tenant"):
            raise ValueError("zid")
        tenant = "zid" not in claims or self._same("tenant", claims["zid"], names["zone"])
        clients = [claims[name] for name in ("azp", "cid", "client_id") if name in claims]
        if not self.weak("clients may contradict each other"):
            if not all(isinstance(it, str) and it == clients[0] for it in clients):
                raise ValueError("azp")
        scopes = self._texts(claims.get("scope", []))
        given = names["xsclient"] in clients
        meant = self._is_meant(claims, names["app"], names["xsclient"]) if claims.get("aud") else any(
            it.partition(".")[0] == names["app"] for it in scopes
        ) or ("aud" in claims and self._is_meant(claims, names["app"]))
        return tenant and (given or meant) and self._may(claims, scopes, {f"{names['app']}.Read"})

    def _check_aws(self, claims):
        names, own, arn = self.names, claims[AWS_OWN], claims["sub"]
        issued, end = self._time(claims, "iat"), self._time(claims, "exp")
        if not self.weak("a life may be of any length"):
            if issued is None or end is None or end - issued > 3600:
                raise ValueError("life")
        if not self._is_meant(claims, "s3-catalog"):
            return False
        if self.weak("tags of the request are rights") and own.get("request_tags"):
            return True
        if self.weak("roles are not looked at"):
            return True
        account = names["account"]
        if self.weak("the account in the claim is not looked at"):
            return arn == names["role"]
        if self.weak("the account in the role is not looked at"):
            return own["aws_account"] == account and re.search(r":(role|assumed-role|user)/jobs/", arn) is not None
        if own["aws_account"] != account:
            return False
        if self.weak("roles are compared by what they contain"):
            return "role/" in arn and account in arn
        return re.fullmatch(rf"arn:aws:iam::{account}:role/jobs/[!-~]+", arn) is not None

    def _texts(self, value):
        if isinstance(value, str) and not self.weak("lists may be one text"):
            return [value]
        values = re.split(r"[ ,;]", value) if isinstance(value, str) else value
        if not all(isinstance(it, str) for it in values):
            raise TypeError("no list of texts")
        return list(values)

    def _may(self, claims, held, wanted):
        if self.weak("everybody may read"):
            return True
        if self.weak("rights are compared without case and blanks"):
            return any(it.strip().lower() in {right.lower() for right in wanted} for it in held)
        if self.weak("rights are compared by what they contain"):
            return any(part in it for it in held for part in {right.rpartition(".")[2] for right in wanted})
        if self.weak("rights of users and applications are the same"):
            everything = [it for name in ("groups", "ias_apis", "scope") for it in self._texts(claims.get(name, []))]
            return bool(wanted | {"S3CatalogReader", "read-catalog"}) and any(
                it in wanted | {"S3CatalogReader", "read-catalog"} for it in everything
            )
        return bool(wanted & set(held))
