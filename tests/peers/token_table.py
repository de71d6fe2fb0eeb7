"""Two validators, one table: @sap/xssec and the service judge the same tokens.

tests/tokens/table.json has a good token of each kind and changes of it, each with the verdict of
both and, where they differ, the reason. `--write` puts what xssec says now into the table.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judges import token_world
from ci.judges.token_world import NAMES, World
from ci.judges.tokens import Draft, Keys
from ci.judging import Cases, leave_on_sigterm
from ci.service import Service

TABLE = Path(__file__).resolve().parents[1] / "tokens/table.json"
AUDIENCE = {"ias": NAMES["client"], "xsuaa": NAMES["app"]}


def made(keys, table, kind, entry, now):
    """The token of an entry."""
    names = {**NAMES, "now": now, "audience": AUDIENCE[kind], "AUDIENCE": AUDIENCE[kind].upper()}
    good = table["good"][kind]
    draft = Draft(keys, names, good["header"], good["claims"])
    for change in entry["do"]:
        draft.change(*change)
    return draft.token()


def service_verdict(service, token):
    """Status of the service document, for a token that may hold what no header should."""
    try:
        return service.get("/catalog/", token).status
    except ValueError:
        return 401  # the client library itself refused to send it


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--modules", required=True, help="folder node_modules with @sap/xssec")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    token_world.enter()
    leave_on_sigterm()
    cases, table, keys = Cases(), json.loads(TABLE.read_text()), Keys()
    now = int(time.time())
    entries = [(kind, entry) for kind in ("ias", "xsuaa") for entry in table[kind]]
    tokens = [made(keys, table, kind, entry, now) for kind, entry in entries]
    with tempfile.TemporaryDirectory() as folder:
        world = World(keys, folder)
        service = Service(options.binary, folder, world.bindings(), world.settings()).wait_alive()
        lines = [
            {"id": entry["id"], "kind": kind, "token": token}
            for (kind, entry), token in zip(entries, tokens)
        ]
        verdicts = world.xssec(options.modules, lines)
        agreed = 0
        for (_, entry), token, theirs in zip(entries, tokens, verdicts):
            ours = service_verdict(service, token)
            said = f"{ours}, log: {service.log_lines()[-1][:400]}" if ours != entry["service"] else ours
            cases.equal(f"{entry['id']}: {entry['says']} ({ours})", said, entry["service"])
            if options.write:
                entry["xssec"] = theirs["verdict"]
            cases.equal(f"{entry['id']}: xssec {theirs['said'][:80]}", theirs["verdict"], entry["xssec"])
            same = (ours == 200) == (theirs["verdict"] == "accepted")
            agreed += same
            if not same:
                cases.check(f"{entry['id']}: the difference has a reason", entry.get("why"), theirs["said"])
        cases.check(f"the two agree on {agreed} of {len(entries)} tokens", agreed >= 60, agreed)
        elsewhere = [asked for asked in world.asked if asked.startswith("canary")]
        stray = [asked for asked in elsewhere if not asked.startswith("canary.test/store")]
        cases.check("nobody was led to a place that a token names", not stray, stray)
        cases.equal("SIGTERM ends the service with 0", service.end(), 0)
    if options.write:
        TABLE.write_text(text_of(table))
    cases.finish()


def text_of(table):
    """The table with one entry a line."""
    def lines(entries):
        return ",\n".join("    " + json.dumps(entry, ensure_ascii=False) for entry in entries)

    good = ",\n".join(f'    "{kind}": {json.dumps(token)}' for kind, token in table["good"].items())
    return (
        f'{{\n  "good": {{\n{good}\n  }},\n  "ias": [\n{lines(table["ias"])}\n  ],\n'
        f'  "xsuaa": [\n{lines(table["xsuaa"])}\n  ]\n}}\n'
    )


if __name__ == "__main__":
    main()
