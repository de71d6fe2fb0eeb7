"""A Fiori elements app without code: list report and object pages from $metadata alone, in Chromium.

    python tests/peers/fiori_elements.py --modules NODE_MODULES --sapui5 NODE_MODULES

What a person sees is compared with what boto3 finds in S3. Needs ci/requirements.txt, ci/npm, the
SAPUI5 libraries of ci/fiori and Debian's chromium.
"""

import argparse
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
BUCKET = "invoices-2026"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--modules", required=True, type=Path)
    arguments.add_argument("--sapui5", required=True, type=Path)
    given = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="fiori-elements-") as folder:
        try:
            with cases.scene("Fiori elements in Chromium"):
                _, ready = start("oidc", Path(folder))
                truth = Truth(storage(ready), ready["aws"]["region"])
                seen = drive(given, ready, truth.keys(BUCKET)[0])
                judge(cases, seen, truth, ready["aws"]["region"])
        finally:
            end_children()
    cases.finish()


def judge(cases, seen, truth, region):
    newest_first = sorted(truth.ids, key=lambda name: truth.created[name], reverse=True)
    buckets, objects = seen["buckets"], seen["objects"]
    cases.equal("columns of the buckets", buckets["columns"][:3], ["Bucket", "Region", "Created On"])
    cases.equal("the buckets", [row[:2] for row in buckets["rows"]], [[name, region] for name in newest_first])
    cases.equal("columns of the objects", objects["columns"][:3], ["Key", "Size in Bytes", "Content Type"])
    wanted = [[key, f"{truth.size(BUCKET, key):,}", "application/json"] for key in truth.keys(BUCKET)]
    cases.equal("the objects of a bucket", [row[:3] for row in objects["rows"]], wanted)
    for line in wanted[0]:
        cases.check(f"the object's page shows {line}", line in seen["object"], seen["object"])
    cases.equal("no request was refused", seen["failed"], [])


def drive(given, ready, key):
    environment = clean_environment(
        MODULES=str(given.modules.resolve()), SAPUI5=str(given.sapui5.resolve()), SERVICE=ready["service"],
        TOKEN=ready["token"]["bob"], BUCKET=BUCKET, KEY=key)
    command = ["node", HERE / "fiori_elements" / "drive.mjs"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=420)
    if done.returncode:
        raise RuntimeError(f"node ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
