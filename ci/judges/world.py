"""The service between judges: its certificate comes from a Destination stand-in, its session from a
CreateSession verifier, its buckets from an S3 that takes these sessions only.
"""

import json
import threading
import time
from pathlib import Path

from ci.judges import keystores, pki, roles_anywhere_server as aws
from ci.judges.destination_server import DestinationService
from ci.judges.s3_list_server import ListBuckets
from ci.seaweed.oidc_provider import Provider
from ci.service import Service

STORE = "aws rolesanywhere+ü.pem"  # a name that must be escaped in the URL
BUCKETS = {"invoices": "2024-02-29T12:00:00.000Z", "photos.example.com": "2025-01-01T00:00:00.000Z"}
READER = ["S3CatalogReader"]


class Stage:
    """What all worlds share: the binary, a folder, the trust anchor and the callers' provider."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = Path(folder)
        self.root = pki.Authority("Judge Root")
        self.provider = Provider()


class World:
    """The judges for one case, and the service in front of them."""

    def __init__(self, stage, identity, store=None, **judge):
        self.stage = stage
        self.aws = aws.RolesAnywhere(stage.root, **judge)
        self.s3 = ListBuckets(self.aws.sessions, BUCKETS, aws.REGION)
        self.destination = DestinationService()
        self.destination.certificates[STORE] = keystores.pem(identity) if store is None else store
        self.service = None

    def start(self, drop=(), **settings):
        wanted = {
            "CATALOG_CREDENTIAL_SOURCE": "roles-anywhere",
            "CATALOG_REGION": aws.REGION,
            "CATALOG_ROLE_ARN": aws.ROLE,
            "CATALOG_TRUST_ANCHOR_ARN": aws.TRUST_ANCHOR,
            "CATALOG_PROFILE_ARN": aws.PROFILE,
            "CATALOG_CERTIFICATE": STORE,
            "CATALOG_ROLES_ANYWHERE_ENDPOINT": self.aws.url,
            "CATALOG_S3_ENDPOINT": self.s3.url,
            "CATALOG_LIST_FRESHNESS_MS": "0",
            **settings,
        }
        wanted = {name: value for name, value in wanted.items() if name not in drop}
        bindings = [self.destination.binding(), self.stage.provider.binding()]
        self.service = Service(self.stage.binary, self.stage.folder, bindings, wanted)
        return self

    def buckets(self):
        """(status, error code, bucket names) of the list."""
        answer = self.service.get("/catalog/Buckets", self.stage.provider.user_token(READER), timeout=30)
        rows = (answer.json() or {}).get("value", [])
        return answer.status, answer.code(), [row.get("id") for row in rows]

    def log(self):
        return "\n".join(self.service.log_lines())

    def log_tells(self, text):
        """Whether the log holds the text, in whatever case, within three seconds."""
        end = time.monotonic() + 3
        while text not in self.log().lower():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def reason(self):
        """What the first log line about a failure gives as its reason."""
        for line in self.service.log_lines():
            fields = json.loads(line)
            if fields.get("level") in ("warn", "error") and "error" in fields:
                return fields["error"]
        return ""

    def end(self):
        if self.service is not None:
            self.service.end()
        for server in (self.aws, self.s3, self.destination):
            server.stop()


class Load:
    """One caller that asks again and again while the `with` lasts."""

    def __init__(self, world):
        self.world = world
        self.asked = 0
        self.failures = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()

    def _run(self):
        while not self._ending.wait(0.02):
            answer = self.world.buckets()
            self.asked += 1
            if answer != (200, None, sorted(BUCKETS)):
                self.failures.append(answer)
