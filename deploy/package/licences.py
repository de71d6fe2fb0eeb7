"""The licence texts of what others wrote and we hand on: one file, each text once."""

import json
import re
from pathlib import Path

import bill
from build import Broken

NAMES = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense|third-?party)", re.IGNORECASE)
CODE = {".c", ".go", ".h", ".html", ".js", ".json", ".pl", ".py", ".rs", ".toml", ".ts", ".yml"}
RULE = "=" * 100
HEAD = """\
What others wrote and this archive holds: the crates that are linked into btp-s3-catalog, and the
npm packages that the page is made of. Above each text stands whose it is. The Rust standard library
is linked in as well; it is under MIT or Apache-2.0, whose texts are among these.

The approuter's packages are not in the archive: Cloud Foundry installs them at staging, as
approuter/package-lock.json says. Their licences are named in the approuter's bill of materials.
"""
NOTHING = "These packages bring no text of a licence; what they say of it stands behind their names."
# for the few crates that name MIT and bring no text
MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.
IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def gather(root, target, bills, packages):
    """All texts, by what the bills of the binary and of the page name; `packages` is the page's node_modules."""
    owners = {}
    known = bill.crates(root, target)
    for component in json.loads(bills["service"])["components"]:
        crate = known[component["name"], component["version"]]
        if crate["source"] is None:
            continue  # ours
        for text in _texts(Path(crate["manifest_path"]).parent) or [_usual(root, crate)]:
            owners.setdefault(text, set()).add(_owner(component))
    for component in json.loads(bills.get("page", "{}")).get("components", []):
        # of two versions one lies deeper
        folders = [path.parent for path in packages.rglob(f"{component['name']}/package.json")
                   if json.loads(path.read_text()).get("version") == component["version"]]
        for text in [text for folder in folders for text in _texts(folder)] or [NOTHING]:
            owners.setdefault(text, set()).add(_owner(component))
    parts = [HEAD]
    for text, those in sorted(owners.items(), key=lambda it: sorted(it[1])):
        parts.append(f"{RULE}\n" + "".join(f"{owner}\n" for owner in sorted(those)) + f"\n{text}\n")
    return "\n".join(parts)


def _owner(component):
    licences = component.get("licenses", [])
    names = [it.get("expression") or it["license"].get("id") or it["license"].get("name") for it in licences]
    return f"{component['name']} {component['version']} ({', '.join(names) or 'no word on a licence'})"


def _texts(folder):
    """Every file of a package that looks like a licence, also those of code that it took over."""
    files = [path for path in folder.rglob("*") if path.is_file() and NAMES.match(path.name)]
    texts = [path.read_text(errors="replace") for path in sorted(files) if path.suffix not in CODE]
    return [_trimmed(text) for text in texts]


def _trimmed(text):
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _usual(root, crate):
    """The text that the crate's manifest names, where its author packed none."""
    if "Apache-2.0" in crate["license"]:
        return _trimmed((root / "LICENSE").read_text())
    if crate["license"] == "MIT":
        whose = ", ".join(crate["authors"]) or f"the authors of {crate['name']}"
        return _trimmed(f"Copyright (c) {whose}\n\n{MIT}")
    raise Broken(f"{crate['name']} brings no licence text, and that of {crate['license']} is not known here")
