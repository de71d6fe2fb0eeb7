"""Forged and malformed tokens before the running service: each is refused, and says nothing of why.

    python tests/peers/token_attacks.py --binary target/release/btp-s3-catalog

First the attacks themselves are judged: each must be let in by the weakness that it is made for.
Then they come before the service. Between them good tokens pass, the issuers are not flooded, and
no place that a token names is ever asked or even looked up. Runs in a network of its own.
"""

import argparse
import json
import re
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judges import own_network
from ci.judges.token_attacks import KINDS, Forge, prove
from ci.judges.token_keys import Keys
from ci.judges.token_world import AWS, IAS, NAMES, NEIGHBOUR, XSUAA, World
from ci.judging import Answer, Cases, leave_on_sigterm
from ci.service import Service

LEAST = 350
CHALLENGES = {"Bearer": "none was shown", 'Bearer error="invalid_token"': "it was refused"}
# what no server takes in a header, and so answers before anybody looks at it
NO_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
LONGEST_HEAD = 64 * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of tokens, with commas between")
    options = parser.parse_args()
    own_network.enter()
    leave_on_sigterm()
    kinds = options.kinds.split(",")
    cases, forge = Cases(), Forge(Keys(), {**NAMES, "now": int(time.time())})
    attacks = list(forge.attacks())
    prove(cases, forge, attacks)
    attacks = [attack for attack in attacks if attack.name.partition(":")[0] in kinds]
    for kind in kinds:
        count = sum(attack.name.startswith(f"{kind}:") for attack in attacks)
        cases.check(f"there are {count} attacks with tokens of {kind}", count >= LEAST, count)
    with tempfile.TemporaryDirectory(prefix="token-attacks-") as folder:
        world = World(forge.keys, folder)
        service = Service(options.binary.resolve(), folder, world.bindings(), world.settings()).wait_alive()
        began = time.monotonic()
        siege = Siege(cases, forge, service, kinds)
        siege.attack(attacks)
        siege.flood(world)
        stray = world.strays()
        cases.check("nobody was asked or looked up because a token says so", not stray, stray)
        most = 5 + int(time.monotonic() - began) // 60
        for host in (IAS, XSUAA, AWS):
            count = world.fetches(host)
            cases.check(f"{host} was asked {count} times only", count <= most, [it for it in world.asked if it.startswith(host)])
        cases.equal("SIGTERM ends the service with 0", service.end(), 0)
        logs(cases, service, siege)
    cases.finish()


class Siege:
    """Shows tokens to the service and notes what it says."""

    def __init__(self, cases, forge, service, kinds):
        self.cases, self.forge, self.service, self.kinds = cases, forge, service, kinds
        self.shown, self.bodies, self.shut_out = [], {}, []
        self.passed = 0

    def attack(self, attacks):
        self._good_ones()
        wrong = {}
        for number, attack in enumerate(attacks):
            fault = self._fault(attack.lines, attack.target)
            if fault:
                wrong.setdefault(attack.family, []).append(f"{attack.name}: {fault}")
            if number % 20 == 19:
                self._good_ones()
        for family in dict.fromkeys(attack.family for attack in attacks):
            count = sum(attack.family == family for attack in attacks)
            self.cases.check(f"{family}: {count} refused", family not in wrong, wrong.get(family, [])[:8])
        self.cases.check(f"{self.passed} good tokens passed between the attacks", not self.shut_out, self.shut_out[:5])
        several = {why: bodies for why, bodies in self.bodies.items() if len(bodies) > 1}
        self.cases.check("a refusal has one text, whatever the reason", not several and self.bodies, several)

    def flood(self, world):
        """Names that an attacker may make up without end cost the issuers next to nothing."""
        if "ias" not in self.kinds:
            return
        faults = []
        for number in range(60):
            for made_up in (
                [["header", "kid", f"made-up-{number}"]],
                [["header", "kid", f"no-{number}"], ["claim", "azp", f"made-up-{number}"]],
                [["claim", "iss", f"https://t{number}.accounts.test"]],
            ):
                faults.append(self._fault([self._line("ias", *made_up)]))
        faults = [fault for fault in faults if fault]
        self.cases.check("180 made-up keys, applications and tenants are refused", not faults, faults[:5])
        hosts = {it.partition("/")[0] for it in world.asked}
        asked = sum(NEIGHBOUR.fullmatch(host) is not None for host in hosts)
        self.cases.check(f"of 60 made-up tenants {asked} were asked for keys", 0 < asked <= 40, asked)
        before = self.passed
        self._good_ones()
        self.cases.equal("good tokens pass after the flood", (self.passed > before, self.shut_out), (True, []))

    def _line(self, kind, *changes):
        return b"Authorization: Bearer " + self.forge.token(kind, *changes)

    def _good_ones(self):
        """One fresh token of each kind."""
        number = len(self.shown)
        made = [self._line(kind, ["claim", "jti", f"good-{number}"]) for kind in self.kinds]
        if "aws" in self.kinds:
            curve = (["header", "alg", "ES384"], ["header", "kid", "EC384_0"], ["sign", "es384"])
            made.append(self._line("aws", *curve, ["claim", "jti", f"curve-{number}"]))
        for line in made:
            answer = ask(self.service.port, [line])
            self.shown.append(line)
            self.passed += answer.status == 200
            if answer.status != 200:
                self.shut_out.append(repr(answer))

    def _fault(self, lines, target="/catalog/"):
        """What is wrong with the answer, or nothing."""
        answer = ask(self.service.port, lines, target)
        if answer.status == 400 and any(NO_HEADER.search(line) for line in lines):
            return None
        if answer.status == 431 and sum(map(len, lines)) > LONGEST_HEAD:
            return None
        if answer.status not in (401, 403):
            return f"status {answer!r}"
        challenge = answer.headers.get("www-authenticate")
        expected = {401: "Unauthenticated", 403: "Forbidden"}[answer.status]
        if answer.code() != expected or not answer.headers.get("content-type", "").startswith("application/json"):
            return f"no error of OData: {answer!r}"
        if answer.status == 401 and challenge not in CHALLENGES:
            return f"challenge {challenge!r}"
        self.bodies.setdefault((answer.status, challenge), set()).add(answer.body)
        return None


def ask(port, lines, target="/catalog/"):
    """The answer to a request with exactly these header lines."""
    head = [b"GET " + target.encode() + b" HTTP/1.1", b"Host: catalog.test", b"Connection: close", *lines]
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"\r\n".join(head) + b"\r\n\r\n")
            while chunk := connection.recv(65536):
                answer += chunk
    except OSError as error:
        if not answer:
            return Answer(0, [], str(error).encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    return Answer(int(status.split(" ")[1]), pairs, body)


def logs(cases, service, siege):
    """What tokens say stays out of the log, and what they bring along can't break it."""
    lines = service.log_lines()
    odd = []
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            odd.append(line[:200])
    cases.check("every line of the log is a JSON object", lines and not odd, odd[:3])
    text = "\n".join(lines)
    told = [line for line in siege.shown if line.rpartition(b".")[2].decode() in text]
    cases.check("no token is in the log", not told, len(told))
    cases.check("no address of a user is in the log", "jane.doe" not in text)
    cases.check("no line of the log is long", max(map(len, lines)) < 2000, max(map(len, lines)))


if __name__ == "__main__":
    main()
