"""A plain CreateSession client, with which the judge is judged: right requests and bent ones."""

import base64
import datetime
import hashlib
import http.client
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ci.judges.pki import now
from ci.judges.roles_anywhere_server import PROFILE, REGION, ROLE, TRUST_ANCHOR


def create_session(url, identity, **bent):
    """Sends a signed request; answers (status, document).

    `bent` changes one step: serial, region, minutes (clock), chain, members, signer, algorithm,
    unsigned (a header left out of the signature), late (a header changed after signing), target.
    """
    host = url.removeprefix("http://")
    members = {"trustAnchorArn": TRUST_ANCHOR, "profileArn": PROFILE, "roleArn": ROLE, "durationSeconds": 900}
    body = json.dumps({**members, **bent.get("members", {})}).encode()
    date = (now() + datetime.timedelta(minutes=bent.get("minutes", 0))).strftime("%Y%m%dT%H%M%SZ")
    chain = bent.get("chain", identity.intermediates)
    headers = {"content-type": "application/json", "host": host, "x-amz-date": date}
    headers["x-amz-x509"] = _encode(identity.certificate)
    if chain:
        headers["x-amz-x509-chain"] = ",".join(map(_encode, chain))
    names = sorted(set(headers) - {bent.get("unsigned")})
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical = f"POST\n/sessions\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    family = "RSA" if isinstance(identity.key, rsa.RSAPrivateKey) else "ECDSA"
    algorithm = bent.get("algorithm", f"AWS4-X509-{family}-SHA256")
    scope = f"{date[:8]}/{bent.get('region', REGION)}/rolesanywhere/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signature = bent.get("signer", sign)(identity.key, f"{algorithm}\n{date}\n{scope}\n{digest}".encode())
    serial = bent.get("serial", identity.certificate.serial_number)
    headers["authorization"] = (
        f"{algorithm} Credential={serial}/{scope}, SignedHeaders={signed}, Signature={signature}"
    )
    headers |= bent.get("late", {})
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.putrequest("POST", bent.get("target", "/sessions"), skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def sign(key, data):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256()).hex()
    return key.sign(data, ec.ECDSA(hashes.SHA256())).hex()


def sign_pss(key, data):
    return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()).hex()


def sign_with_sha384(key, data):
    return key.sign(data, ec.ECDSA(hashes.SHA384())).hex()


def sign_upper_case(key, data):
    return sign(key, data).upper()


def _encode(certificate):
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
