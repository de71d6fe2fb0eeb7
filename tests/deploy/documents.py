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
FOLDERS = ("", "docs/**/", "examples/**/", "sandbox/", "webapp/")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def main():
    documents = {path: path.read_text() for path in markdown()}
    pages = {str(path.relative_to(ROOT)): text for path, text in documents.items()}
    readme, settings = pages["README.md"], pages["docs/reference/settings.md"]
    cases = Cases()
    cases.equal("every link leads to a file and a heading", dead_links(documents), [])
    cases.equal("every path in backquotes exists", missing_paths(documents), [])
    cases.equal("docs/README.md leads to every page", pages_not_led_to(documents), [])
    cases.equal("the reference has every setting with its default", settings_told(settings), settings_known())
    told = set(re.findall(r"^\| \d{3} \| `(\w+)` \|", pages["docs/reference/errors.md"], re.MULTILINE))
    cases.equal("the reference has every error code", told, codes_known())
    told = set(re.findall(r"^btp-s3-catalog ?(.*) --help$", pages["docs/reference/cli.md"], re.MULTILINE))
    cases.equal("the reference has the help of every command", told, commands_known())
    told = set(re.findall(r"^\| `s3_catalog_(\w+)` \|", pages["docs/reference/logs-and-metrics.md"], re.MULTILINE))
    cases.equal("the reference has every metric", told, metrics_known())
    told = re.findall(r"^\| `([\w-]+)` \|", pages["docs/reference/cli.md"], re.MULTILINE)
    cases.equal("the reference has every step of check, in their order", told, steps_known())
    architecture = pages["docs/explanation/architecture.md"]
    cases.equal("architecture.md has the import table of tests/tidy.rs", imports_told(architecture), imports_known())
    lines = len(readme.splitlines())
    cases.check(f"README.md has at most {README_LINES} lines", lines <= README_LINES, lines)
    for command in ("cargo run -p sandbox", "cargo test --workspace"):
        cases.check(f"README.md names {command}", command in readme)
    wanted = "cargo test --workspace"
    cases.check(f".ci/run runs {wanted} as it stands", f" {wanted}\n" in (ROOT / ".ci/run").read_text())
    cases.finish()


def markdown():
    """Every page that people read, but no foreign ones."""
    found = (path for folder in FOLDERS for path in ROOT.glob(f"{folder}*.md"))
    return sorted({path for path in found if "node_modules" not in path.parts})


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
            if not (ROOT / name).exists() and not (path.parent / name).exists():
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    return missing


def pages_not_led_to(documents):
    """An index that forgets a page hides it. Decisions have an index of their own."""
    index = ROOT / "docs/README.md"
    targets = re.findall(r"\]\(([^)\s#]+)", documents[index])
    led_to = {(index.parent / target).resolve() for target in targets}
    below = {path for path in documents if index.parent in path.parents and path.parent.name != "decisions"}
    return sorted(str(path.relative_to(ROOT)) for path in below - led_to - {index})


def settings_told(page):
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", page, re.MULTILINE))


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


def commands_known():
    """The service itself, and what its help and that of setup list."""
    listed = re.findall(r"^  ([a-z-]+)   +\w", (ROOT / "src/main.rs").read_text(), re.MULTILINE)
    below_setup = re.findall(r"^  ([a-z]+)   +\w", (ROOT / "src/cli/setup/help.rs").read_text(), re.MULTILINE)
    return {"", *listed, *(f"setup {command}" for command in below_setup)} - {"serve"}


def metrics_known():
    """Names as OpenMetrics writes them: counters end with _total, infos with _info, units are last."""
    source = (ROOT / "src/http/metrics.rs").read_text()
    found = re.findall(r'registry\.register(?:_with_unit)?\(\s*"(\w+)",\s*"[^"]*",(?:\s*Unit::(\w+),)?', source)
    known = {f"{name}_{unit.lower()}" if unit else name for name, unit in found}
    endings = {"build": "build_info", "requests": "requests_total"}
    return {endings.get(name, name) for name in known}


def steps_known():
    source = (ROOT / "src/diagnosis/walk.rs").read_text()
    return re.findall(r'Name = name\("([\w-]+)",', source)


def imports_told(architecture):
    rows = re.findall(r"^(\w+) +→ (.+)$", architecture, re.MULTILINE)
    return {room: set() if used == "none" else set(used.split(", ")) for room, used in rows}


def imports_known():
    table = (ROOT / "tests/tidy.rs").read_text().partition("const IMPORTS")[2].partition("];")[0]
    rows = re.findall(r'\(\s*"(\w+)",\s*&\[([^\]]*)\],?\s*\)', table)
    known = {room: set(re.findall(r"\w+", used)) for room, used in rows}
    # lib re-exports, clock and telemetry use nothing, probes is for benches: the page says so in words
    return {room: used for room, used in known.items() if room not in ("lib", "clock", "globs", "json", "shell", "telemetry", "probes")}


if __name__ == "__main__":
    main()
