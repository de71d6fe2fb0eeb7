"""All attacks on the gate, and the proof that each of them has teeth.

An attack is a good token with changes, or a good token shown in a bad way, and the weakness that it
is made for. A strict gate must refuse it, and a gate with that weakness let it in; attacks that
name no weakness are rubbish that nobody should take.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from ci.judges.attacks import claims, issuers, requests, signatures, spellings
from ci.judges.tokens import Draft
from ci.judges.weak_gate import Gate

TABLE = Path(__file__).resolve().parents[2] / "tests/tokens/table.json"
KINDS = ("ias", "xsuaa", "aws")
GOOD_AWS = {
    "header": {"alg": "RS256", "kid": "RSA_0", "typ": "JWT"},
    "claims": {
        "iss": "{aws}", "aud": "s3-catalog", "sub": "{role}", "iat": "{now}", "exp": "{now+300}",
        "jti": "0e5b6f1d", "https://sts.amazonaws.com/": {"aws_account": "{account}", "org_id": "o-abc123", "principal_id": "{role}"},
    },
}


@dataclass(frozen=True)
class Attack:
    """Header lines and target of one request, and the weakness that would let it in."""

    family: str
    name: str
    weakness: str | None
    lines: tuple
    target: str = requests.PATH


class Forge:
    """Makes tokens: good ones, and those of the attacks."""

    def __init__(self, keys, names):
        self.keys, self.names = keys, names
        self.good = {**json.loads(TABLE.read_text())["good"], "aws": GOOD_AWS}

    def token(self, kind, *changes):
        draft = Draft(self.keys, self.names, self.good[kind]["header"], self.good[kind]["claims"])
        for change in changes:
            draft.change(*change)
        return draft.token().encode("utf-8", "surrogateescape")

    def attacks(self, kinds=KINDS):
        for kind in kinds:
            for module in (signatures, spellings, claims, issuers):
                for family in module.FAMILIES:
                    for weakness, name, changes in family(kind):
                        line = b"Authorization: Bearer " + self.token(kind, *changes)
                        yield Attack(family.__name__, f"{kind}: {name}", weakness, (line,))
            good = self.token(kind), self.token(kind, ["claim", "jti", "other"])
            for weakness, name, lines, target in requests.requests(*good):
                yield Attack("requests", f"{kind}: {name}", weakness, tuple(lines), target)


def prove(cases, forge, attacks):
    """Holds all attacks against the strict gate and against the weak ones."""
    strict = Gate(forge.keys, forge.names)
    for kind in forge.good:
        cases.check(f"the strict gate lets a good {kind} token in", strict.opens([b"Authorization: Bearer " + forge.token(kind)]))
    slack = [attack.name for attack in attacks if strict.opens(attack.lines, attack.target)]
    cases.check("the strict gate refuses every attack", not slack, slack[:20])
    gates, toothless = {}, []
    for attack in attacks:
        if attack.weakness is not None:
            gate = gates.setdefault(attack.weakness, Gate(forge.keys, forge.names, attack.weakness))
            if not gate.opens(attack.lines, attack.target):
                toothless.append(f"{attack.name} ({attack.weakness})")
    cases.check("every attack is let in by the weakness that it is made for", not toothless, toothless[:30])
    known = strict.used.union(*(gate.used for gate in gates.values()))
    cases.check(f"{len(gates)} weaknesses are tried, and none goes untried", known == set(gates), sorted(known ^ set(gates)))
