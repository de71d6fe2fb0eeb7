"""The issuers of tokens under real names on port 443, and what both validators know of them.

Whoever else is asked for keys is wicked: he vouches for himself under any name, with keys of his own
that have the names of the true ones. Runs in `own_network`.
"""

import json
import re
import ssl
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from ci.judges.own_network import Directory
from ci.judges.pki import DAY, KEY_TYPES, Authority, _builder, name
from ci.judging import clean_environment
from ci.loopback import Loopback, Reply, json_reply

IAS = "tenant.accounts.test"
XSUAA = "authentication.landscape.test"
SUBACCOUNT = "my-subaccount.authentication.landscape.test"
AWS = "5c2f0a1b.tokens.test"
# tenants of other customers, where nobody knows our application
NEIGHBOUR = re.compile(r"t\d+\.accounts\.test")
STORE = "store.test"
# where the service may turn to, whatever a token says
HOSTS = (IAS, XSUAA, AWS, STORE)
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


class World:
    """IAS, XSUAA, AWS and everybody else, and what both validators are told about the former."""

    def __init__(self, keys, folder):
        self.keys, self.folder = keys, Path(folder)
        self.asked = []
        self.directory = Directory()
        self._authority = Authority("Token judge")
        self.ca = self.folder / "ca.pem"
        self.ca.write_bytes(self._authority.certificate.public_bytes(serialization.Encoding.PEM))
        self._contexts = {}
        for port in (443, 8443):
            server = Loopback(lambda request: self._answer(request, "https"), port=port)._server
            context = self._context(IAS)
            context.sni_callback = lambda connection, name, _: setattr(connection, "context", self._context(name or IAS))
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Loopback(lambda request: self._answer(request, "http"), port=80)

    def strays(self):
        """Who was asked or looked up because a token said so."""
        hosts = [*(it.partition("/")[0] for it in self.asked), *self.directory.looked_up]
        return sorted({host for host in hosts if host not in HOSTS and not NEIGHBOUR.fullmatch(host)})

    def fetches(self, host):
        """How often keys and discovery document of a host were asked for."""
        return sum(it.startswith(host + "/") for it in self.asked)

    def _context(self, host):
        """TLS for any name, with a certificate that our authority makes while one waits."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate(host, len(self._contexts)))
            self._contexts[host] = context
        return self._contexts[host]

    def _certificate(self, host, count):
        key = KEY_TYPES["P-256"]()
        builder = _builder(name("server"), key.public_key(), -DAY, DAY, None)
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.issuer_name(self._authority.certificate.subject).add_extension(names, False)
        certificate = builder.sign(self._authority.key, hashes.SHA256())
        path = self.folder / f"server-{count}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _answer(self, request, scheme):
        host = (request.one("host") or "").lower()
        self.asked.append(f"{host}{request.target}")
        if host == STORE:
            return Reply(503)
        neighbour = NEIGHBOUR.fullmatch(host)
        if (host == IAS or neighbour) and request.path == "/.well-known/openid-configuration":
            issuer = f"https://{host}"
            return json_reply(200, {"issuer": issuer, "jwks_uri": f"{issuer}/oauth2/certs",
                                    "token_endpoint": f"{issuer}/oauth2/token"})
        if (host == IAS or neighbour) and request.path == "/oauth2/certs":
            client, tenant = request.one("x-client_id"), request.one("x-app_tid")
            if neighbour or (client, tenant) != (NAMES["client"], NAMES["tenant"]):
                return json_reply(400, {"error": "invalid_request"})
            return json_reply(200, self.keys.published())
        if host == AWS and request.path == "/.well-known/openid-configuration":
            return json_reply(200, {"issuer": NAMES["aws"], "jwks_uri": f"{NAMES['aws']}/.well-known/jwks.json"})
        if host == AWS and request.path == "/.well-known/jwks.json":
            return json_reply(200, self.keys.published_by_aws())
        if host == XSUAA and request.path == "/token_keys":
            if request.query != f"zid={NAMES['zone']}":
                return json_reply(400, {"error": "invalid_request"})
            return json_reply(200, self.keys.published())
        return Reply(404) if host in HOSTS else self._wicked(host, request, scheme)

    def _wicked(self, host, request, scheme):
        if "openid-configuration" in request.path:
            above = request.path.partition("/.well-known")[0]
            return json_reply(200, {"issuer": f"{scheme}://{host}{above}", "jwks_uri": f"{scheme}://{host}/keys"})
        if "x5u" in request.path:
            certificate = x509.load_der_x509_certificate(self.keys.certificate())
            return Reply(200, certificate.public_bytes(serialization.Encoding.PEM), {"Content-Type": "application/pem-certificate-chain"})
        return json_reply(200, self.keys.published_by_the_wicked())

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

        store = {"url": f"https://{STORE}/store", "username": "u", "password": "p"}
        return [binding("identity", self.ias_credentials()), binding("xsuaa", self.xsuaa_credentials()),
                binding("credstore", store)]

    def settings(self, **more):
        """No session is ever had here: the service document needs none."""
        workload = {"issuer": NAMES["aws"], "audience": "s3-catalog", "accounts": [ACCOUNT],
                    "subjects": [f"arn:aws:iam::{ACCOUNT}:role/jobs/*"], "scope": "Read"}
        role = "arn:aws:iam::123456789012:role/catalog"
        return {"CATALOG_CREDENTIAL_SOURCE": "credential-store", "CATALOG_ROLE_ARN": role,
                "CATALOG_REGION": "eu-central-1", "CATALOG_S3_ENDPOINT": f"https://{STORE}",
                "CATALOG_STS_ENDPOINT": f"https://{STORE}", "CATALOG_CA_BUNDLE": str(self.ca),
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
