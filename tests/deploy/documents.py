"""The documentation speaks of what exists: links, files, settings, codes, commands.

    python tests/deploy/documents.py
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases

ROOT = Path(__file__).resolve().parents[2]
README_LINES = 150
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def main():
    documents = {path: path.read_text() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")]}
    readme = documents[ROOT / "README.md"]
    operations = documents[ROOT / "docs/operations.md"]
    cases = Cases()
    cases.equal("every link leads to a file and a heading", dead_links(documents), [])
    cases.equal("every path in backquotes exists", missing_paths(documents), [])
    cases.equal("docs/operations.md has every setting with its default", settings_told(operations), settings_known())
    told = set(re.findall(r"^\| \d{3} \| `(\w+)` \|", operations, re.MULTILINE))
    cases.equal("docs/operations.md has every error code", told, codes_known())
    architecture = documents[ROOT / "docs/architecture.md"]
    cases.equal("docs/architecture.md has the import table of tests/tidy.rs", imports_told(architecture), imports_known())
    lines = len(readme.splitlines())
    cases.check(f"README.md has at most {README_LINES} lines", lines <= README_LINES, lines)
    for command in ("cargo run -p sandbox", "cargo test --workspace"):
        cases.check(f"README.md names {command}", command in readme)
    wanted = "cargo test --workspace"
    cases.check(f".ci/run runs {wanted} as it stands", f" {wanted}\n" in (ROOT / ".ci/run").read_text())
    cases.finish()


def dead_links(documents):
    dead = []
    for path, text in documents.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, heading = target.partition("#")
            found = (path.parent / file).resolve() if file else path
            known = found.exists() and (not heading or heading in headings(found.read_text()))
            dead += [] if known else [f"{path.relative_to(ROOT)}: {target}"]
    return dead


def headings(text):
    """Anchors as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def missing_paths(documents):
    """Paths of this repository that are named in backquotes."""
    missing = []
    for path, text in documents.items():
        for name in re.findall(r"`((?:src|docs|deploy|ci|\.ci|tests|sandbox|odata|webapp)/[\w./-]*)`", text):
            if not (ROOT / name).exists():
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    return missing


def settings_told(operations):
    section = operations.partition("## Settings")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", section, re.MULTILINE))


def settings_known():
    source = (ROOT / "src/settings/keys.rs").read_text()
    name = re.search(r'DEFAULT_SESSION_NAME: &str = "([^"]*)"', (ROOT / "src/settings/connection.rs").read_text())
    known = re.findall(r'\b(?:key|aws)\(\s*"(\w+)",\s*(?:"([^"]*)"|super::DEFAULT_SESSION_NAME),?\s*\)', source)
    return {key: default or name[1] for key, default in known}


def codes_known():
    files = [ROOT / "src/http/error.rs", *(ROOT / "src/http/error").glob("*.rs")]
    source = "".join(file.read_text() for file in files)
    in_batches = (ROOT / "odata/src/batch/answer.rs").read_text()
    codes = re.findall(r'(?:StatusCode::[A-Z_]+,|later\()\s*"(\w+)"', source)
    return set(codes) | set(re.findall(r'Self::error\(\d+, "(\w+)"', in_batches))


def imports_told(architecture):
    rows = re.findall(r"^(\w+) +→ (.+)$", architecture, re.MULTILINE)
    return {room: set() if used == "none" else set(used.split(", ")) for room, used in rows}


def imports_known():
    table = (ROOT / "tests/tidy.rs").read_text().partition("const IMPORTS")[2].partition("];")[0]
    rows = re.findall(r'\(\s*"(\w+)",\s*&\[([^\]]*)\],?\s*\)', table)
    known = {room: set(re.findall(r"\w+", used)) for room, used in rows}
    # lib re-exports, clock and telemetry use nothing, probes is for benches: the page says so in words
    return {room: used for room, used in known.items() if room not in ("lib", "clock", "globs", "json", "telemetry", "probes")}


if __name__ == "__main__":
    main()
