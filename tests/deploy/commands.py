"""The documentation's commands, run as they are written.

    python tests/deploy/commands.py --binary target/release/btp-s3-catalog

Blocks that are fenced as `sh test` are run: those of one page in their order, in one shell, in a
scratch folder that shows the files of this repository. Each must end well. If the next fence of
the page is a `text`, it is what the block must print; `…` in it stands for anything.
`cargo run -p sandbox` goes on beside the page, see commands.sh. Needs bash, curl and jq.
"""

import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases, clean_environment, leave_on_sigterm
from documents import markdown

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = Path(__file__).with_name("commands.sh")
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
# pages with commands that need no account
COVERED = {
    "README.md", "docs/tutorial.md", "docs/how-to/setup.md", "docs/how-to/callers.md", "docs/reference/cli.md",
    "docs/reference/odata.md", "docs/reference/documents.md",
}
# the first start of the sandbox may build it
SECONDS = 900


@dataclass
class Block:
    line: int
    commands: str
    expected: str | None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, type=Path)
    parser.add_argument("--sandbox", help="command that starts the sandbox, if not cargo's")
    arguments = parser.parse_args()
    cargo = f"cargo run --locked --quiet --manifest-path {shlex.quote(str(ROOT / 'Cargo.toml'))} -p sandbox --"
    leave_on_sigterm()
    cases = Cases()
    with cases.scene("pages that are wrong"):
        wrong_pages(cases)
    pages = {str(path.relative_to(ROOT)): path.read_text() for path in markdown()}
    marked = {name for name, text in pages.items() if blocks(text)}
    cases.equal("pages whose commands must be run have some", COVERED - marked, set())
    cases.equal("the tutorial has no command that is not run", unmarked(pages.get("docs/tutorial.md", "")), [])
    for name in sorted(marked):
        with cases.scene(name):
            page(cases, name, pages[name], arguments.binary.resolve(), arguments.sandbox or cargo)
    cases.finish()


def blocks(text):
    """The blocks that are to be run, each with what it must print."""
    fences = list(FENCE.finditer(text))
    found = []
    for fence, following in zip(fences, [*fences[1:], None]):
        if fence[2].split() != ["sh", "test"]:
            continue
        told = following and following[2].strip() == "text"
        expected = textwrap.dedent(following[3]) if told else None
        found.append(Block(text.count("\n", 0, fence.start()) + 1, textwrap.dedent(fence[3]), expected))
    return found


def unmarked(text):
    return [fence[3] for fence in FENCE.finditer(text) if fence[2].strip() == "sh"]


def page(cases, name, text, binary, sandbox):
    found = blocks(text)
    for block, fault in zip(found, run(found, binary, sandbox), strict=True):
        first = block.commands.strip().splitlines()[0]
        cases.check(f"{name}:{block.line} {first}", fault is None, fault)


def run(found, binary, sandbox):
    """Runs the blocks of one page; for each what is wrong with it, or None."""
    with tempfile.TemporaryDirectory(prefix="commands-") as scratch:
        # outside of what the commands see
        folder, shown, tools = (Path(scratch) / name for name in ("said", "repository", "bin"))
        for made in (folder, shown, tools):
            made.mkdir()
        for entry in ROOT.iterdir():
            if not entry.name.startswith(".") and entry.name != "target":
                (shown / entry.name).symlink_to(entry)
        (tools / "btp-s3-catalog").symlink_to(binary)
        script = Path(scratch) / "page.sh"
        script.write_text(written(found, folder))
        environment = clean_environment(SANDBOX=sandbox, SANDBOX_LOG=str(Path(scratch) / "sandbox.log"))
        environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
        shell(script, shown, environment)
        return [fault(block, folder, number) for number, block in enumerate(found)]


def written(found, folder):
    """One script of all blocks; it ends at the first that fails."""
    lines = [f". {shlex.quote(str(PRELUDE))}", "set -eo pipefail"]
    for number, block in enumerate(found):
        said = shlex.quote(str(folder / str(number)))
        lines += [f"exec >{said} 2>&1", block.commands, f": >{said}.done"]
    return "\n".join(lines) + "\n"


def shell(script, folder, environment):
    """A session of its own, so that nothing which a page starts is left."""
    process = subprocess.Popen(
        ["bash", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        pass  # the block that hangs has not ended, which is told
    finally:
        for signalled in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, signalled)
                process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass


def fault(block, folder, number):
    said = folder / str(number)
    if not said.exists():
        return "not run, because an earlier block failed"
    printed = said.read_text(errors="replace")
    if not said.with_name(f"{number}.done").exists():
        return f"failed, and printed: {printed}"
    if block.expected is None or fits(block.expected, printed):
        return None
    return f"printed: {printed}"


def fits(expected, printed):
    parts = [re.escape(part) for part in lines(expected).split("…")]
    return re.fullmatch(".*?".join(parts), lines(printed), re.DOTALL) is not None


def lines(text):
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def wrong_pages(cases):
    """What this test finds: each page has one fault, but the first."""
    sound = "```sh test\nx=1\n```\n\n- in a list\n\n  ```sh test\n  echo $x two\n  echo three\n  ```\n\n  ```text\n  1 …\n  three\n  ```\n"
    named = {
        "a sound page": (sound, [True, True]),
        "a command that fails": ("```sh test\nfalse\n```\n```sh test\ntrue\n```\n", [False, False]),
        "a command that fails in a pipe": ("```sh test\nfalse | true\n```\n", [False]),
        "another output": (sound.replace("echo three", "echo four"), [True, False]),
        "more output": (sound.replace("echo three", "echo three; echo four"), [True, False]),
        "no shell": ("```sh test\nif\n```\n", [False]),
        "a sandbox that does not start": ("```sh test\ncargo run -p sandbox\n```\n", [False]),
        "blocks that are not marked": ("```sh\nfalse\n```\n```sh test\ntrue\n```\n", [True]),
    }
    for name, (text, expected) in named.items():
        faults = run(blocks(text), Path("/bin/true"), "false")
        cases.equal(f"{name}: what is found", [it is None for it in faults], expected)


if __name__ == "__main__":
    main()
