"""Uploads that break off: tus-js-client over two instances, and kill -9 in the middle of fifty.

    python tests/peers/uploads.py --binary target/release/btp-s3-catalog --modules node_modules

SeaweedFS is the store, boto3 says what is in it. Needs ci/requirements.txt and ci/npm.
"""

import argparse
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx

from ci.documents_world import BUCKET, World, content, sha256
from ci.judging import Cases, end_children, leave_on_sigterm, wait_until

MIB = 1 << 20
TUS = {"Tus-Resumable": "1.0.0"}
PLAIN, RESUMABLE = 25, 25


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    arguments.add_argument("--modules", required=True, type=Path)
    given = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="uploads-") as folder:
        try:
            world = World(cases, given.binary.resolve(), Path(folder))
            world.second = world.service()
            with cases.scene("tus-js-client"):
                by_tus_js(world, given.modules.resolve(), Path(folder) / "file")
            with cases.scene("the same bytes twice"):
                twice(world)
            with cases.scene("SIGTERM in a PATCH"):
                ended(world)
            with cases.scene("kill -9"):
                killed(world)
            world.end()
        finally:
            end_children()
    cases.finish()


def by_tus_js(world, modules, file):
    """An unchanged tus-js-client."""
    cases = world.cases
    body = os.urandom(20 * MIB + 3)
    file.write_bytes(body)
    headers = {"Authorization": f"Bearer {world.token}"}

    def run(key, at=None, **more):
        wanted = {"endpoint": (at or world.first).url + "/catalog/uploads", "file": str(file), "headers": headers}
        wanted |= {"metadata": {"bucket": BUCKET, "key": key, "filetype": "text/plain"}, **more}
        script = Path(__file__).with_name("tus_client.mjs")
        done = subprocess.run(["node", script, modules, json.dumps(wanted)], capture_output=True, timeout=60, check=False)
        return json.loads(done.stdout or b'{"error": "no answer"}')

    for name, more in (("whole", {}), ("chunks", {"chunk": 5 * MIB}), ("small", {"chunk": MIB}), ("once", {"chunk": 6 * MIB, "atOnce": True})):
        told = run(f"js/{name}", **more)
        cases.equal(f"tus-js-client uploads: {name}", told["error"], None)
        cases.equal(f"the object is the same: {name}", sha256(world.body(f"js/{name}")), sha256(body))
    broken = run("js/resumed", chunk=2 * MIB, stopAt=9 * MIB)
    cases.check("nothing is visible of what broke off", "js/resumed" not in world.keys())
    url = broken["url"].replace(world.first.url, world.second.url)
    told = run("js/resumed", at=world.second, uploadUrl=url, chunk=7 * MIB)
    cases.equal("another instance goes on", told["error"], None)
    cases.equal("and the object is the same", sha256(world.body("js/resumed")), sha256(body))
    given_up = run("js/never", chunk=2 * MIB, stopAt=6 * MIB)
    told = run("js/never", uploadUrl=given_up["url"], terminate=True)
    cases.equal("tus-js-client takes an upload back", told["error"], None)
    cases.equal("nothing stays open", (world.open_uploads(), world.keys(prefix=".btp-s3-catalog/")), ([], []))


def begin(world, key, length, at=None):
    """Creates an upload by plain HTTP; answers its path."""
    pairs = {"bucket": BUCKET, "key": key}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata}
    made = world.ask("POST", "/catalog/uploads", headers=headers, at=at)
    assert made.status_code == 201, made.text
    return httpx.URL("http://any/catalog/uploads").join(made.headers["location"]).raw_path.decode()


def offset(world, path, at=None):
    return int(world.ask("HEAD", path, headers=TUS, at=at).headers["upload-offset"])


def patch(world, path, start, body, at=None, length=None):
    headers = {**TUS, "Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
    if length is not None:
        headers["Content-Length"] = str(length)
    return world.ask("PATCH", path, content=body, headers=headers, at=at)


def twice(world):
    """Two clients, two instances, the same PATCH."""
    body = os.urandom(12 * MIB)
    for number in range(4):
        path = begin(world, f"twice/{number}", len(body))
        statuses = []

        def send(at, path=path, statuses=statuses):
            statuses.append(patch(world, path, 0, body, at).status_code)

        both = [threading.Thread(target=send, args=(at,)) for at in (world.first, world.second)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        if f"twice/{number}" not in world.keys():
            start = offset(world, path)
            patch(world, path, start, body[start:])
        world.cases.check(f"one of two gets through: {statuses}", any(status in (204, 409) for status in statuses), statuses)
        world.cases.equal("the object is right", sha256(world.body(f"twice/{number}")), sha256(body))


def slowly(body, pause, may_end=None):
    """A body that takes its time, and whose last bytes wait for may_end."""
    for start in range(0, len(body), 65_536):
        if may_end is not None and start + 65_536 >= len(body):
            may_end.wait(60)
        yield body[start : start + 65_536]
        time.sleep(pause)


def ended(world):
    """What was received before SIGTERM is kept."""
    service = world.service()
    body = os.urandom(12 * MIB)
    path = begin(world, "ended/a", len(body), service)
    sent = threading.Thread(target=quietly, args=(lambda: patch(world, path, 0, slowly(body, 0.1), service),))
    sent.start()
    time.sleep(3)
    began = time.monotonic()
    world.cases.equal("the service ends with 0", service.end(), 0)
    world.cases.check("in time", time.monotonic() - began < 9, time.monotonic() - began)
    sent.join()
    kept = offset(world, path)
    world.cases.check("nearly all that was sent is kept", kept >= MIB, kept)
    world.cases.equal("another instance goes on", patch(world, path, kept, body[kept:]).status_code, 204)
    world.cases.equal("the object is the same", sha256(world.body("ended/a")), sha256(body))


def quietly(send):
    try:
        send()
    except httpx.TransportError:
        pass


def killed(world):
    """kill -9 in the middle of fifty uploads."""
    cases = world.cases
    victim = world.service()
    body = os.urandom(24 * MIB)
    tus_body = body[: 12 * MIB]
    paths = [begin(world, f"killed/tus-{number}", len(tus_body), victim) for number in range(RESUMABLE)]
    world.ask("PUT", content("killed/plain-0"), content=b"old")
    # no upload may come to its end before the kill, however fast the machine is
    dead = threading.Event()
    senders = []
    for number in range(PLAIN):
        headers = {"Content-Length": str(len(body))} if number % 2 else {}
        ask = lambda number=number, headers=headers: world.ask(
            "PUT", content(f"killed/plain-{number}"), content=slowly(body, 0.02, dead), headers=headers, at=victim)
        senders.append(threading.Thread(target=quietly, args=(ask,)))

    def in_chunks(path):
        for start in range(0, len(tus_body), 2 * MIB):
            chunk = tus_body[start : start + 2 * MIB]
            last = dead if start + 2 * MIB == len(tus_body) else None
            patch(world, path, start, slowly(chunk, 0.02, last), victim, 2 * MIB)

    senders += [threading.Thread(target=quietly, args=(lambda path=path: in_chunks(path),)) for path in paths]
    world.client = httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_connections=None))
    for sender in senders:
        sender.start()
    time.sleep(6)
    victim.child.process.send_signal(signal.SIGKILL)
    dead.set()
    for sender in senders:
        sender.join()
    there = world.keys(prefix="killed/")
    cases.equal("no object that is not whole is visible", (there, world.body("killed/plain-0")), (["killed/plain-0"], b"old"))
    seen = world.ask("GET", "objects?$filter=folder%20eq%20%27killed/%27", at=world.second).json()["value"]
    cases.equal("nor by the service", [row["objectKey"] for row in seen], ["killed/plain-0"])
    left = [key for key in world.open_uploads() if "plain" in key]
    print(f"      {len(left)} uploads in parts of plain PUTs stay behind", flush=True)
    report = json.loads(world.second.command("check", "--json", "--bucket", BUCKET).stdout)
    told = next(step for step in report["steps"] if step["id"] == "uploads")
    cases.equal("check looks for what stays behind", told["outcome"], "ok") or print(json.dumps(report, indent=1))
    cases.equal("check counts what stays behind", told["facts"]["uploads"], str(len(world.open_uploads())))
    named = [key for key in world.open_uploads() if f"{BUCKET}/{key} (begun 20" in told["seen"]]
    cases.equal("and names it", len(named), min(10, len(world.open_uploads())))
    progress = []
    for number, path in enumerate(paths):
        start = offset(world, path, world.second)
        progress.append(start)
        patch(world, path, start, tus_body[start:], world.second)
    cases.check("there was something to go on with", sum(progress) > 0, progress)
    wrong = [number for number in range(RESUMABLE) if sha256(world.body(f"killed/tus-{number}")) != sha256(tus_body)]
    cases.equal(f"all {RESUMABLE} resumable uploads go on elsewhere to the same object", wrong, [])
    cases.equal("nothing hidden stays", world.keys(prefix=".btp-s3-catalog/"), [])
    wait_until(lambda: [key for key in world.open_uploads() if "tus" in key] == [], 10, "resumable uploads are closed")


if __name__ == "__main__":
    main()
