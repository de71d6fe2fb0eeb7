"""IAM Roles Anywhere's CreateSession, judged as strictly as its documentation allows.

Written from AWS's user guide ("Signing process", "CreateSession", "Trust model") and independent
of the service and of the sandbox. Stricter than AWS in one point: the chain must run from the
leaf's issuer upwards, without leaf, root or repetition, as AWS's own Rust sample demands.
"""

import base64
import binascii
import datetime
import hashlib
import json
import re
import secrets
import urllib.parse

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ci.judges.pki import now
from ci.loopback import Loopback, Reply, json_reply

REGION = "eu-central-1"
ACCOUNT = "123456789012"
TRUST_ANCHOR = f"arn:aws:rolesanywhere:{REGION}:{ACCOUNT}:trust-anchor/11111111-2222-3333-4444-555555555555"
PROFILE = f"arn:aws:rolesanywhere:{REGION}:{ACCOUNT}:profile/66666666-7777-8888-9999-000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/btp-s3-catalog"
AUTHORIZATION = re.compile(
    r"(AWS4-X509-(?:RSA|ECDSA)-SHA256) "
    r"Credential=([0-9]+)/([0-9]{8})/([a-z0-9-]+)/rolesanywhere/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]+)"
)
MOST_SKEW = datetime.timedelta(minutes=5)
MEMBERS = {"profileArn", "roleArn", "trustAnchorArn", "durationSeconds", "roleSessionName"}


class Refused(Exception):
    """Why a request gets no session."""

    def __init__(self, status, kind, message):
        super().__init__(message)
        self.status, self.kind = status, kind


def denied(message):
    return Refused(403, "AccessDeniedException", message)


def invalid(message):
    return Refused(400, "ValidationException", message)


class RolesAnywhere:
    """One trust anchor, profile and role; `sessions` is what was handed out, by access key id."""

    def __init__(self, anchor, session_seconds=None, takes_session_names=False):
        self.anchor = anchor.certificate
        self.session_seconds = session_seconds
        self.takes_session_names = takes_session_names
        self.arns = {"trustAnchorArn": {TRUST_ANCHOR}, "profileArn": {PROFILE}, "roleArn": {ROLE}}
        self.faults = []
        self.accepted = []
        self.refused = []
        self.faulted = 0
        self.sessions = {}
        self._server = Loopback(self._answer)
        self.url = self._server.url

    def stop(self):
        self._server.stop()

    def _answer(self, request):
        # judged before the fault: what meets a fault must be right as well
        try:
            seen = self.judge(request)
        except Refused as refused:
            self.refused.append(str(refused))
            return _error(refused.status, refused.kind, str(refused))
        except ValueError as error:
            self.refused.append(str(error))
            return _error(403, "AccessDeniedException", f"malformed: {error}")
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            self.faulted += 1
            return fault(self, seen)
        return self.grant(seen)

    def judge(self, request):
        """Everything that AWS documents about a request, in the order in which it would fail."""
        if (request.method, request.path) != ("POST", "/sessions"):
            raise Refused(404, "UnknownOperationException", f"{request.method} {request.path}")
        match = AUTHORIZATION.fullmatch(request.one("authorization") or "")
        if match is None:
            raise denied("Authorization is not as documented")
        algorithm, serial, day, region, signed_text, signature = match.groups()
        leaf = _certificate(request.one("x-amz-x509"), "X-Amz-X509")
        chain_text = request.one("x-amz-x509-chain")
        chain = [_certificate(text, "X-Amz-X509-Chain") for text in chain_text.split(",")] if chain_text is not None else []
        self._date(request.one("x-amz-date"), day)
        self._leaf(leaf, algorithm, serial)
        self._chain(leaf, chain)
        self._signature(request, leaf, algorithm, f"{day}/{region}/rolesanywhere/aws4_request", signed_text, signature)
        members = self._parameters(request, region)
        return {"leaf": leaf, "chain": chain, "algorithm": algorithm, "members": members}

    def _date(self, text, day):
        if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", text or ""):
            raise denied("X-Amz-Date is not YYYYMMDDTHHMMSSZ")
        moment = datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(now() - moment) > MOST_SKEW:
            raise denied("Invalid signature")
        if text[:8] != day:
            raise denied("the day of the scope is not that of X-Amz-Date")

    def _leaf(self, leaf, algorithm, serial):
        key = leaf.public_key()
        family = "RSA" if isinstance(key, rsa.RSAPublicKey) else "ECDSA"
        if algorithm != f"AWS4-X509-{family}-SHA256":
            raise denied(f"{algorithm} does not fit a key of family {family}")
        if serial != str(leaf.serial_number):
            raise denied("Credential does not hold the serial number in decimal")
        if not leaf.not_valid_before_utc <= now() <= leaf.not_valid_after_utc:
            raise denied("the certificate is not valid now")
        if leaf.version is not x509.Version.v3 or not list(leaf.subject):
            raise denied("the certificate needs version 3 and a subject")
        if not isinstance(leaf.signature_hash_algorithm, (hashes.SHA256, hashes.SHA384, hashes.SHA512)):
            raise denied("the certificate's signature needs SHA-256 or stronger")
        try:
            constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            constraints = x509.BasicConstraints(False, None)
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        if constraints.ca or not usage.digital_signature:
            raise denied("the certificate must be no CA and be meant for digital signatures")

    def _chain(self, leaf, chain):
        if len(chain) > 5:
            raise denied("more than 5 certificates in the chain")
        encoded = [c.public_bytes(Encoding.DER) for c in [leaf, *chain]]
        if len(set(encoded)) != len(encoded):
            raise denied("the chain repeats a certificate or holds the leaf")
        if self.anchor.public_bytes(Encoding.DER) in encoded:
            raise denied("the chain holds the trust anchor itself")
        path = [leaf, *chain, self.anchor]
        for below, above in zip(path, path[1:]):
            constraints = above.extensions.get_extension_for_class(x509.BasicConstraints).value
            if not constraints.ca or not above.not_valid_before_utc <= now() <= above.not_valid_after_utc:
                raise denied("Untrusted Signing Certificate")
            try:
                below.verify_directly_issued_by(above)
            except (ValueError, TypeError, InvalidSignature):
                raise denied("Untrusted Signing Certificate") from None

    def _signature(self, request, leaf, algorithm, scope, signed_text, signature):
        signed = signed_text.split(";")
        if signed != sorted(set(signed)):
            raise denied("SignedHeaders are not sorted")
        must = {"content-type", "host", "x-amz-date", "x-amz-x509"}
        must |= {name for name, _ in request.headers if name.startswith("x-amz-")}
        if not must <= set(signed):
            raise denied(f"headers not signed: {sorted(must - set(signed))}")
        lines = []
        for name in signed:
            value = request.one(name)
            if value is None:
                raise denied(f"signed header {name} was not sent")
            lines.append(f"{name}:{' '.join(value.split())}\n")
        pairs = urllib.parse.parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query))
        quoted = sorted((urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~")) for k, v in pairs)
        canonical = "\n".join(
            [
                "POST",
                "/sessions",
                "&".join(f"{key}={value}" for key, value in quoted),
                "".join(lines),
                signed_text,
                hashlib.sha256(request.body).hexdigest(),
            ]
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = "\n".join([algorithm, request.one("x-amz-date"), scope, digest]).encode()
        key, raw = leaf.public_key(), binascii.unhexlify(signature)
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(raw, to_sign, padding.PKCS1v15(), hashes.SHA256())
            else:
                key.verify(raw, to_sign, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise denied("Invalid signature") from None

    def _parameters(self, request, region):
        if request.one("content-type") != "application/json":
            raise invalid("Content-Type is not application/json")
        members = json.loads(request.body)
        for name, value in urllib.parse.parse_qsl(request.query):
            if name in members:
                raise invalid(f"{name} is given twice")
            members[name] = value
        unknown = set(members) - MEMBERS
        if unknown:
            raise invalid(f"unknown members {sorted(unknown)}")
        for name, known in self.arns.items():
            if members.get(name) not in known:
                kind = denied if name == "roleArn" else invalid
                raise kind(f"{name} {members.get(name)} is not known")
        if region != REGION:
            raise denied("Invalid signature")
        duration = members.get("durationSeconds", 3600)
        if type(duration) is not int or not 900 <= duration <= 43200:
            raise invalid(f"durationSeconds {duration!r}")
        session_name = members.get("roleSessionName")
        if session_name is not None:
            if not self.takes_session_names:
                raise denied("the profile does not accept role session names")
            if not re.fullmatch(r"[\w+=,.@-]{2,64}", session_name, re.ASCII):
                raise invalid("roleSessionName")
        return members

    def grant(self, seen):
        """A session of the length that was asked for, or of the length set for a test."""
        self.accepted.append(seen)
        seconds = self.session_seconds or min(3600, seen["members"].get("durationSeconds", 3600))
        expires = now() + datetime.timedelta(seconds=seconds)
        credentials = {
            "accessKeyId": "ASIA" + secrets.token_hex(8).upper(),
            "secretAccessKey": secrets.token_urlsafe(30),
            "sessionToken": base64.b64encode(secrets.token_bytes(300)).decode(),
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.sessions[credentials["accessKeyId"]] = {**credentials, "expires": expires}
        return json_reply(201, self.document(seen, [credentials]))

    def document(self, seen, all_credentials):
        serial = f"{seen['leaf'].serial_number:x}"
        name = seen["members"].get("roleSessionName", serial)
        entry = {
            "assumedRoleUser": {
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/btp-s3-catalog/{name}",
                "assumedRoleId": f"AROAEXAMPLE:{name}",
            },
            "packedPolicySize": 46,
            "roleArn": ROLE,
            "sourceIdentity": "CN=btp-s3-catalog",
        }
        return {
            "credentialSet": [{**entry, "credentials": given} for given in all_credentials],
            "subjectArn": f"arn:aws:rolesanywhere:{REGION}:{ACCOUNT}:subject/{secrets.token_hex(8)}",
        }


def _certificate(text, where):
    """Standard base64 of DER, with padding and nothing else."""
    try:
        der = base64.b64decode(text or "", validate=True)
        certificate = x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise denied(f"{where}: {error}") from None
    if base64.b64encode(der).decode() != text:
        raise denied(f"{where} is not canonical base64")
    return certificate


def _error(status, kind, message, **headers):
    named = {"x-amzn-ErrorType": kind, **headers}
    return json_reply(status, {"message": message}, **named)


# Faults: what a right request may meet all the same.


def throttled(_server, _seen):
    return _error(429, "ThrottlingException", "Rate exceeded")


def internal(_server, _seen):
    return _error(500, "InternalServerException", "internal error")


def html_503(_server, _seen):
    return Reply(503, b"<html><body>Service Unavailable</body></html>", {"Content-Type": "text/html"})


def html_200(_server, _seen):
    return Reply(200, b"<html><body>Sign in to the network</body></html>", {"Content-Type": "text/html"})


def reset(_server, _seen):
    return Reply(fault="reset")


def empty_set(server, seen):
    return json_reply(201, server.document(seen, []))


def truncated(server, seen):
    reply = server.grant(seen)
    server.accepted.pop()
    return Reply(reply.status, reply.body, reply.headers, fault="truncated")


def untrusted(_server, _seen):
    return _error(403, "AccessDeniedException", "Untrusted Signing Certificate")


def clock_off(_server, _seen):
    date = (now() + datetime.timedelta(minutes=20)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return _error(403, "AccessDeniedException", "Invalid signature", Date=date)
