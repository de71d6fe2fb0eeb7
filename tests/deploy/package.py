"""The release as `python3 deploy/package` makes it: what is in it, that it starts, that it is the same again.

    python tests/deploy/package.py

Takes the release binary that is built already. The zip is unpacked in an empty folder, and its
binary started with nothing but a file of bindings, those of the sandbox. Needs ci/requirements.txt.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/peers")]

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing

from ci.judging import Cases, Child, end_children, free_port, get, leave_on_sigterm, wait_until
from sandbox_peer import start

BINARY = "dist/btp-s3-catalog"
# kinds of files that may be handed on; others, keys and archives among them, are not expected
KINDS = {"", ".css", ".html", ".js", ".json", ".md", ".mjs", ".properties", ".svg", ".txt", ".woff", ".woff2", ".xml", ".yml"}
# what a licence says and a mere note about licences does not
GRANT = re.compile(r"permission\s+(is|to)\b|redistribution\s+and\s+use|terms\s+and\s+conditions", re.IGNORECASE)
SECRETS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|_authToken|eyJhbGciOi")


def main():
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        folder = Path(folder)
        try:
            out, again = folder / "out", folder / "again"
            package(out)
            package(again)
            names = sorted(path.name for path in out.iterdir())
            for name in names:
                cases.check(f"{name} is the same in a second run", digest(out / name) == digest(again / name), "it differs")
            listed = dict(line.split("  ")[::-1] for line in (out / "SHA256SUMS").read_text().splitlines())
            cases.equal("SHA256SUMS has every other file, as it is", listed,
                        {name: digest(out / name) for name in names if name != "SHA256SUMS"})
            whole = next(out.glob("*.zip"))
            with zipfile.ZipFile(whole) as archive:
                contents(cases, archive)
                unpack(archive, folder)
            bills(cases, out)
            with cases.scene("the unpacked binary"):
                starts(cases, next(folder.glob("btp-s3-catalog-*")), folder)
        finally:
            end_children()
    cases.finish()


def package(out):
    run(ROOT, sys.executable, "deploy/package", "--out", out)


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(cases, archive):
    """What `cf push` needs, and nothing that does not belong there."""
    entries = archive.infolist()
    top = {entry.filename.partition("/")[0] for entry in entries}
    cases.equal("all is in one folder", len(top), 1)
    files = {entry.filename.partition("/")[2]: entry for entry in entries}
    content = {name: archive.read(entry) for name, entry in files.items()}
    modes = {name: entry.external_attr >> 16 & 0o7777 for name, entry in files.items()}
    cases.equal("only the binary may be run", {name for name, mode in modes.items() if mode != 0o644}, {BINARY})
    cases.equal("the binary may be run by all", oct(modes[BINARY]), "0o755")
    cases.equal("every file has the same date", len({entry.date_time for entry in entries}), 1)
    manifest = yaml.safe_load(content["manifest.yml"])
    for application in manifest["applications"]:
        inside = [name for name in files if name.startswith(application["path"] + "/")]
        cases.check(f"the folder of {application['name']} is there", inside, application["path"])
    odd = {name for name in files if Path(name).suffix not in KINDS or "node_modules" in name or "/." in f"/{name}"}
    cases.equal("nothing unexpected lies there", odd, set())
    cases.equal("no secret, no path of this machine", [name for name, it in content.items() if private(name, it)], [])
    notes = content["README.md"].decode()
    named = set(re.findall(r"(?:deploy|approuter|dist)/[\w./-]*[\w/]", notes))
    missing = [name for name in named if not any(file.startswith(name) for file in files)]
    cases.equal("README.md names what is there", missing, [])
    cases.check("the page is there", b"<html" in content["approuter/page/index.html"].lower(), "it is not")


def unpack(archive, folder):
    """As unzip does; Python's own extraction drops the modes."""
    for entry in archive.infolist():
        Path(archive.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o7777)


def private(name, content):
    # what the compiler keeps of paths, and the markers that its parser of keys looks for, is in every binary
    return name != BINARY and (SECRETS.search(content) or str(ROOT).encode() in content)


def bills(cases, out):
    """CycloneDX 1.5; every crate that is linked, none that is not, and a licence text for each."""
    for path in sorted(out.glob("*.cdx.json")):
        said = JsonStrictValidator(SchemaVersion.V1_5).validate_str(path.read_text())
        cases.check(f"{path.name} follows CycloneDX' schema", said is None, said)
    bill = json.loads(next(out.glob("*-service.cdx.json")).read_text())
    expressions = {licence["expression"] for it in bill["components"] for licence in it["licenses"]}
    wrong = [it for it in expressions if get_spdx_licensing().validate(it).errors]
    cases.equal("licences are expressions of SPDX", wrong, [])
    components = {f"{it['name']} {it['version']}" for it in bill["components"]}
    lines = run(ROOT, "cargo", "tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none",
                "--package", "btp-s3-catalog", "--target", "x86_64-unknown-linux-gnu").splitlines()
    linked = {" ".join(line.replace(" v", " ", 1).split()[:2]) for line in lines if line}
    own = {name for name in linked if name.startswith("btp-s3-catalog ")}
    cases.equal("the bill has what cargo links", components ^ (linked - own), set())
    known = {name.partition(" ")[0] for name in components}
    strange = {"sandbox", "s3s", "criterion", "proptest", "rcgen", "tempfile", "ring", "quinn"} & known
    cases.equal("nothing of tests and of features that are off is in the bill", strange, set())
    references = {it["bom-ref"] for it in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    edges = {it["ref"]: it["dependsOn"] for it in bill["dependencies"]}
    reached, open_ends = set(), [bill["metadata"]["component"]["bom-ref"]]
    while open_ends:
        reference = open_ends.pop()
        if reference not in reached:
            reached.add(reference)
            open_ends += edges[reference]
    cases.equal("from the binary every component is reached", references ^ reached, set())
    texts = (out / "THIRD-PARTY-LICENSES.txt").read_text()
    parts = texts.split("=" * 100 + "\n")[1:]
    granting = [part.partition("\n\n") for part in parts if GRANT.search(part)]
    owners = {" ".join(line.split()[:2]) for those, _, _ in granting for line in those.splitlines()}
    named = {" ".join(line.split()[:2]) for part in parts for line in part.partition("\n\n")[0].splitlines()}
    packages = {f"{it['name']} {it['version']}" for path in out.glob("*-page.cdx.json")
                            for it in json.loads(path.read_text())["components"]}
    cases.equal("every crate of others has a licence text", {it for it in components if not it.startswith("odata ")} - owners, set())
    cases.equal("every package of the page is among the licences", packages - named, set())
    cases.equal("no text is there twice", len({part.partition("\n\n")[2] for part in parts}), len(parts))


def starts(cases, unpacked, folder):
    """With nothing but bindings in a file: what the sandbox sets in variables stands in the user-provided service."""
    _, ready = start("oidc", folder)
    services = json.loads(ready["environment"]["VCAP_SERVICES"])
    settings = services["user-provided"][0]["credentials"]
    for name, value in ready["environment"].items():
        if name.startswith("CATALOG_"):
            settings[name.removeprefix("CATALOG_").lower()] = value
    file, port = folder / "vcap_services", free_port()
    file.write_text(json.dumps(services))
    application = yaml.safe_load((unpacked / "manifest.yml").read_text())["applications"][0]
    environment = {"VCAP_SERVICES_FILE_PATH": str(file), "PORT": str(port)}
    command = ["/bin/bash", "-c", application["command"]]
    service = Child("unpacked", command, folder / "log", environment, unpacked / application["path"])
    url = f"http://127.0.0.1:{port}"

    def answers():
        if not service.running():
            raise RuntimeError(f"it ended:\n{service.tail()}")
        return get(url + "/health/ready").status == 200

    wait_until(answers, 30, f"a session\n{service.tail()}\n")
    listed, expected = (get(base + "/catalog/Buckets", ready["token"]["alice"]) for base in (url, ready["service"]))
    cases.check("the manifest's command starts it, and it lists buckets", listed.status == 200 and listed.json()["value"], listed)
    cases.equal("the same as the sandbox's", listed.json(), expected.json())
    cases.equal("nobody gets in without a token", get(url + "/catalog/Buckets").status, 401)
    cases.equal("SIGTERM ends it with 0", service.end(), 0)


if __name__ == "__main__":
    main()
