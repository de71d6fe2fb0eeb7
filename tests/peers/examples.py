"""What stands under examples/ works: cap with the catalogue as remote service, UI5, destinations.

    python tests/peers/examples.py --modules NODE_MODULES --cap-modules CAP_NODE_MODULES

cap, @sap/xssec, the SAP Cloud SDK, OpenUI5 and Chromium are the real ones; the catalogue is the
sandbox's, and boto3 says what is in S3. Needs ci/requirements.txt, ci/npm, and the packages of
examples/cap.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases, Child, clean_environment, end_children, free_port, get, leave_on_sigterm, wait_until
from odata_clients import Truth
from sandbox_peer import start, storage

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
BUCKET = "invoices-2026"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--modules", required=True, type=Path)
    arguments.add_argument("--cap-modules", required=True, type=Path)
    chosen = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="examples-") as folder:
        try:
            _, ready = start("oidc", Path(folder))
            truth = Truth(storage(ready), ready["aws"]["region"])
            project = Path(folder) / "cap"
            shutil.copytree(EXAMPLES / "cap", project, ignore=shutil.ignore_patterns("node_modules"))
            (project / "node_modules").symlink_to(chosen.cap_modules.resolve())
            with cases.scene("cap's import"):
                imported(cases, ready, project)
            with cases.scene("cap"):
                cap(cases, ready, truth, project)
            with cases.scene("UI5"):
                ui5(cases, ready, truth, chosen.modules.resolve())
            with cases.scene("destinations"):
                destinations(cases, chosen.modules.resolve())
        finally:
            end_children()
    cases.finish()


def imported(cases, ready, project):
    metadata = get(ready["service"] + "/catalog/$metadata", ready["token"]["bob"])
    (project / "CatalogService.edmx").write_bytes(metadata.body)
    model = project / "srv/external/CatalogService.csn"
    committed = json.loads(model.read_text())
    model.unlink()
    run(project, "npm", "run", "import")
    cases.check("the imported model is that of today's $metadata (else: npm run import)",
                json.loads(model.read_text()) == committed, "it differs")
    cases.equal("the import leaves package.json as it is", (project / "package.json").read_text(),
                (EXAMPLES / "cap/package.json").read_text())


def cap(cases, ready, truth, project):
    port = free_port()
    environment = clean_environment(PORT=str(port), READY=str(project.parent / "ready.json"))
    server = Child("cap", ["node", "sandbox.js"], project / "log", environment, project)
    url = f"http://127.0.0.1:{port}/documents/"

    def answers():
        if not server.running():
            raise RuntimeError(f"cap ended:\n{server.tail()}")
        return get(url + "Buckets").status == 401

    wait_until(answers, 60, f"401 from cap\n{server.tail()}\n")
    cases.equal("cap: a token that is none", get(url + "Buckets", "a.b.c").status, 401)
    cases.equal("cap: a user whom the catalogue refuses", get(url + "Buckets", ready["token"]["dave"]).status, 403)

    def rows(path, *names, user="alice"):
        answer = get(url + urllib.parse.quote(path, safe="$?&=()',/%"), ready["token"][user])
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer}\n{server.tail()}")
        body = answer.json()
        return [[row[name] for name in names] for row in body["value"]] if "value" in body else body

    keys = truth.keys(BUCKET)
    sizes = [[key, truth.size(BUCKET, key)] for key in keys]
    inside = f"bucket_id eq '{BUCKET}'"
    for name, seen, expected in (
        ("all", rows("Buckets", "id"), [[id] for id in truth.ids]),
        ("filtered", rows("Buckets?$filter=startswith(name,'plant')", "id"), [["plant-photos"]]),
        ("sorted and cut", rows("Buckets?$orderby=name desc&$top=2", "id"), [[id] for id in truth.ids[::-1][:2]]),
        ("a single entity", rows("Buckets('plant-photos')")["region"], ready["aws"]["region"]),
        ("objects", rows(f"Objects?$filter={inside}", "objectKey", "size"), sizes),
        ("objects, a page", rows(f"Objects?$filter={inside}&$skip=1&$top=1", "objectKey", "size"), sizes[1:2]),
        ("a folder", rows(f"Objects?$filter={inside} and folder eq '01/'", "objectKey"),
         [[key] for key in truth.keys(BUCKET, "01/")]),
    ):
        cases.equal(f"cap: {name}", seen, expected)

    def content(key):
        quoted = urllib.parse.quote(key.replace("'", "''"), safe="")
        address = f"Objects(bucket_id='{BUCKET}',objectKey='{quoted}')/content"
        return get(url + address, ready["token"]["alice"])

    answer = content(keys[0])
    cases.equal("cap: content", answer.body, truth.s3.get_object(Bucket=BUCKET, Key=keys[0])["Body"].read())
    cases.equal("cap: content is saved, not shown", answer.headers.get("content-disposition"),
                f'attachment; filename="{keys[0].split("/")[-1]}"')
    odd = "50% of 'it' & more/ü + #1?.txt"
    big = bytes(range(256)) * 40_000
    truth.s3.put_object(Bucket=BUCKET, Key=odd, Body=big)
    cases.check("cap: 10 MB under a key with everything that must be escaped", content(odd).body == big, "they differ")
    truth.s3.delete_object(Bucket=BUCKET, Key=odd)
    cases.equal("cap: content of what is not there", content("nope").status, 404)
    cases.equal("cap: a bucket that is not there", get(url + "Buckets('nope')", ready["token"]["alice"]).status, 404)
    cases.equal("cap: it ends with 0", server.end(), 0)


def ui5(cases, ready, truth, modules):
    environment = clean_environment(
        MODULES=str(modules), SERVICE=ready["service"], TOKEN=ready["token"]["bob"], FOLDER=str(EXAMPLES / "ui5"))
    told = json.loads(run(HERE, "node", HERE / "examples/ui5.mjs", environment=environment).splitlines()[-1])
    folder = truth.keys(BUCKET, "01/")
    expected = {
        "buckets": truth.ids,
        "objects": [[key, f"{truth.size(BUCKET, key):,}"] for key in truth.keys(BUCKET)],
        "found": folder,
        "content": truth.s3.get_object(Bucket=BUCKET, Key=folder[0])["Body"].read().decode(),
    }
    for name, value in expected.items():
        cases.equal(f"UI5: {name}", told.get(name), value)


# what SAP's documentation of HTTP destinations asks for, by kind of authentication
OAUTH = {"tokenServiceURL", "tokenServiceURLType", "clientId", "clientSecret"}
NEEDED = {"NoAuthentication": set(), "OAuth2JWTBearer": OAUTH, "OAuth2ClientCredentials": OAUTH}


def destinations(cases, modules):
    """Complete and of texts only; the SAP Cloud SDK reads each as its Destination service's."""
    for path in sorted((EXAMPLES / "destination").glob("*.json")):
        template = json.loads(path.read_text())
        needed = {"Name", "Type", "URL", "ProxyType", "Authentication"} | NEEDED[template["Authentication"]]
        cases.equal(f"{path.name}: it is complete", sorted(needed - set(template)), [])
        cases.check(f"{path.name}: values are texts", all(isinstance(it, str) for it in template.values()), template)
        filled = {name: "https://example.com" if it.startswith("https://") else it for name, it in template.items()}
        script = ("const { parseDestination } = require('@sap-cloud-sdk/connectivity/internal');"
                  "console.log(JSON.stringify(parseDestination(JSON.parse(process.argv[1]))))")
        read = json.loads(run(modules.parent, "node", "-e", script, json.dumps(filled)))
        wanted = (template["Name"], "https://example.com", template["Authentication"])
        cases.equal(f"{path.name}: the SAP Cloud SDK reads it",
                    (read["name"], read["url"], read["authentication"]), wanted)


def run(folder, *command, environment=None):
    done = subprocess.run(command, cwd=folder, env=environment or clean_environment(), capture_output=True, text=True,
                          timeout=180)
    if done.returncode:
        raise RuntimeError(f"{command[:3]} ended with {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
