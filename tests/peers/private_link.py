"""Where the Private Link host leads: `check` tells private from public addresses, and who answers.

    python tests/peers/private_link.py --binary target/release/btp-s3-catalog

Runs in a network of its own, whose name server says what an interface endpoint's host means. What is
public is never connected: nothing but loopback exists there. Needs root and ci/requirements.txt.
"""

import argparse
import http.server
import json
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from ci.judges import own_network
from ci.judges.pki import DAY, KEY_TYPES, Authority, _builder, name
from ci.judging import Cases, clean_environment, leave_on_sigterm

LINK = "vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.com"
HOST = f"bucket.{LINK}"
PRIVATE, OTHER_PRIVATE, PUBLIC = "10.20.30.40", "10.20.30.41", "203.0.113.7"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    given = arguments.parse_args()
    own_network.enter()
    leave_on_sigterm()
    cases = Cases()
    for address in (PRIVATE, OTHER_PRIVATE):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory(prefix="private-link-") as folder:
        folder = Path(folder)
        authority = Authority("Private Link judge")
        (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
        serve(PRIVATE, certificate(folder, authority, f"*.{LINK}"))
        serve(OTHER_PRIVATE, certificate(folder, authority, "*.example.com"))
        directory = own_network.Directory()
        with cases.scene("addresses"):
            look(cases, directory, given.binary.resolve(), folder)
    cases.finish()


def look(cases, directory, binary, folder):
    for name, addresses, outcome, reach, told in (
        ("private", [PRIVATE], "ok", "private", "and answers"),
        ("public", [PUBLIC], "failed", "public", "resolves to public addresses (203.0.113.7)"),
        ("one of two is public", [PRIVATE, PUBLIC], "failed", "public", "not private"),
        ("nothing", [], "failed", None, "does not resolve"),
        ("somebody else's certificate", [OTHER_PRIVATE], "failed", "private", "certificate"),
        ("nobody", ["10.20.30.99"], "failed", "private", "does not answer"),
    ):
        directory.addresses = {HOST: addresses}
        step = checked(binary, folder)
        cases.equal(f"{name}: {outcome}", (step["outcome"], step["facts"].get("reach")), (outcome, reach))
        cases.check(f"{name}: it says so", told in step["seen"], step)
        cases.check(f"{name}: and what to do", outcome == "ok" or step["remedy"], step)


def checked(binary, folder):
    """The step of a report; other steps fail, because nothing else is there."""
    def binding(label, **credentials):
        return {"label": label, "name": f"my-{label}", "credentials": credentials}

    bindings = {
        "privatelink": [binding("privatelink", hostname=f"*.{LINK}")],
        "identity": [binding("identity", clientid="c", clientsecret="s", url="https://127.0.0.1:1", app_tid="t")],
    }
    environment = clean_environment(
        VCAP_SERVICES=json.dumps(bindings),
        CATALOG_CREDENTIAL_SOURCE="oidc",
        CATALOG_ROLE_ARN="arn:aws:iam::123456789012:role/catalog",
        CATALOG_CA_BUNDLE=str(folder / "ca.pem"),
    )
    done = subprocess.run([binary, "check", "--json"], env=environment, capture_output=True, timeout=60, check=False)
    steps = json.loads(done.stdout)["steps"]
    return next(step for step in steps if step["id"] == "private-link")


def certificate(folder, authority, host):
    """The file of a server's certificate below the authority, with its key."""
    key = KEY_TYPES["P-256"]()
    builder = _builder(name("server"), key.public_key(), -DAY, DAY, None)
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    builder = builder.issuer_name(authority.certificate.subject).add_extension(names, False)
    made = builder.sign(authority.key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{host.strip('*.')}.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


class Stranger(http.server.BaseHTTPRequestHandler):
    """What S3 says to somebody without credentials."""

    def do_GET(self):
        self.send_response(403)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def serve(address, file):
    server = http.server.ThreadingHTTPServer((address, 443), Stranger)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    main()
