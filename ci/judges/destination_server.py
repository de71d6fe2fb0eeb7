"""SAP's Destination service in small: a token endpoint, destinations, certificates with ETags.

Asks for what the real one asks for, and remembers in `complaints` what it had to refuse.
"""

import base64
import hashlib
import secrets
import urllib.parse

from ci.loopback import Loopback, Reply, json_reply
from ci.seaweed.oidc_provider import client_of

API = "/destination-configuration/v1"
# as real ones look, with the characters that get encoded wrongly
CLIENT_ID = "sb-clone9acf!b1234|destination-xsappname!b404"


class DestinationService:
    """One subaccount; fill `certificates` (name → bytes) and `destinations` (name → properties)."""

    def __init__(self):
        self.client_secret = f"e4f1$abc+DEF=/{secrets.token_urlsafe(12)}"
        self.certificates = {}
        self.destinations = {}
        self.tokens = set()
        self.complaints = []
        self.not_modified = 0
        self._server = Loopback(self._answer)
        self.url = self._server.url

    def stop(self):
        self._server.stop()

    def binding(self, name="catalog-destination"):
        return {
            "label": "destination",
            "plan": "lite",
            "name": name,
            "instance_name": name,
            "binding_name": None,
            "tags": ["destination", "conn", "connsvc"],
            "credentials": {
                "clientid": CLIENT_ID,
                "clientsecret": self.client_secret,
                "credential-type": "binding-secret",
                "uri": self.url,
                "url": self.url,
                "uaadomain": "localhost",
                "identityzone": "judge",
                "tenantid": "11111111-2222-3333-4444-555555555555",
            },
        }

    def _answer(self, request):
        try:
            if (request.method, request.target) == ("POST", "/oauth/token"):
                return self._token(request)
            if request.method == "GET" and request.path.startswith(API):
                return self._read(request)
        except ValueError as error:
            return self._complain(400, str(error))
        return self._complain(404, f"{request.method} {request.target}")

    def _token(self, request):
        form = request.form()
        if form.get("grant_type") != "client_credentials":
            raise ValueError(f"grant_type {form.get('grant_type')!r}")
        if client_of(request, form) != (CLIENT_ID, self.client_secret):
            self.complaints.append("wrong client secret")
            return json_reply(401, {"error": "unauthorized", "error_description": "Bad credentials"})
        token = secrets.token_urlsafe(40)
        self.tokens.add(token)
        document = {"access_token": token, "token_type": "bearer", "expires_in": 43199, "scope": "uaa.resource"}
        return json_reply(200, document)

    def _read(self, request):
        scheme, _, token = (request.one("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.tokens:
            return self._complain(401, "Unauthorized")
        kind, _, encoded = request.path.removeprefix(API + "/").partition("/")
        name = urllib.parse.unquote(encoded)
        if kind == "subaccountCertificates" and name in self.certificates:
            return self._tagged(request, self._certificate(name))
        if kind == "destinations" and name in self.destinations:
            return self._tagged(request, self._destination(name))
        if kind in ("instanceCertificates", "subaccountCertificates", "destinations"):
            return json_reply(404, {"ErrorMessage": "Configuration with the specified name was not found"})
        return self._complain(404, f"GET {request.target}")

    def _certificate(self, name):
        content = base64.b64encode(self.certificates[name]).decode()
        return {"Name": name, "Content": content, "Type": "CERTIFICATE"}

    def _destination(self, name):
        properties = {"Name": name, "Type": "HTTP", "ProxyType": "Internet", **self.destinations[name]}
        location = properties.get("KeyStoreLocation")
        certificates = [self._certificate(location)] if location in self.certificates else []
        # a trust store in front: the key store must be chosen by name
        if certificates:
            certificates.insert(0, {"Name": "trust.pem", "Content": "LS0tLS0K", "Type": "CERTIFICATE"})
        owner = {"SubaccountId": "9acf4877-5a3d-43d2-b67d-7516efe15b11", "InstanceId": None}
        return {"owner": owner, "destinationConfiguration": properties, "certificates": certificates}

    def _tagged(self, request, document):
        reply = json_reply(200, document)
        tag = hashlib.sha256(reply.body).hexdigest()
        if request.one("if-none-match") == tag:
            self.not_modified += 1
            return Reply(304, b"", {"ETag": tag})
        reply.headers["ETag"] = tag
        return reply

    def _complain(self, status, why):
        self.complaints.append(why)
        return json_reply(status, {"ErrorMessage": why})
