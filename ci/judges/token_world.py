"""A network of its own for judges of tokens: real names and port 443, on nobody's machine.

Issuers of tokens are told apart by their host names, so validators must see real ones. `enter`
starts the script again in network and mount namespaces that have nothing but loopback, where those
names mean 127.0.0.1. Needs `unshare` and the right to use it, which root has.
"""

import json
import os
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from ci.judges.pki import DAY, KEY_TYPES, Authority, _builder, name
from ci.judging import clean_environment
from ci.loopback import Loopback, Reply, json_reply

IAS = "tenant.accounts.test"
XSUAA = "authentication.landscape.test"
SUBACCOUNT = "my-subaccount.authentication.landscape.test"
AWS = "5c2f0a1b.tokens.test"
HOSTS = (IAS, XSUAA, SUBACCOUNT, AWS, "other.accounts.test", "canary.test")
ACCOUNT = "123456789012"

NAMES = {
    "issuer": f"https://{IAS}",
    "client": "1aa234ca-faed-4fb2-966e-7c86262ba93c",
    "tenant": "11111111-2222-3333-4444-555555555555",
    "user": "7d3cb1a4-0000-4444-8888-a1b2c3d4e5f6",
    "xsuaa": f"https://{SUBACCOUNT}/oauth/token",
    "xsclient": "sb-catalog!t4711",
    "app": "catalog!t4711",
    "zone": "22222222-3333-4444-5555-666666666666",
    "aws": f"https://{AWS}",
    "account": ACCOUNT,
    "role": f"arn:aws:iam::{ACCOUNT}:role/jobs/nightly",
}
_INSIDE = "TOKEN_WORLD"


def enter():
    """Returns inside the namespaces; outside it ends the script with what happened inside."""
    if os.environ.get(_INSIDE):
        return
    names = " ".join(("localhost", *HOSTS))
    script = (
        "ip link set lo up && mount --bind \"$1\" /etc/hosts && shift && exec \"$@\""
    )
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.write(f"127.0.0.1 {names}\n")
        hosts.flush()
        command = ["unshare", "--mount", "--net", "sh", "-c", script, "sh", hosts.name]
        environment = {**os.environ, _INSIDE: "1"}
        done = subprocess.run([*command, sys.executable, *sys.argv], env=environment, check=False)
    sys.exit(done.returncode)


class World:
    """IAS and XSUAA behind TLS on port 443, and what both validators are told about them."""

    def __init__(self, keys, folder):
        self.keys, self.folder = keys, Path(folder)
        self.asked = []
        authority = Authority("Token judge")
        self.ca = self.folder / "ca.pem"
        self.ca.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        self._server = Loopback(self._answer, port=443)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate(authority))
        server = self._server._server
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

    def _certificate(self, authority):
        key = KEY_TYPES["P-256"]()
        builder = _builder(name(IAS), key.public_key(), -DAY, DAY, None)
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
        builder = builder.issuer_name(authority.certificate.subject).add_extension(names, False)
        certificate = builder.sign(authority.key, hashes.SHA256())
        path = self.folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _answer(self, request):
        host = (request.one("host") or "").lower()
        self.asked.append(f"{host}{request.target}")
        if host == IAS and request.path == "/.well-known/openid-configuration":
            issuer = NAMES["issuer"]
            return json_reply(200, {"issuer": issuer, "jwks_uri": f"{issuer}/oauth2/certs",
                                    "token_endpoint": f"{issuer}/oauth2/token"})
        if host == IAS and request.path == "/oauth2/certs":
            client, tenant = request.one("x-client_id"), request.one("x-app_tid")
            if (client, tenant) != (NAMES["client"], NAMES["tenant"]):
                return json_reply(400, {"error": "invalid_request"})
            return json_reply(200, self.keys.published())
        if host == AWS and request.path == "/.well-known/openid-configuration":
            return json_reply(200, {"issuer": NAMES["aws"], "jwks_uri": f"{NAMES['aws']}/.well-known/jwks.json"})
        if host == AWS and request.path == "/.well-known/jwks.json":
            return json_reply(200, self.keys.published_by_aws())
        if host == XSUAA and request.target == f"/token_keys?zid={NAMES['zone']}":
            return json_reply(200, self.keys.published())
        return Reply(404)

    def ias_credentials(self):
        return {"clientid": NAMES["client"], "clientsecret": "s", "url": NAMES["issuer"],
                "domains": ["accounts.test"], "app_tid": NAMES["tenant"]}

    def xsuaa_credentials(self):
        return {"clientid": NAMES["xsclient"], "clientsecret": "s", "xsappname": NAMES["app"],
                "url": f"https://{SUBACCOUNT}", "uaadomain": XSUAA, "identityzone": "my-subaccount",
                "identityzoneid": NAMES["zone"], "tenantid": NAMES["zone"],
                "verificationkey": self.keys.pem().decode().replace("\n", "")}

    def bindings(self):
        def binding(label, credentials):
            return {"label": label, "name": label, "credentials": credentials}

        store = {"url": "https://canary.test/store", "username": "u", "password": "p"}
        return [binding("identity", self.ias_credentials()), binding("xsuaa", self.xsuaa_credentials()),
                binding("credstore", store)]

    def settings(self, **more):
        """No session is ever had here: the service document needs none."""
        workload = {"issuer": NAMES["aws"], "audience": "s3-catalog", "accounts": [ACCOUNT],
                    "subjects": [f"arn:aws:iam::{ACCOUNT}:role/jobs/*"], "scope": "Read"}
        role = "arn:aws:iam::123456789012:role/catalog"
        return {"CATALOG_CREDENTIAL_SOURCE": "credential-store", "CATALOG_ROLE_ARN": role,
                "CATALOG_REGION": "eu-central-1", "CATALOG_S3_ENDPOINT": "https://canary.test",
                "CATALOG_STS_ENDPOINT": "https://canary.test", "CATALOG_CA_BUNDLE": str(self.ca),
                "CATALOG_AWS_CALLERS": json.dumps([workload]), **more}

    def xssec(self, node_modules, lines):
        """What @sap/xssec says to each of these tokens, in their order."""
        script = Path(__file__).parent.parent.parent / "tests/peers/xssec_verdicts.mjs"
        environment = clean_environment(
            NODE_EXTRA_CA_CERTS=str(self.ca),
            XSSEC=str(Path(node_modules) / "@sap/xssec"),
            CREDENTIALS=json.dumps({"ias": self.ias_credentials(), "xsuaa": self.xsuaa_credentials()}),
        )
        text = "".join(json.dumps(line) + "\n" for line in lines)
        done = subprocess.run(["node", str(script)], input=text, capture_output=True, text=True,
                              env=environment, timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"xssec judged nothing: {done.stderr[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]
