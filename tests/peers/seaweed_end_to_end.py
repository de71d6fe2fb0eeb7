"""End to end: the release binary, an identity provider, and SeaweedFS as S3 and STS.

    python tests/peers/seaweed_end_to_end.py --binary target/release/btp-s3-catalog

Nothing here is ours but the binary and the provider: the web identity token is judged by
SeaweedFS' STS, and the bucket list comes from its S3. The service is wired by bindings and
CATALOG_* variables only. Needs ci/requirements.txt; everything listens on loopback.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from botocore.exceptions import ClientError

from ci.judging import Cases, end_children, leave_on_sigterm, wait_until
from ci.seaweed.oidc_provider import Provider, SigningKey
from ci.seaweed.seaweed import REGION, ROLE_PREFIX, SeaweedFS
from ci.service import Service

BUCKETS = ["archive-2025", "invoices", "photos.example.com"]
READER = ["S3CatalogReader"]
# A session that ends while the load runs, more than twice.
SHORT_SESSION_SECONDS = 15
LOAD_SECONDS = 40


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    binary = arguments.parse_args().binary.resolve()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="seaweed-e2e-") as folder:
        try:
            play(cases, binary, Path(folder))
        finally:
            end_children()
    cases.finish()


def play(cases, binary, folder):
    provider = Provider()
    storage = SeaweedFS(folder / "long", provider).start()
    for name in BUCKETS:
        storage.client("s3").create_bucket(Bucket=name)
    scenes = Scenes(cases, binary, folder, provider, storage)
    scenes.the_judge_itself()
    scenes.right_set_up()
    scenes.wrong_role()
    scenes.wrong_secret()
    scenes.provider_down_at_start()
    scenes.unusable_settings()
    storage.stop()
    scenes.short_sessions_under_load()
    cases.equal("the provider has nothing to complain about", provider.complaints, [])
    provider.stop()


class Scenes:
    """One method per scene; each starts the service it needs and ends it."""

    def __init__(self, cases, binary, folder, provider, storage):
        self.cases = cases
        self.binary = binary
        self.folder = folder
        self.provider = provider
        self.storage = storage

    def service(self, storage=None, provider=None, role="CatalogReader", **more):
        storage = storage or self.storage
        as_file = more.pop("bindings_as_file", False)
        binding = (provider or self.provider).binding()
        binding["credentials"].update(more.pop("credentials", {}))
        settings = {
            "CATALOG_CREDENTIAL_SOURCE": "oidc",
            "CATALOG_ROLE_ARN": f"{ROLE_PREFIX}/{role}",
            "CATALOG_REGION": REGION,
            "CATALOG_STS_ENDPOINT": storage.endpoint,
            "CATALOG_S3_ENDPOINT": storage.endpoint,
            "CATALOG_LIST_FRESHNESS_MS": "0",
            **more,
        }
        settings = {name: value for name, value in settings.items() if value is not None}
        return Service(self.binary, self.folder, [binding], settings, as_file)

    def the_judge_itself(self):
        """What follows means something only if SeaweedFS refuses what it should refuse."""
        sts = self.storage.client("sts")

        def assume(role, token):
            return sts.assume_role_with_web_identity(
                RoleArn=f"{ROLE_PREFIX}/{role}", RoleSessionName="judge", WebIdentityToken=token
            )["Credentials"]

        own = self.provider.sign(self.provider.client_claims())
        refused = {
            "a token for a role that trusts somebody else": ("SomebodyElse", own),
            "a user's token of the same application": (
                "CatalogReader",
                self.provider.user_token(READER),
            ),
            "a token signed with another key": (
                "CatalogReader",
                self.provider.sign(self.provider.client_claims(), _impostor(self.provider)),
            ),
        }
        with self.cases.scene("SeaweedFS judges web identities"):
            listed = self.storage.session_client(assume("CatalogReader", own)).list_buckets()
            names = [bucket["Name"] for bucket in listed["Buckets"]]
            self.cases.equal("boto3 lists the buckets with a web identity session", names, BUCKETS)
            for what, (role, token) in refused.items():
                self.cases.check(f"SeaweedFS refuses {what}", _is_refused(assume, role, token))

    def right_set_up(self):
        with self.cases.scene("the right set-up"):
            service = self.service(bindings_as_file=True).wait_ready()
            token = self.provider.user_token(READER)
            self.bucket_list(service, token)
            self.content(service, token)
            self.callers(service)
            self.outage(service, token)
            self.cases.equal("SIGTERM ends the service with 0", service.end(), 0)
            self.logs(service, token)

    def content(self, service, token):
        """What boto3 wrote is read byte by byte, whole, in parts, by conditions, under any key."""
        s3 = self.storage.client("s3")
        big = os.urandom(1 << 20) * 24
        keys = {"docs/big.bin": big, "docs/a b+c%2F'd'.txt": b"odd", "\u00fc/\U0001f600.txt": b"emoji", ".hidden": b"dot"}
        for key, body in keys.items():
            s3.put_object(Bucket=BUCKETS[0], Key=key, Body=body, ContentType="text/x-judge")
        for key, body in keys.items():
            url = _content_url(BUCKETS[0], key)
            answer = service.get(url, token)
            same = answer.status == 200 and answer.body == body
            self.cases.check(f"{key!r} is read as it was written", same, (answer.status, len(answer.body)))
            self.cases.equal(f"{key!r} keeps its type", answer.headers.get("content-type"), "text/x-judge")
        url = _content_url(BUCKETS[0], "docs/big.bin")
        part = service.get(url, token, headers={"Range": "bytes=1000-1999"})
        self.cases.equal("a part is a part", (part.status, part.body == big[1000:2000]), (206, True))
        etag = part.headers.get("etag", "")
        known = service.get(url, token, headers={"If-None-Match": etag})
        self.cases.equal("what is known is not sent again", (known.status, known.body), (304, b""))
        other = service.get(url, token, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
        self.cases.equal("If-Range with another tag gives all", (other.status, len(other.body)), (200, len(big)))
        for headers, status in (({"If-Match": '"other"'}, 412), ({"Range": "bytes=99999999-"}, 416)):
            self.cases.equal(f"{headers} is {status}", service.get(url, token, headers=headers).status, status)
        nothing = service.get(_content_url(BUCKETS[0], "nope"), token)
        self.cases.equal("what is not there is 404", (nothing.status, nothing.code()), (404, "NotFound"))

    def bucket_list(self, service, token):
        equal = self.cases.equal
        answer = service.get("/catalog/Buckets", token)
        equal("GET /catalog/Buckets answers 200", answer.status, 200)
        rows = (answer.json() or {}).get("value", [])
        equal("its buckets are exactly those of SeaweedFS", _column(answer, "id"), BUCKETS)
        created = {
            bucket["Name"]: bucket["CreationDate"].strftime("%Y-%m-%dT%H:%M:%S")
            for bucket in self.storage.client("s3").list_buckets()["Buckets"]
        }
        seen = {row.get("name"): str(row.get("created"))[:19] for row in rows}
        equal("name and creation date are SeaweedFS' own", seen, created)
        equal("getBuckets() says the same", _column(service.get("/catalog/getBuckets()", token), "id"), BUCKETS)
        one = service.get("/catalog/Buckets('invoices')", token).json() or {}
        equal("one bucket is found by its key", one.get("id"), "invoices")
        missing = service.get("/catalog/Buckets('nowhere')", token)
        equal("a bucket that is not there is 404 NotFound", (missing.status, missing.code()), (404, "NotFound"))
        filtered = service.get("/catalog/Buckets?$filter=startswith(id,%27p%27)&$select=id", token)
        equal("$filter narrows the list", _column(filtered, "id"), ["photos.example.com"])
        self.storage.client("s3").create_bucket(Bucket="zz-new")
        equal(
            "a new bucket shows at once when list_freshness_ms is 0",
            _column(service.get("/catalog/Buckets", token), "id"),
            [*BUCKETS, "zz-new"],
        )
        self.storage.client("s3").delete_bucket(Bucket="zz-new")
        equal("/health/live needs no token", service.get("/health/live").status, 200)

    def callers(self, service):
        """Who gets an answer: right tokens only, and never more than a 401 or 403 for others."""
        provider = self.provider
        now = int(time.time())
        unauthenticated = {
            "no token": None,
            "garbage": "x.y.z",
            "a token signed with another key": provider.sign(
                provider.user_claims(READER), _impostor(provider)
            ),
            "a token that ended": provider.user_token(READER, iat=now - 7200, exp=now - 3600),
            "a token without an end": provider.user_token(READER, exp=None),
            "a token for another application": provider.user_token(READER, aud="another"),
            "a token of another tenant": provider.user_token(READER, iss="https://evil.example.com"),
        }
        for what, token in unauthenticated.items():
            answer = service.get("/catalog/Buckets", token)
            seen = (answer.status, answer.code(), "www-authenticate" in answer.headers)
            self.cases.equal(f"{what} is 401", seen, (401, "Unauthenticated", True))
        nobody = service.get("/catalog/Buckets", provider.user_token(["SomeOtherGroup"]))
        seen = (nobody.status, nobody.code())
        self.cases.equal("a user without the group is 403", seen, (403, "Forbidden"))
        provider.rotate()
        rotated = service.get("/catalog/Buckets", provider.user_token(READER))
        self.cases.equal("a token signed with the provider's new key is taken", rotated.status, 200)

    def outage(self, service, token):
        self.storage.stop()
        began = time.monotonic()
        answer = service.get("/catalog/Buckets", token, timeout=30)
        seen = (answer.status, answer.code(), "retry-after" in answer.headers)
        name = "with SeaweedFS stopped the answer is 503 StorageUnavailable"
        self.cases.equal(name, seen, (503, "StorageUnavailable", True))
        self.cases.check("it comes within 13 s", time.monotonic() - began < 13)
        self.cases.equal("/health/live stays 200 meanwhile", service.get("/health/live").status, 200)
        self.storage.start()
        again = service.get("/catalog/Buckets", token)
        self.cases.equal("with SeaweedFS back the answer is 200", again.status, 200)

    def logs(self, service, token):
        lines = service.log_lines()
        odd = [line for line in lines if not _is_json_object(line)]
        self.cases.check("every log line is a JSON object", lines and not odd, odd[:3])
        text = "\n".join(lines)
        secrets = [self.provider.client_secret, token, token.rsplit(".", 1)[1]]
        self.cases.check("no secret is in the log", not any(secret in text for secret in secrets))

    def wrong_role(self):
        with self.cases.scene("a role that trusts somebody else"):
            self.without_session("a role that does not trust us", role="SomebodyElse")

    def wrong_secret(self):
        with self.cases.scene("a wrong client secret"):
            self.without_session("a wrong client secret", credentials={"clientsecret": "wrong"})

    def without_session(self, what, **settings):
        """The service lives, is not ready, and says 503 NoSession."""
        service = self.service(**settings).wait_alive()
        answer = service.get("/catalog/Buckets", self.provider.user_token(READER), timeout=30)
        seen = (answer.status, answer.code(), "retry-after" in answer.headers)
        self.cases.equal(f"{what}: 503 NoSession", seen, (503, "NoSession", True))
        self.cases.equal(f"{what}: not ready", service.get("/health/ready").status, 503)
        self.cases.equal(f"{what}: alive", service.get("/health/live").status, 200)
        service.end()

    def provider_down_at_start(self):
        with self.cases.scene("a provider that is down at start"):
            provider = self.provider
            provider.down = True
            try:
                service = self.service().wait_alive()
                time.sleep(1)
                ready = service.get("/health/ready").status
            finally:
                provider.down = False
            self.cases.equal("with the provider down the service is alive, not ready", ready, 503)
            service.wait_ready(30)
            answer = service.get("/catalog/Buckets", provider.user_token(READER))
            self.cases.equal("it comes up by itself when the provider is back", answer.status, 200)
            service.end()

    def unusable_settings(self):
        with self.cases.scene("unusable settings"):
            service = self.service(CATALOG_ROLE_ARN=None, CATALOG_CREDENTIAL_SOURCE="guess")
            wait_until(lambda: not service.child.running(), 10, "the end of the service")
            self.cases.equal("unusable settings end with 64", service.child.process.returncode, 64)
            said = "\n".join(service.log_lines())
            told = "role_arn" in said.lower() and "credential_source" in said.lower()
            self.cases.check("both problems are told at once", told, said)

    def short_sessions_under_load(self):
        with self.cases.scene("short sessions under load"):
            duration = f"{SHORT_SESSION_SECONDS}s"
            storage = SeaweedFS(self.folder / "short", self.provider, duration).start()
            storage.client("s3").create_bucket(Bucket=BUCKETS[0])
            own = self.provider.sign(self.provider.client_claims())
            control = storage.session_client(
                storage.client("sts").assume_role_with_web_identity(
                    RoleArn=f"{ROLE_PREFIX}/CatalogReader",
                    RoleSessionName="control",
                    WebIdentityToken=own,
                )["Credentials"]
            )
            control.list_buckets()
            service = self.service(storage=storage).wait_ready()
            load = Load(service, self.provider.user_token(READER))
            load.run(LOAD_SECONDS)
            ended = _is_refused(control.list_buckets)
            self.cases.check("a session that is not renewed has ended meanwhile", ended)
            self.cases.check("the load was real", load.asked > 200, load.asked)
            name = f"no request of {load.asked} failed while sessions ended"
            self.cases.check(name, not load.failures, load.failures[:3])
            service.end()
            storage.stop()


class Load:
    """Four callers that ask again and again; remembers every answer but 200."""

    def __init__(self, service, token):
        self.service = service
        self.token = token
        self.asked = 0
        self.failures = []
        self._lock = threading.Lock()

    def run(self, seconds):
        end = time.monotonic() + seconds
        callers = [threading.Thread(target=self._caller, args=(end,)) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    def _caller(self, end):
        while time.monotonic() < end:
            answer = self.service.get("/catalog/Buckets", self.token)
            right = answer.status == 200 and _column(answer, "id") == [BUCKETS[0]]
            with self._lock:
                self.asked += 1
                if not right:
                    self.failures.append(answer)
            time.sleep(0.02)


def _impostor(provider):
    """Another key under the name of the provider's own."""
    key = SigningKey()
    key.kid = provider.keys[-1].kid
    return key


def _is_refused(call, *arguments):
    try:
        call(*arguments)
    except ClientError:
        return True
    return False


def _content_url(bucket, key):
    key = urllib.parse.quote(key.replace("'", "''"), safe="")
    return f"/catalog/Buckets('{bucket}')/objects('{key}')/content"


def _column(answer, name):
    rows = (answer.json() or {}).get("value", [])
    return [row.get(name) for row in rows]


def _is_json_object(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


if __name__ == "__main__":
    main()
