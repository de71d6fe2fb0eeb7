"""Two validators, one table: @sap/xssec and the service judge the same tokens.

    python tests/peers/token_table.py --binary target/release/btp-s3-catalog --modules NODE_MODULES

tests/tokens/table.json has a good token of each kind and changes of it, each with the verdicts of
both, the rule by which each refuses, and, where they differ, the reason. `service` is what ought to
be and is written by people; `--write` puts the rules and what xssec says now into the table. Runs in
a network of its own.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judges import own_network
from ci.judges.token_keys import Keys
from ci.judges.token_world import NAMES, World
from ci.judges.tokens import Draft
from ci.judging import Cases, leave_on_sigterm, wait_until
from ci.service import Service

TABLE = Path(__file__).resolve().parents[1] / "tokens/table.json"
AUDIENCE = {"ias": NAMES["client"], "xsuaa": NAMES["app"]}
FIELDS = ("id", "says", "do", "service", "rule", "xssec", "xssec_rule", "why")
LEAST = 60


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, type=Path)
    parser.add_argument("--modules", required=True, type=Path, help="folder node_modules with @sap/xssec")
    parser.add_argument("--kinds", default=",".join(AUDIENCE), help="kinds of tokens, with commas between")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    own_network.enter()
    leave_on_sigterm()
    cases, table, keys = Cases(), json.loads(TABLE.read_text()), Keys()
    entries = [(kind, entry) for kind in options.kinds.split(",") for entry in table[kind]]
    with tempfile.TemporaryDirectory(prefix="token-table-") as folder:
        world = World(keys, folder)
        service = Service(options.binary.resolve(), folder, world.bindings(), world.settings()).wait_alive()
        now = int(time.time())
        tokens = [made(keys, table, kind, entry, now) for kind, entry in entries]
        lines = [{"id": entry["id"], "kind": kind, "token": token} for (kind, entry), token in zip(entries, tokens)]
        verdicts = world.xssec(options.modules, lines)
        asked_by_xssec = world.strays()
        for (_, entry), token, theirs in zip(entries, tokens, verdicts, strict=True):
            status, rule = verdict(service, token)
            if options.write:
                entry.update(rule=rule, xssec=theirs["verdict"], xssec_rule=theirs["rule"])
            judge(cases, entry, (status, rule), theirs)
        summary(cases, entries)
        cases.equal("xssec was not led to a place that a token names", asked_by_xssec, [])
        cases.equal("nor was the service", world.strays(), [])
        cases.equal("SIGTERM ends the service with 0", service.end(), 0)
    if options.write:
        TABLE.write_text(text_of(table))
    cases.finish()


def made(keys, table, kind, entry, now):
    """The token of an entry."""
    names = {**NAMES, "now": now, "audience": AUDIENCE[kind], "AUDIENCE": AUDIENCE[kind].upper()}
    good = table["good"][kind]
    draft = Draft(keys, names, good["header"], good["claims"])
    for change in entry["do"]:
        draft.change(*change)
    return draft.token()


def verdict(service, token):
    """Status of the service document, and the rule that the log names if it is a refusal."""
    answer = service.get("/catalog/", token)
    if answer.status == 200:
        return 200, None
    request = f'"correlation_id":"{answer.headers["x-correlation-id"]}"'

    def logged():
        return [line for line in service.log_lines() if request in line and '"logger":"request"' in line]

    error = json.loads(wait_until(logged, 3, "the line of the log")[-1]).get("error", "")
    return answer.status, re.sub(r"^the bearer token was refused: (\w+).*", r"\1", error, flags=re.DOTALL)


def judge(cases, entry, ours, theirs):
    """Both verdicts on one token, and whether a difference has a reason."""
    name, expected = entry["id"], (entry["service"], entry.get("rule"))
    cases.equal(f"{name}: {entry['says']}: {ours[0]}", ours, expected)
    seen = (theirs["verdict"], theirs["rule"])
    cases.equal(f"{name}: xssec {' by '.join(filter(None, seen))}", seen, (entry["xssec"], entry.get("xssec_rule")))
    if agree(entry) == bool(entry.get("why")):
        cases.check(f"{name}: a difference, and only that, has a reason", False, (entry["service"], *seen, entry.get("why")))


def agree(entry):
    """Whether both take it for a good token; what its owner may do is not xssec's question."""
    return (entry["service"] != 401) == (entry["xssec"] == "accepted")


def summary(cases, entries):
    names = [entry["id"] for _, entry in entries]
    cases.equal("every entry has a name of its own", len(set(names)), len(names))
    for kind in dict.fromkeys(kind for kind, _ in entries):
        agreed = [entry for of, entry in entries if of == kind and agree(entry)]
        good = sum(entry["service"] != 401 for entry in agreed)
        text = f"the two agree on {len(agreed)} tokens of {kind}, of which {good} are good"
        cases.check(text, len(agreed) >= LEAST and good >= 15, len(agreed))
    lenient = [entry["id"] for _, entry in entries if entry["service"] != 401 and entry["xssec"] == "refused"]
    print(f"      more lenient than xssec: {', '.join(lenient) or 'never'}", flush=True)


def text_of(table):
    """The table with one entry a line."""
    def text(entry):
        return json.dumps({name: entry[name] for name in FIELDS if entry.get(name) is not None}, ensure_ascii=False)

    def lines(entries):
        return ",\n".join("    " + text(entry) for entry in entries)

    good = ",\n".join(f'    "{kind}": {json.dumps(token)}' for kind, token in table["good"].items())
    return (
        f'{{\n  "good": {{\n{good}\n  }},\n  "ias": [\n{lines(table["ias"])}\n  ],\n'
        f'  "xsuaa": [\n{lines(table["xsuaa"])}\n  ]\n}}\n'
    )


if __name__ == "__main__":
    main()
