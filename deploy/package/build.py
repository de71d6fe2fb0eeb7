"""What is built: the binary by cargo, the page from what is kept of its build."""

import gzip
import subprocess
import sys
from pathlib import Path

class Broken(Exception):
    """A step that did not work, told for the person who must act."""


def run(folder, *command, **options):
    """Runs a tool in a folder; answers what it prints."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, **options)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))} ended with {done.returncode}")
    return done.stdout


def platform(chosen):
    """The triple that cargo builds for."""
    host = run(Path.cwd(), "rustc", "--print", "host-tuple").strip()
    triple = chosen or host
    if not triple.startswith("x86_64-unknown-linux-"):
        raise Broken(f"Cloud Foundry runs x86_64 Linux, not {triple}: take --target x86_64-unknown-linux-musl, or a Linux machine")
    return triple


def binary(root, target, chosen):
    """The release binary, checked for what it asks of the system that it will run on."""
    wanted = ["--target", chosen] if chosen else []
    run(root, "cargo", "build", "--locked", "--release", *wanted)
    built = target / (chosen or "") / "release" / "btp-s3-catalog"
    checked = subprocess.run([sys.executable, root / "ci/check_binary.py", built], capture_output=True, text=True)
    if checked.returncode:
        raise Broken(
            f"this binary is not for cflinuxfs4:\n{checked.stdout}{checked.stderr}"
            "where glibc is too new, build a static one: rustup target add x86_64-unknown-linux-musl, and "
            "--target x86_64-unknown-linux-musl"
        )
    return built



def page(root):
    """The page as browsers get it, content by name: what is built and kept in git, packed."""
    files = {}
    for name in tracked(root, "webapp/dist"):
        content = (root / name).read_bytes()
        below = name.removeprefix("webapp/dist/")
        files[below.removesuffix(".gz")] = gzip.decompress(content) if below.endswith(".gz") else content
    return files


def tracked(root, *patterns):
    """Names of the files that belong to the project; what lies about, such as default-env.json, does not."""
    return [name for name in run(root, "git", "ls-files", "-z", "--", *patterns).split("\0") if name]
