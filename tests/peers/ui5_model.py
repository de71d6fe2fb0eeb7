"""OpenUI5's OData V4 model and SAPUI5's CloudFilePicker in Chromium against the service, as the
sandbox shows it.

    python tests/peers/ui5_model.py --modules NODE_MODULES

What the page sees is compared with what boto3 finds in S3. Needs ci/requirements.txt, ci/npm and
Debian's chromium.
"""

import argparse
import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases, clean_environment, end_children, leave_on_sigterm
from odata_clients import Truth
from sandbox_peer import start, storage

HERE = Path(__file__).resolve().parent


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--modules", required=True, type=Path)
    modules = arguments.parse_args().modules.resolve()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="ui5-model-") as folder:
        try:
            with cases.scene("OpenUI5 in Chromium"):
                _, ready = start("oidc", Path(folder))
                truth = Truth(storage(ready), ready["aws"]["region"])
                told = drive(modules, ready, "page.html", "bob")
                compare(cases, told, expected(truth, ready["aws"]["region"]))
            with cases.scene("SAPUI5's CloudFilePicker"):
                wanted = picked(truth)
                compare(cases, drive(modules, ready, "picker.html", "alice"), wanted)
                cases.check("the folder is there", truth.keys("invoices-2026", "01/Neu/") == ["01/Neu/"], "it is not")
        finally:
            end_children()
    cases.finish()


def compare(cases, told, wanted):
    for name, value in wanted.items():
        cases.equal(name, told.pop(name, None), value)
    cases.equal("nothing else was told", told, {})


def drive(modules, ready, page, user):
    environment = clean_environment(
        MODULES=str(modules), SERVICE=ready["service"], TOKEN=ready["token"][user], PAGE=page)
    command = ["node", HERE / "ui5_model" / "drive.mjs"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
    if done.returncode:
        raise RuntimeError(f"node ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def expected(truth, region):
    down = truth.ids[::-1]
    folder = truth.keys("invoices-2026", "01/")
    newest = max(truth.created.values())
    return {
        "a growing table": [down[:2], len(down)],
        "one page more": down[:4],
        "filtered in the table": ["plant-photos"],
        "a folder": [[key, str(truth.size("invoices-2026", key))] for key in folder],
        "an entity": ["plant-photos", region],
        "a function": len(down),
        "a count": len(down),
        "columns that Fiori elements would draw": ["id", "region", "created"],
        "a missing entity": {"error": "This bucket does not exist", "status": 404, "code": "NotFound"},
        "an unknown set": {"error": 'Invalid resource path "Nope"', "status": 404, "code": "NotFound"},
        "a search": ["plant-photos"],
        "expanded": [[id, truth.keys(id)] for id in truth.ids],
        "aggregated": [[region, newest.strftime("%Y-%m-%dT%H:%M:%SZ")]],
    }


def picked(truth):
    """What the picker shows of a bucket, makes in it and gives back."""
    bucket = "invoices-2026"
    documents = truth.keys(bucket, "01/")
    first = documents[0]
    return {
        "shares": sorted(truth.ids),
        "root": sorted({key.split("/")[0] for key in truth.keys(bucket)}),
        "folder": [[key.removeprefix("01/"), "JSON", True] for key in documents],
        "crumbs": "01",
        "suggested": "New Folder",
        "duplicates": 0,
        "created": True,
        "file": [bucket, opaque(first), "application/json"],
        "into": [opaque("01/"), True],
        "content": [200, truth.size(bucket, first)],
    }


def opaque(key):
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


if __name__ == "__main__":
    main()
