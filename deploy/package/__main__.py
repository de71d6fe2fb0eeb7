"""Makes a release from the sources: one zip that `cf push` takes, and what belongs beside it.

    python3 deploy/package [--out FOLDER] [--target TRIPLE]

Needs cargo, npm 10 or newer, git, objdump (binutils) and Python 3.11. The binary is built by cargo
like any release build, so one that is built already is taken. The same sources, built by the same
tools, give the same bytes: every date is that of the commit, or SOURCE_DATE_EPOCH.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import datetime, timezone
from pathlib import Path

import archive
import bill
import build
import licences

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {
    "cargo": "rustup or your distribution has it",
    "npm": "version 10 or newer, with Node.js 20",
    "git": "it says which files belong to the project, and their date",
    "objdump": "Debian's package binutils",
}


def main():
    arguments = argparse.ArgumentParser(prog="deploy/package", description=__doc__.splitlines()[0])
    arguments.add_argument("--out", type=Path, help="where to (default: package in cargo's target folder)")
    arguments.add_argument("--target", help="another platform than this machine's, such as x86_64-unknown-linux-musl")
    chosen = arguments.parse_args()
    missing = [f"{tool} ({hint})" for tool, hint in TOOLS.items() if not shutil.which(tool)]
    if missing:
        sys.exit(f"deploy/package needs what is not installed here: {', '.join(missing)}")
    try:
        package(chosen)
    except build.Broken as broken:
        sys.exit(f"deploy/package: {broken}")


def package(chosen):
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    date = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or commit_time()), timezone.utc)
    platform = build.platform(chosen.target)
    out = (chosen.out or target / "package").resolve()
    out.mkdir(parents=True, exist_ok=True)
    name = f"btp-s3-catalog-{version}"

    binary = build.binary(ROOT, target, chosen.target)
    projects = {"page": ROOT / "webapp", "approuter": ROOT / "approuter"}
    projects = {part: folder for part, folder in projects.items() if (folder / "package.json").exists()}
    bills = {part: bill.of_packages(folder, date) for part, folder in projects.items()}
    bills["service"] = bill.of_crates(ROOT, platform, date)
    packages = bill.packages(projects["page"], target) if "page" in projects else None
    texts = licences.gather(ROOT, platform, bills, packages)
    beside = {out / f"{name}-{part}.cdx.json": content for part, content in bills.items()}
    beside[out / "THIRD-PARTY-LICENSES.txt"] = texts
    for path, content in beside.items():
        path.write_text(content)
    whole = out / f"{name}-{platform}.zip"
    archive.write(whole, name, date, archive.contents(ROOT, binary, build.page(ROOT), texts))
    sums = archive.checksums([whole, *beside])
    (out / "SHA256SUMS").write_text(sums)
    print(f"{sums}in {out}")


def commit_time():
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    if told.returncode:
        raise build.Broken("no commit tells the date; set SOURCE_DATE_EPOCH to seconds since 1970")
    return told.stdout


if __name__ == "__main__":
    main()
