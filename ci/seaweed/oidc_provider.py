"""A small, strict OpenID Connect provider that plays SAP Cloud Identity Services (IAS).

Discovery, keys, client credentials by secret, and tokens of users minted by the caller of this
module. It refuses what the specifications don't allow and remembers it in `complaints`.
Plain HTTP on loopback only. Shapes of tokens and documents follow SAP's public documentation.
"""

import base64
import secrets
import time
import urllib.parse
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from ci.loopback import Loopback, json_reply

APP_TID = "11111111-2222-3333-4444-555555555555"
TOKEN_SECONDS = 3600


class SigningKey:
    """An RSA key with the name under which it is published."""

    def __init__(self):
        self.kid = secrets.token_hex(8)
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        return {**public, "kid": self.kid, "use": "sig", "alg": "RS256"}


class Provider:
    """One tenant with one application, on http://localhost:<port>."""

    def __init__(self, port=0, client_id=None, client_secret=None):
        self.client_id = client_id or str(uuid.uuid4())
        self.client_secret = client_secret or f"s3cr3t-:_{secrets.token_urlsafe(16)}"
        self.keys = [SigningKey()]
        self.token_seconds = TOKEN_SECONDS
        self.down = False
        self.complaints = []
        self.asked = {}
        self._server = Loopback(self._answer, port, host="localhost")
        self.issuer = self._server.url

    def stop(self):
        self._server.stop()

    def _answer(self, request):
        self.asked[request.path] = self.asked.get(request.path, 0) + 1
        if self.down:
            return json_reply(503, {"error": "temporarily_unavailable"})
        known = {
            ("GET", "/.well-known/openid-configuration"): lambda _: (200, self.discovery()),
            ("GET", "/oauth2/certs"): self.answer_keys_request,
            ("POST", "/oauth2/token"): self.answer_token_request,
        }
        answer = known.get((request.method, request.target))
        if answer is None:
            self.complaints.append(f"{request.method} {request.target}")
            return json_reply(404, {"error": "not_found"})
        try:
            status, document = answer(request)
        except ValueError as error:
            status, document = self._refuse("invalid_request", str(error))
        return json_reply(status, document, Cache_Control="no-store")

    def binding(self, name="catalog-ias"):
        """The entry of VCAP_SERVICES with which an application is bound to this tenant."""
        return {
            "label": "identity",
            "plan": "application",
            "name": name,
            "instance_name": name,
            "binding_name": None,
            "tags": [],
            "credentials": {
                "clientid": self.client_id,
                "clientsecret": self.client_secret,
                "credential-type": "SECRET",
                "url": self.issuer,
                "domain": "localhost",
                "domains": ["localhost"],
                "app_tid": APP_TID,
            },
        }

    def sign(self, claims, key=None, headers=None):
        key = key or self.keys[-1]
        return jwt.encode(
            claims, key.private, algorithm="RS256", headers={"kid": key.kid, **(headers or {})}
        )

    def client_claims(self):
        """What a client-credentials token says: the application about itself."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": self.client_id,
            "aud": self.client_id,
            "azp": self.client_id,
            "app_tid": APP_TID,
            "sap_id_type": "app",
            "iat": now,
            "exp": now + self.token_seconds,
            "jti": str(uuid.uuid4()),
        }

    def user_claims(self, groups=(), **changes):
        """What a signed-in user's token says; a change to None takes a claim out."""
        claims = {
            **self.client_claims(),
            "sub": "f3a1c5de-0000-4000-8000-0000000000aa",
            "scim_id": "f3a1c5de-0000-4000-8000-0000000000aa",
            "sap_id_type": "user",
            "email": "jane.doe@example.com",
            "given_name": "Jane",
            "family_name": "Doe",
            "groups": list(groups),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def user_token(self, groups=(), **changes):
        return self.sign(self.user_claims(groups, **changes))

    def rotate(self):
        """A new signing key; the old one stays published, as during a real rotation."""
        self.keys.append(SigningKey())

    def discovery(self):
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/oauth2/authorize",
            "token_endpoint": f"{at}/oauth2/token",
            "jwks_uri": f"{at}/oauth2/certs",
            "end_session_endpoint": f"{at}/oauth2/logout",
            "response_types_supported": ["code", "id_token", "token"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "claims_supported": ["iss", "sub", "aud", "azp", "exp", "iat", "jti", "groups"],
        }

    def answer_token_request(self, request):
        """RFC 6749 §4.4: (status, document). Strict where the RFC says MUST."""
        form = request.form()
        client_id, client_secret = client_of(request, form)
        known = secrets.compare_digest(client_secret.encode(), self.client_secret.encode())
        if client_id != self.client_id or not known:
            # not a complaint: a test may send a wrong secret on purpose
            return 401, {"error": "invalid_client", "error_description": "Bad credentials"}
        if form.get("grant_type") != "client_credentials":
            return self._refuse("unsupported_grant_type", str(form.get("grant_type")))
        if form.get("token_format") != "jwt":
            return self._refuse("invalid_request", "AWS needs a JWT: token_format=jwt is missing")
        unknown = set(form) - {"grant_type", "client_id", "client_secret", "token_format", "app_tid"}
        if unknown:
            return self._refuse("invalid_request", f"unexpected parameters {sorted(unknown)}")
        return 200, {
            "access_token": self.sign(self.client_claims()),
            "token_type": "Bearer",
            "expires_in": self.token_seconds,
        }

    def answer_keys_request(self, request):
        """IAS takes x-client_id and x-app_tid, both or none, and checks them."""
        client_id, app_tid = request.one("x-client_id"), request.one("x-app_tid")
        if (client_id is None) != (app_tid is None):
            return self._refuse("invalid_request", "x-client_id and x-app_tid go together")
        if client_id is not None and (client_id, app_tid) != (self.client_id, APP_TID):
            return self._refuse("invalid_request", f"unknown pair {client_id}, {app_tid}")
        return 200, {"keys": [key.jwk() for key in self.keys]}

    def _refuse(self, error, why):
        self.complaints.append(f"{error}: {why}")
        return 400, {"error": error, "error_description": why}



def client_of(request, form):
    """RFC 6749 §2.3: one way of client authentication, never two."""
    authorization = request.one("authorization")
    if authorization is None:
        if not form.get("client_id") or not form.get("client_secret"):
            raise ValueError("client_id and client_secret are required")
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise ValueError("two ways of client authentication in one request")
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise ValueError(f"authentication scheme {scheme!r}")
    decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    client_id, colon, client_secret = decoded.partition(":")
    if not colon:
        raise ValueError("no colon in the Basic credentials")
    return urllib.parse.unquote_plus(client_id), urllib.parse.unquote_plus(client_secret)
