"""S3's ListBuckets, for sessions that a credential server handed out; SigV4 checked here anew.

Written from AWS's "Signature Version 4" page. Takes path-style requests of one region only, wants
the session token, and refuses sessions that ended with the code that AWS uses.
"""

import datetime
import hashlib
import hmac
import re
import urllib.parse
from xml.sax.saxutils import escape

from ci.judges.pki import now
from ci.loopback import Loopback, Reply

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/([0-9]{8})/([a-z0-9-]+)/s3/aws4_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class ListBuckets:
    """Lists `buckets` (name → creation time) to holders of a session in `sessions`."""

    def __init__(self, sessions, buckets, region):
        self.sessions, self.buckets, self.region = sessions, buckets, region
        self.answered = 0
        self.refused = []
        # replies to right requests, used up one by one before the list is given
        self.faults = []
        self.page_size = 1000
        self._server = Loopback(self._answer)
        self.url = self._server.url

    def stop(self):
        self._server.stop()

    def _answer(self, request):
        try:
            self._judge(request)
        except (Refused, ValueError) as refused:
            self.refused.append(str(refused))
            status, code = (refused.status, refused.code) if isinstance(refused, Refused) else (400, "InvalidRequest")
            return error(status, code)
        if self.faults:
            return self.faults.pop(0)
        self.answered += 1
        asked = dict(urllib.parse.parse_qsl(request.query))
        return self._page(asked.get("continuation-token", ""), asked.get("prefix", ""))

    def _page(self, after, prefix):
        """The buckets behind `after`, at most `page_size`."""
        behind = [(name, at) for name, at in sorted(self.buckets.items()) if name > after and name.startswith(prefix)]
        page = behind[: self.page_size]
        rows = "".join(
            f"<Bucket><Name>{escape(name)}</Name><CreationDate>{created}</CreationDate></Bucket>"
            for name, created in page
        )
        more = f"<ContinuationToken>{escape(page[-1][0])}</ContinuationToken>" if len(behind) > len(page) else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Owner><ID>0123</ID></Owner><Buckets>{rows}</Buckets>{more}</ListAllMyBucketsResult>"
        )
        return Reply(200, body.encode(), {"Content-Type": "application/xml"})

    def _judge(self, request):
        if (request.method, request.path) != ("GET", "/"):
            raise Refused(404, f"Not a list of buckets: {request.method} {request.path}")
        match = AUTHORIZATION.fullmatch(request.one("authorization") or "")
        if match is None:
            raise Refused(403, "AccessDenied")
        key_id, day, region, signed_text, signature = match.groups()
        session = self.sessions.get(key_id)
        if session is None:
            raise Refused(403, "InvalidAccessKeyId")
        if request.one("x-amz-security-token") != session["sessionToken"]:
            raise Refused(400, "InvalidToken")
        if region != self.region:
            raise Refused(400, "AuthorizationHeaderMalformed")
        date = request.one("x-amz-date") or ""
        moment = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(now() - moment) > datetime.timedelta(minutes=15) or not date.startswith(day):
            raise Refused(403, "RequestTimeTooSkewed")
        expected = self._signature(request, session, day, signed_text, date)
        if not hmac.compare_digest(signature, expected):
            raise Refused(403, "SignatureDoesNotMatch")
        if now() >= session["expires"]:
            raise Refused(400, "ExpiredToken")

    def _signature(self, request, session, day, signed_text, date):
        signed = signed_text.split(";")
        must = {"host"} | {name for name, _ in request.headers if name.startswith("x-amz-")}
        if signed != sorted(set(signed)) or not must <= set(signed):
            raise Refused(403, "AccessDenied: headers present are not signed")
        body_hash = request.one("x-amz-content-sha256")
        if body_hash != hashlib.sha256(request.body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        headers = "".join(f"{name}:{' '.join((request.one(name) or '').split())}\n" for name in signed)
        pairs = urllib.parse.parse_qsl(request.query, keep_blank_values=True)
        quoted = sorted((urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~")) for k, v in pairs)
        query = "&".join(f"{key}={value}" for key, value in quoted)
        canonical = "\n".join(["GET", "/", query, headers, signed_text, body_hash])
        scope = f"{day}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}"
        key = f"AWS4{session['secretAccessKey']}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def error(status, code, **headers):
    """An error document of S3; header names with _ for -."""
    body = f"<Error><Code>{code}</Code><Message>refused</Message><RequestId>R1</RequestId></Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body.encode(), {"Content-Type": "application/xml", **named})
