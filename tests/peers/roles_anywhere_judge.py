"""The service's Roles Anywhere client before a strict, independent judge.

    python tests/peers/roles_anywhere_judge.py --binary target/release/btp-s3-catalog

Key stores are handed over by a Destination stand-in, sessions by a CreateSession verifier written
from AWS's documentation, buckets by an S3 that takes these sessions only. Nothing of the service
or of its sandbox is used but the binary. Needs ci/requirements.txt; loopback only.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cryptography.hazmat.primitives.serialization import PrivateFormat

from ci.judges import keystores, pki, roles_anywhere_client, roles_anywhere_server as aws
from ci.judges.s3_list_server import error
from ci.judges.world import BUCKETS, STORE, Load, Stage, World
from ci.judging import Cases, end_children, leave_on_sigterm, wait_until
from ci.loopback import Reply



def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    binary = arguments.parse_args().binary.resolve()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="roles-anywhere-judge-") as folder:
        try:
            scenes = Scenes(cases, binary, Path(folder))
            for scene in (
                scenes.the_judge_itself,
                scenes.key_types,
                scenes.chains,
                scenes.serial_numbers,
                scenes.key_stores,
                scenes.parameters,
                scenes.destination,
                scenes.passing_faults,
                scenes.lasting_faults,
                scenes.storage_answers,
                scenes.unusable_certificates,
                scenes.rotation_under_load,
                scenes.outage_under_load,
            ):
                with cases.scene(scene.__name__):
                    scene()
        finally:
            end_children()
    cases.finish()


class Scenes:
    """One method per subject; a case is a world with one thing set up differently."""

    def __init__(self, cases, binary, folder):
        self.cases = cases
        self.stage = Stage(binary, folder)
        self.root = self.stage.root
        self.issuer = self.root.below(1)
        self.other = pki.Identity(self.issuer)

    def lists(self, name, identity, store=None, chain=None, judge=None, check=None, **settings):
        """The service gets a session with this key store and lists the buckets."""
        with self.cases.scene(name):
            world = World(self.stage, identity, store, **(judge or {}))
            try:
                drop = settings.pop("drop", ())
                world.start(drop, **settings).service.wait_ready(10)
                listed = world.buckets() == (200, None, sorted(BUCKETS))
                seen = world.aws.accepted[-1]
                expected = identity.intermediates if chain is None else chain
                right = (
                    listed
                    and seen["leaf"] == identity.certificate
                    and seen["chain"] == expected
                    and not world.aws.refused
                    and not world.s3.refused
                    and not world.destination.complaints
                    and (check is None or check(world, seen))
                )
                told = (listed, seen, world.aws.refused, world.s3.refused, world.destination.complaints)
                self.cases.check(name, right, told)
            finally:
                world.end()

    def the_judge_itself(self):
        """The judge takes right requests of every key type, and none that is bent."""
        server = aws.RolesAnywhere(self.root)
        ask = roles_anywhere_client.create_session
        for key_type in pki.KEY_TYPES:
            status, _ = ask(server.url, pki.Identity(self.issuer, key_type))
            self.cases.equal(f"the judge takes a right request with {key_type}", status, 201)
        p384, rsa = pki.Identity(self.issuer, "P-384"), pki.Identity(self.issuer, "RSA-2048")
        deep = pki.Identity(self.root.below(3))
        foreign = pki.Identity(pki.Authority("Another Root"))
        bent = {
            "a serial number in hexadecimal": (p384, {"serial": f"{p384.certificate.serial_number:x}"}),
            "another region": (p384, {"region": "us-east-1"}),
            "a clock that is 10 minutes late": (p384, {"minutes": -10}),
            "a clock that is 10 minutes early": (p384, {"minutes": 10}),
            "a chain without the intermediate": (p384, {"chain": []}),
            "a chain upside down": (deep, {"chain": deep.intermediates[::-1]}),
            "a chain with the root": (p384, {"chain": p384.chain}),
            "a chain with the leaf": (p384, {"chain": [p384.certificate, *p384.intermediates]}),
            "another trust anchor's certificate": (foreign, {}),
            "a certificate that ended": (pki.Identity(self.issuer, ends=-pki.DAY / 2), {}),
            "a certificate that begins tomorrow": (pki.Identity(self.issuer, begins=pki.DAY), {}),
            "the algorithm of another key type": (rsa, {"algorithm": "AWS4-X509-ECDSA-SHA256"}),
            "RSA-PSS": (rsa, {"signer": roles_anywhere_client.sign_pss}),
            "ECDSA with SHA-384": (p384, {"signer": roles_anywhere_client.sign_with_sha384}),
            "an upper-case signature": (p384, {"signer": roles_anywhere_client.sign_upper_case}),
            "an unsigned certificate header": (p384, {"unsigned": "x-amz-x509"}),
            "an unsigned chain header": (p384, {"unsigned": "x-amz-x509-chain"}),
            "an unsigned host": (p384, {"unsigned": "host"}),
            "a header changed after signing": (p384, {"late": {"host": "elsewhere"}}),
            "another role": (p384, {"members": {"roleArn": aws.ROLE + "x"}}),
            "a session of a day": (p384, {"members": {"durationSeconds": 86400}}),
            "a session name that the profile forbids": (p384, {"members": {"roleSessionName": "x1"}}),
            "another path": (p384, {"target": "/session"}),
        }
        for name, (identity, how) in bent.items():
            status, _ = ask(server.url, identity, **how)
            self.cases.check(f"the judge refuses {name}", status in (400, 403, 404), status)
        server.stop()

    def key_types(self):
        for key_type in pki.KEY_TYPES:
            self.lists(f"key {key_type}", pki.Identity(self.issuer, key_type))
        self.lists("an RSA key under an RSA authority", pki.Identity(pki.Authority("RSA Issuer", self.root, "RSA-2048"), "RSA-2048"))

    def chains(self):
        for length in range(5):
            self.lists(f"{length} intermediate certificates", pki.Identity(self.root.below(length)))

    def serial_numbers(self):
        for name, serial in {
            "serial number 1": 1,
            "a serial number of 16 octets": 1 << 127,
            "a serial number of 20 octets": (1 << 159) - 1,
            "a serial number whose first octet is zero in DER": 0x80 << 120,
        }.items():
            self.lists(name, pki.Identity(self.issuer, serial=serial))

    def key_stores(self):
        ec, rsa = pki.Identity(self.issuer, "P-256"), pki.Identity(self.issuer, "RSA-2048")
        deep = pki.Identity(self.root.below(3))
        protected = {"CATALOG_CERTIFICATE_PASSWORD": keystores.PASSWORD}
        lists = self.lists
        lists("PEM, SEC1 key", ec, keystores.pem(ec, PrivateFormat.TraditionalOpenSSL))
        lists("PEM, PKCS#1 key", rsa, keystores.pem(rsa, PrivateFormat.TraditionalOpenSSL))
        lists("PEM, certificates before the key", ec, keystores.certificates(ec) + keystores.private_key(ec.key))
        lists("PEM with the root", ec, keystores.pem(ec, root=True))
        lists("PEM shuffled, with comments and CRLF", deep, keystores.shuffled_pem(deep))
        lists("PEM, encrypted PKCS#8 key", ec, keystores.pem(ec, password=keystores.PASSWORD), **protected)
        lists("PKCS#12, RSA", rsa, keystores.p12(rsa), **protected)
        lists("PKCS#12, EC, chain of 3", deep, keystores.p12(deep), **protected)
        lists("PKCS#12 of an older tool (3DES, SHA-1)", rsa, keystores.p12(rsa, legacy=True), **protected)
        plain = {"CATALOG_CERTIFICATE_PASSWORD": "changeit"}
        lists("JKS, RSA", rsa, keystores.jks(rsa, "changeit"), **plain)
        lists("JKS, EC, chain of 3", deep, keystores.jks(deep, "changeit"), **plain)
        lists("JKS, a password beyond ASCII", rsa, keystores.jks(rsa), **protected)

    def parameters(self):
        identity = self.other
        self.lists(
            "the default session is 900 s long and has no name",
            identity,
            check=lambda _, seen: seen["members"].get("durationSeconds") == 900
            and "roleSessionName" not in seen["members"],
        )
        self.lists(
            "session_duration_seconds is asked for",
            identity,
            check=lambda _, seen: seen["members"]["durationSeconds"] == 1800,
            CATALOG_SESSION_DURATION_SECONDS="1800",
        )
        self.lists(
            "session_name is sent where the profile takes it",
            identity,
            judge={"takes_session_names": True},
            check=lambda _, seen: seen["members"]["roleSessionName"] == "audit-me",
            CATALOG_SESSION_NAME="audit-me",
        )
        alias = aws.TRUST_ANCHOR.rsplit(":", 1)[0] + ":alias/trust-anchor/btp/catalog"
        with self.cases.scene("an alias ARN"):
            world = World(self.stage, identity)
            try:
                world.aws.arns["trustAnchorArn"].add(alias)
                world.start(CATALOG_TRUST_ANCHOR_ARN=alias).service.wait_ready(10)
                members = world.aws.accepted[-1]["members"]
                self.cases.equal("an alias ARN travels as it is", members["trustAnchorArn"], alias)
            finally:
                world.end()

    def destination(self):
        """Everything from a destination: key store, password and aws.* properties."""
        identity = pki.Identity(self.root.below(2), "RSA-2048")
        world = World(self.stage, identity, keystores.p12(identity))
        world.destination.destinations["aws-catalog"] = {
            "URL": "https://rolesanywhere.eu-central-1.amazonaws.com",
            "Authentication": "ClientCertificateAuthentication",
            "KeyStoreLocation": STORE,
            "KeyStorePassword": keystores.PASSWORD,
            "aws.region": aws.REGION,
            "aws.role_arn": aws.ROLE,
            "aws.trust_anchor_arn": aws.TRUST_ANCHOR,
            "aws.profile_arn": aws.PROFILE,
        }
        drop = ["CATALOG_" + key for key in ("CERTIFICATE", "REGION", "ROLE_ARN", "TRUST_ANCHOR_ARN", "PROFILE_ARN")]
        try:
            world.start(drop, CATALOG_DESTINATION="aws-catalog").service.wait_ready(10)
            self.cases.equal("a destination tells everything", world.buckets(), (200, None, sorted(BUCKETS)))
            self.cases.equal("it was asked for correctly", world.destination.complaints, [])
        finally:
            world.end()

    def passing_faults(self):
        """What a retry mends is not seen by anybody."""
        for name, fault in {
            "429": aws.throttled,
            "500": aws.internal,
            "a router's 503 page": aws.html_503,
            "a reset connection": aws.reset,
        }.items():
            with self.cases.scene(f"{name}, then a session"):
                world = World(self.stage, self.other)
                try:
                    world.aws.faults.append(fault)
                    world.start().service.wait_ready(10)
                    self.cases.equal(f"{name}, then a session", world.buckets()[0], 200)
                    self.cases.equal(f"{name}: both attempts were right", (world.aws.faulted, world.aws.refused), (1, []))
                finally:
                    world.end()

    def lasting_faults(self):
        """503 NoSession as long as it lasts, the reason in the log, and back by itself."""
        for name, (fault, told) in {
            "a proxy's page with 200": (aws.html_200, "html"),
            "an empty credentialSet": (aws.empty_set, "credentialset"),
            "an answer cut short": (aws.truncated, ""),
            "an untrusted certificate": (aws.untrusted, "trust"),
            "a clock that is off": (aws.clock_off, "clock"),
            "throttling without end": (aws.throttled, "429"),
        }.items():
            with self.cases.scene(name):
                world = World(self.stage, self.other)
                try:
                    world.aws.faults.extend([fault] * 1000)
                    world.start().service.wait_alive()
                    self.cases.equal(f"{name}: 503 NoSession", world.buckets()[:2], (503, "NoSession"))
                    self.cases.equal(f"{name}: not ready", world.service.get("/health/ready").status, 503)
                    self.cases.check(f"{name}: the log says why", world.log_tells(told), world.log()[-500:])
                    world.aws.faults.clear()
                    world.service.wait_ready(60)
                    self.cases.equal(f"{name}: back by itself", world.buckets()[0], 200)
                    self.cases.check(f"{name}: asked with patience", world.aws.faulted <= 20, world.aws.faulted)
                finally:
                    world.end()

    def storage_answers(self):
        """What S3 may answer, by status and code for the caller; never an empty list instead."""
        page = {"Content-Type": "text/html"}
        doctype = b'<!DOCTYPE x [<!ENTITY a "a">]><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>'
        always = {
            "AccessDenied": (error(403, "AccessDenied"), (403, "StorageDenied")),
            "SlowDown": (error(503, "SlowDown"), (503, "StorageUnavailable")),
            "a redirect to another region": (
                error(301, "PermanentRedirect", x_amz_bucket_region="us-east-1"),
                (502, "StorageError"),
            ),
            "a session that is over, again and again": (error(400, "ExpiredToken"), (503, "NoSession")),
            "a reset connection": (Reply(fault="reset"), (503, "StorageUnavailable")),
            "a page instead of a list": (Reply(200, b"<html><body>hello</body></html>", page), (502, "StorageError")),
            "a list that is no XML": (Reply(200, b"<ListAllMyBucketsResult><Buckets>"), (502, "StorageError")),
            "a list with a document type": (Reply(200, doctype), (502, "StorageError")),
        }
        world = World(self.stage, self.other)
        try:
            world.start().service.wait_ready(10)
            for name, (fault, expected) in always.items():
                world.s3.faults = [fault] * 20
                self.cases.equal(f"S3 answers {name}", world.buckets(), (*expected, []))
            for name in ("SlowDown", "ExpiredToken", "InternalError"):
                world.s3.faults = [error(400 if name == "ExpiredToken" else 503, name)]
                self.cases.equal(f"S3 answers {name} once", world.buckets(), (200, None, sorted(BUCKETS)))
            world.s3.faults = []
            world.s3.buckets = {f"bucket-{n:03}": "2025-01-01T00:00:00.000Z" for n in range(25)}
            world.s3.page_size = 10
            self.cases.equal("every page is read", world.buckets()[2], sorted(world.s3.buckets))
            self.cases.equal("no wrong request was sent", (world.aws.refused, world.s3.refused), ([], []))
        finally:
            world.end()

    def unusable_certificates(self):
        """Told apart in the log, never sent to AWS, and no reason for the process to end."""
        good = self.other
        late = pki.Identity(self.issuer, ends=-pki.DAY / 2)
        early = pki.Identity(self.issuer, begins=pki.DAY)
        wrong = {"CATALOG_CERTIFICATE_PASSWORD": "wrong"}
        reasons = {}
        for name, store, settings in [
            ("a certificate that ended", keystores.pem(late), {}),
            ("a certificate that begins tomorrow", keystores.pem(early), {}),
            ("a key of another certificate", keystores.private_key(good.key) + keystores.certificates(late), {}),
            ("a store without key", keystores.certificates(good), {}),
            ("a wrong password of PKCS#12", keystores.p12(good), wrong),
            ("a wrong password of JKS", keystores.jks(good), wrong),
            ("a wrong password of PEM", keystores.pem(good, password="right"), wrong),
            ("an empty store", b"", {}),
            ("a store that is none", b"PK\x03\x04 this is a zip file", {}),
        ]:
            with self.cases.scene(name):
                world = World(self.stage, good, store)
                try:
                    world.start(**settings).service.wait_alive()
                    self.cases.equal(f"{name}: 503 NoSession", world.buckets()[:2], (503, "NoSession"))
                    asked = len(world.aws.accepted) + len(world.aws.refused)
                    self.cases.equal(f"{name}: AWS is not asked", asked, 0)
                    self.cases.check(f"{name}: the log names the store", world.log_tells("rolesanywhere+"), world.log()[-500:])
                    self.cases.check(f"{name}: no secret in the log", "PRIVATE KEY" not in world.log())
                    reasons[name] = world.reason()
                finally:
                    world.end()
        told = [reasons.get(name) for name in list(reasons)[:5]]
        self.cases.check("each of the first five has a reason of its own", all(told) and len(set(told)) == 5, told)

    def rotation_under_load(self):
        """A new certificate is picked up at the next renewal, and nobody notices."""
        first, second = pki.Identity(self.issuer, "P-256"), pki.Identity(self.issuer, "RSA-2048")
        world = World(self.stage, first, session_seconds=6)
        try:
            world.start().service.wait_ready(10)
            load = Load(world)
            with load:
                time.sleep(2)
                world.destination.certificates[STORE] = keystores.pem(second)
                wait_until(lambda: world.aws.accepted[-1]["leaf"] == second.certificate, 15, "the new certificate")
                time.sleep(7)
            self.cases.check("a rotated certificate takes effect without a restart", True)
            self.cases.check(f"none of {load.asked} requests failed meanwhile", load.asked > 50 and not load.failures, load.failures[:3])
            self.cases.check("an unchanged certificate is asked for with its ETag", world.destination.not_modified > 0)
            self.cases.equal("no wrong request was sent", (world.aws.refused, world.s3.refused), ([], []))
        finally:
            world.end()

    def outage_under_load(self):
        """While a session lives, nobody sees that Roles Anywhere is away."""
        world = World(self.stage, self.other, session_seconds=10)
        try:
            world.start().service.wait_ready(10)
            with Load(world) as load:
                world.aws.faults.extend([aws.internal] * 1000)
                wait_until(lambda: world.aws.faulted > 0, 10, "a renewal during the outage")
                ready = world.service.get("/health/ready").status
                world.aws.faults.clear()
                before = len(world.aws.accepted)
                wait_until(lambda: len(world.aws.accepted) > before, 15, "a renewal after the outage")
            self.cases.equal("ready while a live session is held", ready, 200)
            self.cases.check(f"none of {load.asked} requests failed during the outage", load.asked > 20 and not load.failures, load.failures[:3])
        finally:
            world.end()


if __name__ == "__main__":
    main()
