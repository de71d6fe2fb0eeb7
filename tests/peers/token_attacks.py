"""Forged and malformed tokens before the running service: each is refused, and says nothing of why.

Between the attacks good tokens pass, the issuers are not flooded, and no place that a token names
is ever asked.
"""

import argparse
import json
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judges import token_world
from ci.judges.token_attacks import GOOD_AWS, attacks
from ci.judges.token_world import NAMES, World
from ci.judges.tokens import Draft, Keys
from ci.judging import Cases, leave_on_sigterm
from ci.service import Service

TABLE = Path(__file__).resolve().parents[1] / "tokens/table.json"


def status_of(service, lines):
    """Status and body for a request with exactly these header lines (bytes)."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        head = [b"GET /catalog/ HTTP/1.1", b"Host: x", b"Connection: close", *lines]
        connection.sendall(b"\r\n".join(head) + b"\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.lower(), body


def header_forms(token):
    """Ways to show a good token that are none."""
    bearer = b"Bearer " + token
    yield "no header", []
    yield "twice", [b"Authorization: " + bearer] * 2
    yield "two different", [b"Authorization: " + bearer, b"Authorization: Basic eDp5"]
    for name, value in (
        ("Basic", b"Basic " + token), ("no scheme", token), ("Token", b"Token " + token), ("JWT", b"JWT " + token),
        ("two blanks", b"Bearer  " + token), ("a tab", b"Bearer\t" + token), ("a comma", bearer + b", x"),
        ("two tokens", bearer + b" " + token), ("quoted", b'Bearer "' + token + b'"'), ("empty", b"Bearer"),
        ("nothing behind", b"Bearer "), ("DPoP", b"DPoP " + token), ("Negotiate", b"Negotiate " + token),
        ("a colon", b"Bearer: " + token), ("in parts", bearer.replace(b".", b" .")),
    ):
        yield name, [b"Authorization: " + value]
    for name in (b"X-Authorization", b"Proxy-Authorization", b"X-Approuter-Authorization", b"X-Forwarded-Access-Token",
                 b"X-Forwarded-Client-Cert", b"Authorisation", b"X-Amz-Security-Token"):
        yield name.decode(), [name + b": " + bearer]
    yield "cookie", [b"Cookie: token=" + token + b"; Authorization=" + bearer]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    token_world.enter()
    leave_on_sigterm()
    cases, keys, now = Cases(), Keys(), int(time.time())
    good = {**json.loads(TABLE.read_text())["good"], "aws": GOOD_AWS}
    names = {**NAMES, "now": now}

    def draft(kind, changes):
        token = Draft(keys, names, good[kind]["header"], good[kind]["claims"])
        for change in changes:
            token.change(*change)
        return token.token().encode("utf-8", "surrogateescape")

    with tempfile.TemporaryDirectory() as folder:
        world = World(keys, folder)
        service = Service(options.binary, folder, world.bindings(), world.settings()).wait_alive()
        shown = {kind: draft(kind, []) for kind in good}

        def passes(when):
            for kind, token in shown.items():
                status, _, body = status_of(service, [b"Authorization: Bearer " + token])
                cases.check(f"a good {kind} token passes {when}", status == 200, (status, body))

        passes("before the attacks")
        shown["aws on a curve"] = draft("aws", [["header", "alg", "ES384"], ["header", "kid", "EC384_0"], ["sign", "es384"]])
        passes("on a curve")
        wrong, count, bodies = [], 0, set()
        for name, kind, changes in attacks():
            lines = [b"Authorization: Bearer " + draft(kind, changes)]
            count += 1
            verdict = judged(service, lines)
            bodies.add(verdict[1])
            if verdict[0] not in (401, 403):
                wrong.append((name, *verdict))
            if count % 200 == 0:
                print(f"      {count} attacks", flush=True)
        for name, lines in header_forms(shown["ias"]):
            count += 1
            verdict = judged(service, lines)
            if verdict[0] != 401:
                wrong.append((name, *verdict))
        for name, *verdict in wrong:
            cases.check(name, False, verdict)
        cases.check(f"all of {count} attacks were refused", not wrong and count >= 350, len(wrong))
        cases.check("the answers tell nothing of why", len(bodies - {b""}) <= 3, sorted(bodies))
        passes("after the attacks")
        stray = [it for it in world.asked if it.startswith("canary") and not it.startswith("canary.test/store")]
        cases.check("nobody was led to a place that a token names", not stray, stray)
        fetched = [it for it in world.asked if "certs" in it or "keys" in it or "jwks" in it]
        cases.check(f"keys were fetched {len(fetched)} times only", len(fetched) <= 30, fetched)
        cases.equal("SIGTERM ends the service with 0", service.end(), 0)
        log = "\n".join(service.log_lines())
        cases.check("no token is in the log", not any(token.decode() in log for token in shown.values()))
    cases.finish()


def judged(service, lines):
    """Status and body; a refusal without its header counts as none."""
    try:
        status, head, body = status_of(service, lines)
    except OSError as error:
        return 0, str(error).encode()
    if status == 431:  # longer than any header may be
        return 401, b""
    if status == 400 and b"json" not in head:  # bytes that no header may have
        return 401, b""
    if status == 401 and b"www-authenticate: bearer" not in head:
        return 0, b"401 without WWW-Authenticate"
    return status, body


if __name__ == "__main__":
    main()
