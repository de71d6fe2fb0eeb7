"""An S3 that resets, truncates, throttles, dribbles and hangs: clients see what is right, or an error.

    python tests/peers/storage_faults.py --binary target/release/btp-s3-catalog [--seed N]

SeaweedFS behind a proxy that breaks requests. What a client takes for a success has to be whole and
right; what is told as a failure leaves the old object whole. Needs ci/requirements.txt.
"""

import argparse
import io
import os
import random
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import httpx

from ci.documents_world import BUCKET, World, content, entity, sha256
from ci.judges.fault_proxy import Fault, FaultProxy
from ci.judging import Cases, end_children, leave_on_sigterm, wait_until

MIB = 1 << 20
SIZES = (1, 100_000, 3 * MIB, 20 * MIB)
BREAKS = ("reset_answer", "truncate", "reset_request", "busy", "slow")
ROUNDS = 40


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binary", required=True, type=Path)
    arguments.add_argument("--seed", type=int, default=20261124)
    given = arguments.parse_args()
    leave_on_sigterm()
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        try:
            world = World(cases, given.binary.resolve(), Path(folder))
            judge = Judge(world, random.Random(given.seed))
            print(f"seed {given.seed}", flush=True)
            for scene in (judge.downloads, judge.uploads, judge.lists_and_copies, judge.archives, judge.silence):
                with cases.scene(scene.__doc__):
                    scene()
            world.end()
        finally:
            end_children()
    cases.finish()


class Judge:
    def __init__(self, world, dice):
        self.world, self.cases, self.dice = world, world.cases, dice
        self.proxy = FaultProxy(world.storage.ports["s3"])
        self.service = world.service(s3_endpoint=self.proxy.url)
        self.outcomes = {}

    def ask(self, method, path, **given):
        """The answer, or None if the client saw the connection break."""
        try:
            return self.world.ask(method, path, at=self.service, **given)
        except httpx.TransportError:
            return None

    def fault(self, kinds, size):
        kind, what = self.dice.choice(kinds), self.dice.choice(BREAKS)
        return Fault(kind, what, after=self.dice.randrange(size + 400), times=self.dice.choice((1, 1, 2, 99)))

    def told(self, scene, answer):
        outcome = "a broken connection" if answer is None else str(answer.status_code)
        seen = self.outcomes.setdefault(scene, {})
        seen[outcome] = seen.get(outcome, 0) + 1

    def judged(self, scene, wrong):
        self.proxy.meet()
        print(f"      {scene}: {self.outcomes.get(scene)}", flush=True)
        self.cases.equal(f"{scene}: nothing wrong passes for right", wrong, [])
        self.cases.check(f"{scene}: some came through", "200" in str(self.outcomes[scene]) or "20" in str(self.outcomes[scene]), self.outcomes)

    def downloads(self):
        """downloads"""
        bodies = {f"down/{size}": os.urandom(size) for size in SIZES}
        for key, body in bodies.items():
            self.world.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        wrong = []
        for number in range(ROUNDS):
            key, body = self.dice.choice(list(bodies.items()))
            begin = self.dice.randrange(len(body))
            headers = {"Range": f"bytes={begin}-"} if number % 2 else {}
            wanted = body[begin:] if number % 2 else body
            fault = self.fault(("GET",), len(wanted))
            self.proxy.meet(fault)
            answer = self.ask("GET", content(key), headers=headers)
            self.told("downloads", answer)
            if answer is not None and answer.status_code < 300 and answer.content != wanted:
                wrong.append((number, key, headers, fault, len(answer.content)))
        self.judged("downloads", wrong)

    def uploads(self):
        """uploads"""
        wrong = []
        for number in range(ROUNDS):
            size = self.dice.choice(SIZES)
            old, new, key = b"old", os.urandom(size), f"up/{number}"
            self.world.s3.put_object(Bucket=BUCKET, Key=key, Body=old)
            kinds = ("PUT", "HEAD") if size < 16 * MIB else ("PART", "CREATE", "COMPLETE", "HEAD")
            fault = self.fault(kinds, size if "PUT" in kinds or "PART" in kinds else 100)
            if fault.kind in ("PART", "COMPLETE"):
                fault.after %= 8 * MIB
            self.proxy.meet(fault)
            sent = (new[at : at + 65_536] for at in range(0, len(new), 65_536)) if number % 2 else new
            answer = self.ask("PUT", content(key), content=sent)
            self.told("uploads", answer)
            self.proxy.meet()
            there = sha256(self.world.body(key))
            right = {sha256(new)} if answer is not None and answer.status_code < 300 else {sha256(old), sha256(new)}
            if there not in right:
                wrong.append((number, size, fault, self.outcomes["uploads"]))
        self.judged("uploads", wrong)
        wait_until(lambda: not self.world.open_uploads(), 20, "all uploads in parts are ended")
        self.cases.equal("uploads: no parts stay behind", self.world.open_uploads(), [])

    def lists_and_copies(self):
        """lists and copies"""
        for number in range(30):
            self.world.s3.put_object(Bucket=BUCKET, Key=f"many/{number:02}", Body=b"%d" % number)
        wrong = []
        wanted = [f"many/{number:02}" for number in range(30)]
        for number in range(ROUNDS // 2):
            fault = self.fault(("LIST",), 8000)
            self.proxy.meet(fault)
            answer = self.ask("GET", "objects?$filter=folder%20eq%20%27many/%27")
            self.told("lists", answer)
            listed = [row["objectKey"] for row in answer.json()["value"]] if answer is not None and answer.status_code == 200 else wanted
            if listed != wanted:
                wrong.append((number, fault, len(listed)))
        self.judged("lists", wrong)
        wrong = []
        for number in range(ROUNDS // 2):
            fault, target = self.fault(("COPY", "HEAD", "DELETE"), 600), f"moved/{number}"
            self.world.s3.put_object(Bucket=BUCKET, Key=f"from/{number}", Body=b"%d" % number)
            self.proxy.meet(fault)
            answer = self.ask("POST", entity(f"from/{number}") + "/CatalogService.move", json={"targetKey": target})
            self.told("moves", answer)
            self.proxy.meet()
            there = set(self.world.keys(prefix="moved/") + self.world.keys(prefix="from/"))
            whole = self.world.body(target if target in there else f"from/{number}") == b"%d" % number
            done = answer is not None and answer.status_code == 200
            if not whole or (done and (target not in there or f"from/{number}" in there)):
                wrong.append((number, fault, done))
        self.judged("moves", wrong)

    def archives(self):
        """archives"""
        wrong = []
        for number in range(ROUNDS // 4):
            fault = self.fault(("GET", "LIST"), 3 * MIB)
            self.proxy.meet(fault)
            answer = self.ask("GET", "objects/CatalogService.zip(folder='down%2F')")
            self.told("archives", answer)
            if answer is not None and answer.status_code == 200:
                archive = zipfile.ZipFile(io.BytesIO(answer.content))
                if archive.testzip() or len(archive.namelist()) != len(SIZES):
                    wrong.append((number, fault, archive.namelist()))
        self.judged("archives", wrong)

    def silence(self):
        """silence"""
        self.proxy.meet(Fault("LIST", "hang", times=99), Fault("HEAD", "hang", times=99))
        answer = self.ask("GET", "objects")
        self.cases.equal("a list that hangs is 503", answer is not None and answer.status_code, 503)
        answer = self.ask("GET", entity("many/01"))
        self.cases.equal("an object that hangs is 503", answer is not None and answer.status_code, 503)
        self.proxy.meet()
        self.cases.equal("and then all is well", self.ask("GET", entity("many/01")).status_code, 200)


if __name__ == "__main__":
    main()
