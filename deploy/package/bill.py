"""Software bills of materials: what ships, and nothing else, in CycloneDX 1.5.

For crates this is no job for cargo-cyclonedx: it lists the crates of features that are off (such
as ring and quinn), because it reads them out of `cargo metadata`. `cargo tree` knows better.
"""

import json
import re
import shutil
import tomllib
import uuid

from build import run

PACKAGE = "btp-s3-catalog"


def of_crates(root, target, date):
    """What is linked into the binary: no build scripts, no macros, nothing of tests."""
    tree = run(root, "cargo", "tree", "--locked", "--package", PACKAGE, "--target", target, "--edges",
               "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}")
    lock = tomllib.loads((root / "Cargo.lock").read_text())["package"]
    hashes = {(it["name"], it["version"]): it.get("checksum") for it in lock}
    known = crates(root, target)
    needs, above = {}, []
    for depth, name, version in re.findall(r"^(\d+) (\S+) v(\S+)", tree, re.MULTILINE):
        crate = (name, version)
        needs.setdefault(crate, set())
        del above[int(depth):]
        if above:
            needs[above[-1]].add(crate)
        above.append(crate)
    own, *others = [_component(known[crate], hashes[crate]) for crate in needs]
    edges = [
        {"ref": _crate_url(crate), "dependsOn": sorted(map(_crate_url, found))} for crate, found in needs.items()
    ]
    own["type"] = "application"
    properties = [{"name": "cdx:rustc:sbom:target:triple", "value": target}]
    return _written({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own, "properties": properties},
        "components": sorted(others, key=lambda it: it["purl"]),
        "dependencies": sorted(edges, key=lambda it: it["ref"]),
    }, date)


def crates(root, target):
    """What cargo knows of each crate, by name and version."""
    told = run(root, "cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target)
    return {(it["name"], it["version"]): it for it in json.loads(told)["packages"]}


def _component(crate, checksum):
    component = {
        "type": "library",
        "bom-ref": _crate_url((crate["name"], crate["version"])),
        "name": crate["name"],
        "version": crate["version"],
        "description": " ".join((crate["description"] or "").split()),
        # crates that are older than SPDX expressions write "/" for "or"
        "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", crate["license"])}],
        "purl": _crate_url((crate["name"], crate["version"])),
    }
    if checksum:
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if crate["repository"]:
        component["externalReferences"] = [{"type": "vcs", "url": crate["repository"]}]
    return component


def _crate_url(crate):
    return "pkg:cargo/{}@{}".format(*crate)


def packages(project, target):
    """The node_modules of a project, with what ships only, installed below cargo's target folder."""
    folder = target / "package-npm"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(project / name, folder)
    run(folder, "npm", "ci", "--omit", "dev", "--omit", "optional", "--ignore-scripts", "--no-audit",
        "--no-fund", "--loglevel", "error")
    return folder / "node_modules"


def of_packages(project, date):
    """What npm installs for the folder's package.json, without what is for developing only."""
    told = run(project, "npm", "sbom", "--package-lock-only", "--omit", "dev", "--omit", "optional",
               "--sbom-format", "cyclonedx", "--sbom-type", "application")
    bill = json.loads(told)
    bill["metadata"]["component"]["name"] = json.loads((project / "package.json").read_text())["name"]
    return _written(bill, date)


def _written(bill, date):
    """With the date of the sources, and a serial number that is the same for the same content."""
    bill["metadata"]["timestamp"] = date.strftime("%Y-%m-%dT%H:%M:%SZ")
    bill.pop("serialNumber", None)
    content = json.dumps(bill, indent=2, ensure_ascii=False)
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, content).urn
    return json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
